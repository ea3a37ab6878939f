package io.trilith.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import org.junit.jupiter.api.Test;

class MemoryShareTest {
  private static final long MIB = 1 << 20;
  private final MemoryShare share = new MemoryShare("memory.requests", "the requests", 16 * MIB);

  @Test
  void whatIsTakenComesBackWhenABookingIsClosed() {
    try (Booking one = share.open();
        Booking other = share.open()) {
      one.take(3 * MIB);
      other.take(4 * MIB);
      one.give(MIB);
      assertThat(share.used()).isEqualTo(6 * MIB);
    }
    assertThat(share.used()).isZero();
    assertThat(share.peak()).isEqualTo(7 * MIB);
  }

  @Test
  void whatDoesNotFitNowIsToBeTriedAgainAndTakesNothing() {
    try (Booking one = share.open();
        Booking other = share.open()) {
      one.take(10 * MIB);
      assertThatThrownBy(() -> other.take(5 * MIB))
          .isInstanceOfSatisfying(
              LimitExceededException.class, e -> assertThat(e.retryable()).isTrue())
          .hasMessageContaining("memory.requests = 16777216");
      assertThat(share.used()).isEqualTo(10 * MIB);
      assertThat(share.refused()).isEqualTo(1);
    }
  }

  @Test
  void whatCanNeverFitSaysSo() {
    try (Booking one = share.open()) {
      one.take(13 * MIB);
      assertThatThrownBy(() -> one.take(2 * MIB))
          .isInstanceOf(TooLargeException.class)
          .hasMessageContaining("memory.requests");
    }
  }

  @Test
  void largeBookingsLeaveRoomForSmallOnes() {
    try (Booking large = share.open();
        Booking second = share.open();
        Booking small = share.open()) {
      large.take(14 * MIB);
      assertThatThrownBy(() -> second.take(MIB + 1)).isInstanceOf(LimitExceededException.class);
      small.take(MIB);
      assertThat(share.used()).isEqualTo(15 * MIB);
    }
  }

  @Test
  void whatGrowsIsCoveredInStepsAndGivenBack() {
    try (Booking booking = share.open()) {
      try (Booking.Growth growth = booking.growth()) {
        growth.cover(1);
        long step = share.used();
        growth.cover(step);
        assertThat(share.used()).isEqualTo(step);
        growth.cover(3 * MIB);
        assertThat(share.used()).isBetween(3 * MIB, 3 * MIB + step);
        growth.shrink(MIB);
        assertThat(share.used()).isEqualTo(MIB);
      }
      assertThat(share.used()).isZero();
    }
  }

  @Test
  void aClosedBookingTakesNothing() {
    Booking booking = share.open();
    booking.close();
    assertThatThrownBy(() -> booking.take(1)).isInstanceOf(IllegalStateException.class);
    assertThat(share.used()).isZero();
  }

  @Test
  void aNarrowerShareBoundsItsPartOfABooking() {
    MemoryShare bodies = new MemoryShare("server.bodies-in-flight-max", "the bodies", 4 * MIB);
    try (Booking whole = share.open();
        Booking body = whole.within(bodies)) {
      body.take(3 * MIB);
      whole.take(5 * MIB);
      assertThat(bodies.used()).isEqualTo(3 * MIB);
      assertThat(share.used()).isEqualTo(8 * MIB);
      assertThatThrownBy(() -> body.take(2 * MIB))
          .isInstanceOf(TooLargeException.class)
          .hasMessageContaining("server.bodies-in-flight-max");
      assertThat(share.used()).isEqualTo(8 * MIB);
      assertThatThrownBy(() -> whole.take(7 * MIB)).hasMessageContaining("memory.requests");
      body.give(MIB);
      assertThat(bodies.used()).isEqualTo(2 * MIB);
      assertThat(share.used()).isEqualTo(7 * MIB);
    }
    assertThat(bodies.used()).isZero();
    assertThat(share.used()).isZero();
  }

  @Test
  void aBodyThatFitsItsOwnShareAndNeverTheWholeIsTooLarge() {
    MemoryShare bodies = new MemoryShare("server.bodies-in-flight-max", "the bodies", 64 * MIB);
    try (Booking whole = share.open();
        Booking body = whole.within(bodies)) {
      body.take(10 * MIB);
      assertThatThrownBy(() -> whole.take(5 * MIB)).isInstanceOf(TooLargeException.class);
      assertThatThrownBy(() -> body.take(5 * MIB)).isInstanceOf(TooLargeException.class);
      assertThat(bodies.used()).isEqualTo(10 * MIB);
    }
    assertThat(bodies.used()).isZero();
  }
}

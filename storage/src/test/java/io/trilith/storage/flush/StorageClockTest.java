package io.trilith.storage.flush;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StorageClockTest {
  private static final Instant START = Instant.parse("2026-11-21T00:00:00Z");

  private Instant system = START;
  private long nanos;
  private final StorageClock clock = new StorageClock(() -> system, () -> nanos);

  private void pass(Duration time) {
    system = system.plus(time);
    nanos += time.toNanos();
  }

  @Test
  void followsTheSystemsClockBeforeItsCourseIsLaidAndWhileTheyAgree() {
    system = START.plus(Duration.ofDays(900));
    assertThat(clock.instant()).isEqualTo(system);
    assertThat(clock.isHeld()).isFalse();
    clock.begin(0);
    system = system.plus(Duration.ofMinutes(59));
    assertThat(clock.instant()).isEqualTo(system);
    pass(Duration.ofDays(3));
    assertThat(clock.instant()).isEqualTo(system);
    assertThat(clock.isHeld()).isFalse();
  }

  @Test
  void goesOnByItsCourseWhenTheSystemsClockJumps() {
    clock.begin(START.toEpochMilli());
    for (Duration jump : new Duration[] {Duration.ofDays(40), Duration.ofDays(-40)}) {
      Instant before = system;
      system = before.plus(jump);
      assertThat(clock.isHeld()).isTrue();
      assertThat(clock.instant()).isEqualTo(before);
      assertThat(clock.doubt()).contains(system.toString()).contains(before.toString());
      system = before;
      assertThat(clock.isHeld()).isFalse();
    }
  }

  @Test
  void manySmallStepsAreAsFarAsOneLargeOne() {
    clock.begin(START.toEpochMilli());
    system = system.plus(Duration.ofMinutes(40));
    assertThat(clock.isHeld()).isFalse();
    system = system.plus(Duration.ofMinutes(40));
    assertThat(clock.isHeld()).isTrue();
  }

  @Test
  void beginsWhereTheStorageWasLastWhenTheSystemsClockIsFarFromThat() {
    clock.begin(START.minus(Duration.ofDays(40)).toEpochMilli());
    assertThat(clock.isHeld()).isTrue();
    pass(Duration.ofMinutes(5));
    assertThat(clock.instant()).isEqualTo(system.minus(Duration.ofDays(40)));
    assertThat(clock.hear(START.minus(Duration.ofDays(1)).toEpochMilli())).isFalse();
    assertThat(clock.isHeld()).isTrue();
    assertThat(clock.hear(system.minus(Duration.ofMinutes(59)).toEpochMilli())).isTrue();
    assertThat(clock.isHeld()).isFalse();
    assertThat(clock.instant()).isEqualTo(system);
  }

  @Test
  void isBelievedWhenSomebodySaysSo() {
    clock.begin(START.plus(Duration.ofDays(2)).toEpochMilli());
    assertThat(clock.isHeld()).isTrue();
    // A commit that somebody dated wrong must not have data hidden.
    assertThat(clock.instant()).isEqualTo(START);
    clock.believe();
    assertThat(clock.isHeld()).isFalse();
    assertThat(clock.instant()).isEqualTo(system);
  }
}

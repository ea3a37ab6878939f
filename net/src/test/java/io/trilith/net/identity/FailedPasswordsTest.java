package io.trilith.net.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailedPasswordsTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("10.0.0.2");

  private Instant now = Instant.parse("2026-12-01T12:00:00Z");
  private final FailedPasswords failures = new FailedPasswords(() -> now);

  private void fail(InetAddress address, String user, int times) {
    for (int i = 0; i < times; i++) {
      failures.failed(address, user);
    }
  }

  @Test
  void aUserIsGuessedAtSoOftenFromOneAddressAndOthersAreLeftAlone() {
    fail(HERE, "anna", FailedPasswords.OF_A_USER_MAX - 1);
    assertThat(failures.tooMany(HERE, "anna")).isFalse();
    fail(HERE, "anna", 1);
    assertThat(failures.tooMany(HERE, "anna")).isTrue();
    assertThat(failures.tooMany(HERE, "bert")).isFalse();
    assertThat(failures.tooMany(THERE, "anna")).isFalse();
  }

  @Test
  void manyUsersOfOneAddressAreTooManyToo() {
    for (int i = 0; i < FailedPasswords.OF_AN_ADDRESS_MAX; i++) {
      fail(HERE, "user" + i, 1);
    }
    assertThat(failures.tooMany(HERE, "anna")).isTrue();
    assertThat(failures.tooMany(THERE, "anna")).isFalse();
  }

  @Test
  void failuresAreForgottenAfterTwoMinutesAtMost() {
    fail(HERE, "anna", FailedPasswords.OF_A_USER_MAX);
    now = now.plusSeconds(59);
    assertThat(failures.tooMany(HERE, "anna")).isTrue();
    now = now.plusSeconds(30);
    assertThat(failures.tooMany(HERE, "anna")).isFalse();
    now = now.plusSeconds(90);
    fail(HERE, "anna", FailedPasswords.OF_A_USER_MAX - 1);
    assertThat(failures.tooMany(HERE, "anna")).isFalse();
  }
}

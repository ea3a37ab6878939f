package io.trilith.net.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.AddressRange;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardedForTest {
  private static final ForwardedFor TRUSTING =
      new ForwardedFor(List.of(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("::1")));

  private static String client(String peer, String... headers) {
    return TRUSTING.client(InetAddress.ofLiteral(peer), List.of(headers)).getHostAddress();
  }

  @Test
  void onlyWhoIsTrustedIsBelieved() {
    assertThat(client("8.8.8.8", "1.1.1.1")).isEqualTo("8.8.8.8");
    assertThat(client("10.0.0.1", "1.1.1.1")).isEqualTo("1.1.1.1");
    assertThat(client("10.0.0.1", "1.1.1.1, 2.2.2.2")).isEqualTo("2.2.2.2");
    assertThat(client("10.0.0.1", "1.1.1.1", "2.2.2.2, 10.2.3.4")).isEqualTo("2.2.2.2");
  }

  @Test
  void whatIsNoAddressEndsTheChain() {
    assertThat(client("10.0.0.1", "unknown")).isEqualTo("10.0.0.1");
    assertThat(client("10.0.0.1", "1.1.1.1, evil.example, 10.0.0.2")).isEqualTo("10.0.0.2");
    assertThat(client("10.0.0.1")).isEqualTo("10.0.0.1");
  }
}

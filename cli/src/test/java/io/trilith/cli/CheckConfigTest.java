package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CheckConfigTest {
  @Test
  void oneRunTellsWhatIsWrongInEverySection() {
    SmallBucket.Ran ran =
        SmallBucket.run(
            "check-config",
            "--set=server.writes-max=0",
            "--set=query.lookback=soon",
            "--set=no.such-key=1",
            "--set=retention.policies[0].keep=6h",
            "--set=retention.policies[0].signal=logs",
            "--set=retention.policies[0].selector={app=",
            "--set=cache.disk-size=many");
    assertThat(ran.status()).isNotZero();
    assertThat(ran.out() + ran.err())
        .contains("server.writes-max")
        .contains("query.lookback")
        .contains("no.such-key")
        .contains("retention.policies[0].selector")
        .contains("cache.disk-size");
  }
}

package io.trilith.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class TimeArgumentTest {
  private static String parsed(String text) {
    InstantSource clock = InstantSource.fixed(Instant.parse("2026-11-21T16:00:00Z"));
    return TimeArgument.parse(text, clock).toString();
  }

  @Test
  void readsTimesAsOperatorsWriteThem() {
    assertThat(parsed("now")).isEqualTo("2026-11-21T16:00:00Z");
    assertThat(parsed("1h30m")).isEqualTo("2026-11-21T14:30:00Z");
    assertThat(parsed("now-1d")).isEqualTo("2026-11-20T16:00:00Z");
    assertThat(parsed("0")).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(parsed("-1.5")).isEqualTo("1969-12-31T23:59:58.500Z");
    assertThat(parsed("1795276800")).isEqualTo("2026-11-21T16:00:00Z");
    assertThat(parsed("2026-11-21")).isEqualTo("2026-11-21T00:00:00Z");
    assertThat(parsed("2026-11-21 15:00")).isEqualTo("2026-11-21T15:00:00Z");
    assertThat(parsed("2026-11-21T15:00:00+02:00")).isEqualTo("2026-11-21T13:00:00Z");
  }

  @Test
  void saysWhatItTakes() {
    for (String wrong :
        new String[] {"", "later", "2026-13-01", "now+1h", "1.2.3", "nowhere-to-go"}) {
      assertThatThrownBy(() -> parsed(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("'" + wrong + "' is no time; give now, 1h (ago)");
    }
  }
}

package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.storage.model.Labels;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartTimesTest {
  private static final long LOOKBACK = 300_000;

  private final MemoryReader reader = new MemoryReader();

  private void sample(long seconds, double value, long startSeconds) {
    reader.add(
        Labels.of(Map.of("__name__", "c")),
        seconds * 1000,
        new MemoryReader.Sample(value, null, startSeconds * 1000));
  }

  private String ask(String query, boolean useStarts) {
    PromqlEngine engine = new PromqlEngine(250, LOOKBACK, 60_000, useStarts, QueryWorkers.NONE);
    PromqlResult result =
        engine.instant(query, 1_000_000, LOOKBACK, reader, QueryContext.unlimited()).result();
    return switch (result) {
      case PromqlResult.InstantVector vector ->
          vector.series().isEmpty() ? "nothing" : "" + vector.series().getFirst().value(0);
      default -> throw new IllegalStateException("no vector: " + result);
    };
  }

  /** Two samples that a minute is between; the counter began half a minute before the first. */
  @ParameterizedTest
  @CsvSource({"increase(c[5m]), 20.0", "rate(c[5m]), 0.06666666666666667", "delta(c[5m]), 20.0"})
  void ratesKnowSamplesOnlyByDefault(String query, String expected) {
    sample(910, 100, 880);
    sample(970, 110, 880);
    assertThat(ask(query, false)).isEqualTo(expected);
  }

  @Test
  void ratesCountFromTheStartWhenAsked() {
    sample(910, 100, 880);
    sample(970, 110, 880);
    assertThat(Double.parseDouble(ask("increase(c[5m])", true))).isGreaterThan(110);
  }

  @Test
  void oneSampleHasNoIncreaseByDefault() {
    sample(970, 100, 900);
    assertThat(ask("increase(c[5m])", false)).isEqualTo("nothing");
    assertThat(ask("increase(c[5m])", true)).isNotEqualTo("nothing");
  }

  @Test
  void aNewStartIsNoResetByDefault() {
    sample(910, 100, 900);
    sample(970, 110, 960);
    assertThat(ask("resets(c[5m])", false)).isEqualTo("0.0");
    assertThat(ask("resets(c[5m])", true)).isEqualTo("1.0");
  }
}

package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our own scripts in the language of Prometheus's tests. */
class OwnScriptsTest {
  @ParameterizedTest
  @ValueSource(strings = {"basics", "counters", "joins", "histograms", "names"})
  void everyEvaluationGivesWhatItShould(String name) throws IOException {
    try (InputStream file =
        Objects.requireNonNull(getClass().getResourceAsStream("/promql/" + name + ".test"))) {
      String script = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      ScriptRunner runner = new ScriptRunner().play(script);
      assertThat(runner.failures()).isEmpty();
      assertThat(runner.passed()).isPositive();
    }
  }
}

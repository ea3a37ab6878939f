package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people ask of logs. */
class AskedLogsTest {
  private static final long SECOND = 1_000_000_000L;

  private final LogqlEngine engine = new LogqlEngine(250, 500);
  private final MemoryStreams streams = new MemoryStreams();

  @BeforeEach
  void add() {
    Labels json = Labels.of("app", "j", "note", "two\nlines");
    streams.add(json, 10 * SECOND, "{\"a\":1}", Labels.EMPTY);
    streams.add(json, 11 * SECOND, "no json", Labels.EMPTY);
    streams.add(json, 12 * SECOND, "{\"a\":2", Labels.EMPTY);
    streams.add(Labels.of("app", "v"), 10 * SECOND, "v=5", Labels.EMPTY);
  }

  private Map<String, Double> ask(String query) {
    Expr.Metric metric = (Expr.Metric) engine.parser().parse(query);
    LogqlResult.Answer answer =
        engine.instant(metric, 60 * SECOND, streams, QueryContext.unlimited());
    Map<String, Double> found = new TreeMap<>();
    if (answer.result() instanceof LogqlResult.InstantVector vector) {
      for (StepSeries series : vector.series()) {
        found.put(series.labels().toString(), series.values()[0]);
      }
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "sum(count_over_time({app=\"j\"} | json | __error__=\"JSONParserErr\" [5m])); 2",
        "sum(count_over_time({app=\"j\"} | json | __error__=\"\" [5m])); 1",
        "sum by (__error__) (count_over_time({app=\"j\"} | json | __error__!=\"\" [5m])); 2",
        "count by (__error__) (count_over_time({app=\"j\"} | json | __error__!=\"\" [5m])); 2",
        "sum(rate_counter({app=\"v\"} | logfmt | unwrap v [5m])); 0",
        "sum(count_over_time({note=~\"two.lines\"}[5m])); 3",
        "sum(count_over_time({note=~\"(?i)TWO.*\"}[5m])); 3",
        "sum(count_over_time({app=~\"j|v\", note!~\"two.*\"}[5m])); 1"
      })
  void answers(String query, double value) {
    assertThat(ask(query).values()).containsExactly(value);
  }

  @Test
  void namesTheErrorsThatAreAskedFor() {
    assertThat(ask("sum by (__error__) (count_over_time({app=\"j\"} | json [5m]))").keySet())
        .anyMatch(labels -> labels.contains("JSONParserErr"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum by (a) (count_over_time({app=\"j\"} | json [5m]))",
        "sum by (__error__) (sum_over_time({app=\"j\"} | unwrap note [5m]))"
      })
  void failsForErrorsThatAreNot(String query) {
    assertThatThrownBy(() -> ask(query))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("pipeline error");
  }
}

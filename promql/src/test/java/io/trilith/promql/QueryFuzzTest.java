package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Queries made at random: whatever they mean, they give an answer or an error for the user. */
class QueryFuzzTest {
  private static final List<String> FUNCTIONS =
      FunctionSignature.names().stream().sorted().toList();
  private static final String[] OPERATORS = {
    "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "> bool", "<", "and", "or", "unless", "</",
    ">/"
  };
  private static final String[] AGGREGATIONS = {
    "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"
  };

  private final PromqlEngine engine = new PromqlEngine(250, 300_000, 60_000);

  @Test
  void answersOrRefusesWhateverIsAsked() {
    SplittableRandom random = Seeds.random("QueryFuzzTest");
    MemoryReader reader = data(random);
    int answered = 0;
    int total = Seeds.iterations(3000);
    for (int i = 0; i < total; i++) {
      String query = expression(random, 4, ValueType.VECTOR);
      try {
        StepGrid grid = StepGrid.between(-60_000, 600_000, 1 + random.nextLong(90_000));
        engine.range(query, grid, 300_000, reader, QueryContext.unlimited());
        engine.instant(query, 300_000, 300_000, reader, QueryContext.unlimited());
        answered++;
      } catch (InvalidRequestException | LimitExceededException e) {
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError(query, e);
      }
    }
    assertThat(answered).isGreaterThan(total / 4);
  }

  @Test
  void refusesGarbage() {
    SplittableRandom random = Seeds.random("QueryFuzzTest.garbage");
    String pieces = "sum(rate(x[5m])) by {a=\"b\"} @ offset 1e9 +-*/^%<>=!~'`\\\"\n:,_ é";
    for (int i = 0; i < Seeds.iterations(3000); i++) {
      StringBuilder query = new StringBuilder();
      for (int j = random.nextInt(40); j >= 0; j--) {
        int from = random.nextInt(pieces.length());
        query.append(pieces, from, Math.min(pieces.length(), from + 1 + random.nextInt(6)));
      }
      try {
        engine.parser().parse(query.toString());
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  static MemoryReader data(SplittableRandom random) {
    MemoryReader reader = new MemoryReader();
    for (int series = 0; series < 6; series++) {
      Labels labels =
          Labels.of(
              "__name__", series < 4 ? "m_total" : "h", "a", "" + series % 2, "b", "" + series);
      for (long time = 0; time < 600_000; time += 15_000) {
        if (random.nextInt(8) > 0) {
          double value = random.nextInt(20) == 0 ? StaleMarker.VALUE : random.nextDouble() * 10;
          SeriesNotation.Row row =
              SeriesNotation.row("h {{schema:0 sum:5 count:4 buckets:[1 2 1] z_bucket_w:0.1}}");
          SeriesNotation.Point point = row.points().get(0);
          boolean histogram = series >= 4 && point != null && point.histogram() != null;
          reader.add(
              labels,
              time,
              new MemoryReader.Sample(
                  value,
                  histogram && point != null && point.histogram() != null
                      ? point.histogram().toNative()
                      : null,
                  0));
        }
      }
    }
    return reader;
  }

  private static String pick(SplittableRandom random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** An expression of a type. */
  static String expression(SplittableRandom random, int depth, ValueType type) {
    return switch (type) {
      case STRING -> pick(random, "\"a\"", "\"b\"", "\"(.*)\"", "\"$1\"");
      case SCALAR ->
          depth <= 0 || random.nextBoolean()
              ? pick(random, "1", "0.5", "-3", "NaN", "Inf", "time()", "1e9")
              : "scalar(" + expression(random, depth - 1, ValueType.VECTOR) + ")";
      case MATRIX ->
          random.nextInt(3) == 0 && depth > 0
              ? "(" + expression(random, depth - 1, ValueType.VECTOR) + ")[2m:17s]"
              : selector(random) + pick(random, "[1m]", "[5m]", "[90s] offset 10s", "[1m] @ 60");
      case VECTOR -> vector(random, depth);
    };
  }

  private static String selector(SplittableRandom random) {
    return pick(
        random,
        "m_total{zz=\"\"}",
        "h{zz=\"\"}",
        "{a=\"1\",zz=\"\"}",
        "m_total{b=~\"1|2\",zz=\"\"}",
        "absent_one{zz=\"\"}");
  }

  private static String vector(SplittableRandom random, int depth) {
    if (depth <= 0) {
      return selector(random);
    }
    return switch (random.nextInt(5)) {
      case 0 -> selector(random) + pick(random, "", " offset 30s", " @ 120", " smoothed");
      case 1 ->
          pick(random, AGGREGATIONS)
              + pick(random, "", " by (a)", " without (b)")
              + "("
              + vector(random, depth - 1)
              + ")";
      case 2 ->
          "("
              + vector(random, depth - 1)
              + " "
              + pick(random, OPERATORS)
              + pick(random, " ", " on(a) ", " ignoring(b) ", " on(a) group_left ")
              + expression(
                  random, depth - 1, random.nextBoolean() ? ValueType.VECTOR : ValueType.SCALAR)
              + ")";
      case 3 ->
          pick(random, "topk", "bottomk", "quantile", "limitk", "limit_ratio")
              + "("
              + expression(random, depth - 1, ValueType.SCALAR)
              + ", "
              + vector(random, depth - 1)
              + ")";
      default -> call(random, depth);
    };
  }

  private static String call(SplittableRandom random, int depth) {
    FunctionSignature function =
        FunctionSignature.find(FUNCTIONS.get(random.nextInt(FUNCTIONS.size())));
    if (function == null || function.name().equals("info")) {
      return selector(random);
    }
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < function.arguments().size(); i++) {
      arguments.add(expression(random, depth - 1, function.argument(i)));
    }
    String call = function.name() + "(" + String.join(", ", arguments) + ")";
    return function.returns() == ValueType.SCALAR ? "vector(" + call + ")" : call;
  }
}

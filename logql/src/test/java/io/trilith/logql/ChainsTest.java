package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.storage.model.Labels;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A chain of one operator is a list for its writer: thousands of them, on a small stack. */
class ChainsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long STACK = 512 << 10;

  private final LogqlEngine engine = new LogqlEngine(250, 500);
  private final MemoryStreams streams = new MemoryStreams();

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "+; vector(1); 3000; 3001",
        "-; vector(1); 3000; -2999",
        "*; vector(1); 3000; 1",
        "^; vector(1); 3000; 1",
        "or; vector(1); 3000; 1",
        "and; vector(1); 3000; 1",
        "== bool; vector(1); 3000; 1",
        ">=; vector(1); 3000; 1",
        "+; 1; 3000; 3001",
        "+ on(app); count_over_time({app=\"a\"}[1m]); 500; 501",
      })
  void everyOperatorIsEvaluatedThousandsOfTimes(String op, String term, int terms, double value)
      throws Exception {
    streams.add(Labels.of("app", "a"), 30 * SECOND, "line", Labels.EMPTY);
    String query = term + (" " + op + " " + term).repeat(terms);
    FutureTask<Double> work =
        new FutureTask<>(
            () -> {
              String printed = QueryPrinter.print(engine.parser().parse(query));
              assertThat(QueryPrinter.print(engine.parser().parse(printed(op, query, printed))))
                  .isEqualTo(printed);
              Expr.Metric metric = (Expr.Metric) engine.parser().parse(query);
              LogqlResult.Answer answer =
                  engine.instant(metric, 60 * SECOND, streams, QueryContext.unlimited());
              return switch (answer.result()) {
                case LogqlResult.InstantVector vector -> {
                  StepSeries only = vector.series().getFirst();
                  yield only.values()[0];
                }
                case LogqlResult.Scalar scalar -> scalar.value();
                default -> throw new IllegalStateException("no number");
              };
            });
    new Thread(null, work, "small", STACK).start();
    assertThat(work.get()).isEqualTo(value);
  }

  /** What is printed has parentheses around each operator, and those nest. */
  private static String printed(String op, String query, String printed) {
    return printed.startsWith("((") || op.equals("^") ? query : printed;
  }

  /** Every pair and triple of operators, against a grouping of its own. */
  @org.junit.jupiter.api.Test
  void precedenceIsThatOfTheGrammar() {
    String[] operators = {"^", "*", "/", "%", "+", "-", "==", ">", "and", "unless", "or"};
    int[] levels = {6, 5, 5, 5, 4, 4, 3, 3, 2, 2, 1};
    for (int one = 0; one < operators.length; one++) {
      for (int two = 0; two < operators.length; two++) {
        boolean rightFirst =
            levels[two] > levels[one] || (operators[one].equals("^") && operators[two].equals("^"));
        String a = "vector(1)";
        String b = "vector(2)";
        String c = "vector(3)";
        String flat = a + " " + operators[one] + " " + b + " " + operators[two] + " " + c;
        String grouped =
            rightFirst
                ? a + " " + operators[one] + " (" + b + " " + operators[two] + " " + c + ")"
                : "(" + a + " " + operators[one] + " " + b + ") " + operators[two] + " " + c;
        assertThat(engine.parser().parse(flat)).as(flat).isEqualTo(engine.parser().parse(grouped));
      }
    }
  }
}

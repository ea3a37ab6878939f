package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chain of one operator is a list for its writer: thousands of them, on a small stack. */
class ChainsTest {
  private static final int TERMS = 3000;
  private static final long STACK = 512 << 10;

  private final PromqlEngine engine = new PromqlEngine(250, 300_000, 60_000);

  private static <T> T onSmallStack(java.util.concurrent.Callable<T> work) throws Exception {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(null, task, "small", STACK);
    thread.start();
    return task.get();
  }

  private static String chain(String operator, String... terms) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < TERMS; i++) {
      all.add(terms[i % terms.length]);
    }
    return String.join(operator, all);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "atan2",
        "== bool",
        "> bool",
        "+ on() fill(1)",
        "or",
        "and",
        "unless",
        "or on(i)",
        "+ on(i)",
        "* ignoring(x)",
        "> ignoring(x)",
        "/ on(i) group_left"
      })
  void everyOperatorIsEvaluatedThousandsOfTimes(String operator) throws Exception {
    boolean scalars = !operator.matches(".*(o|and|unless|ignoring).*") || operator.contains("bool");
    String query =
        scalars
            ? chain(" " + operator + " ", "1", "2", "(3 - 1)")
            : chain(" " + operator + " ", "vector(1)", "vector(2)", "(vector(1) * 2)");
    onSmallStack(
        () -> {
          String printed = QueryPrinter.print(new QueryParser(250).parse(query));
          assertThat(QueryPrinter.print(new QueryParser(250).parse(printed))).isEqualTo(printed);
          MemoryReader reader = QueryFuzzTest.data(new SplittableRandom(1));
          engine.instant(query, 0, 300_000, reader, QueryContext.unlimited());
          StepGrid grid = StepGrid.between(0, 60_000, 30_000);
          engine.range(query, grid, 300_000, reader, QueryContext.unlimited());
          assertThat(engine.explain(query).text()).isNotNull();
          return new QueryParser(250).selectors(query);
        });
  }

  @Test
  void aLongChainHasTheValueOfItsParts() throws Exception {
    assertThat(value(chain(" + ", "1"))).isEqualTo(TERMS);
    assertThat(value("4000" + " - 1".repeat(TERMS))).isEqualTo(1000);
    assertThat(value("scalar(" + chain(" + ", "vector(1)") + ")")).isEqualTo(TERMS);
    assertThat(value("2 ^ " + chain(" ^ ", "1"))).isEqualTo(2);
    assertThat(
            value("scalar(sum(" + "vector(1) unless ".repeat(TERMS) + "vector(1) or vector(7)))"))
        .isEqualTo(7);
    assertThat(value("scalar(abs(-(" + chain(" + ", "vector(1)") + ")) / 2)")).isEqualTo(1500);
    assertThat(value("scalar(sum_over_time((" + chain(" + ", "vector(1)") + ")[3m:1m]))"))
        .isEqualTo(3 * TERMS);
  }

  private double value(String query) throws Exception {
    return onSmallStack(
        () -> {
          PromqlResult.Answer answer =
              engine.instant(
                  query,
                  0,
                  300_000,
                  QueryFuzzTest.data(new SplittableRandom(1)),
                  QueryContext.unlimited());
          return ((PromqlResult.Scalar) answer.result()).value();
        });
  }

  /** Where there are stations, the answer is that of the same chain without. */
  @Test
  void mixedChainsAnswerAsTheirHalvesDo() {
    SplittableRandom random = Seeds.random("ChainsTest");
    MemoryReader reader = QueryFuzzTest.data(random);
    String[] operators = {" + ", " or ", " unless ", " and ", " * ignoring(q) ", " > "};
    for (int i = 0; i < Seeds.iterations(200); i++) {
      List<String> terms = new ArrayList<>();
      String operator = operators[random.nextInt(operators.length)];
      for (int term = 0; term < 70 + random.nextInt(50); term++) {
        terms.add(
            random.nextInt(10) == 0
                ? "("
                    + QueryFuzzTest.expression(random, 1, io.trilith.promql.ast.ValueType.VECTOR)
                    + ")"
                : "sum by (a) (rate(" + "m".repeat(1 + random.nextInt(2)) + "[2m]))");
      }
      String flat = String.join(operator, terms);
      // An argument is a chain of its own; sorting changes nothing over a range.
      int half = terms.size() / 2;
      String nested =
          "sort("
              + String.join(operator, terms.subList(0, half))
              + ")"
              + operator
              + String.join(operator, terms.subList(half, terms.size()));
      StepGrid grid = StepGrid.between(0, 300_000, 60_000);
      assertThat(answer(flat, grid, reader)).isEqualTo(answer(nested, grid, reader));
    }
  }

  private String answer(String query, StepGrid grid, MemoryReader reader) {
    try {
      PromqlResult.Answer answer =
          engine.range(query, grid, 300_000, reader, QueryContext.unlimited());
      StringBuilder text = new StringBuilder();
      for (Series series : ((PromqlResult.RangeMatrix) answer.result()).series()) {
        text.append(series.labels());
        for (int step = 0; step < series.steps(); step++) {
          text.append(' ').append(series.has(step) ? series.value(step) : "-");
        }
      }
      return text.toString();
    } catch (InvalidRequestException e) {
      return e.getClass().getName(); // which of several errors comes first is left open
    }
  }

  @Test
  void whatNestsIsStillLimited() {
    QueryParser parser = new QueryParser(100);
    List<String> deep =
        List.of(
            "(".repeat(101) + "1" + ")".repeat(101),
            "-".repeat(101) + "1",
            "1 + " + "- + ".repeat(60) + "1",
            "x" + " offset 1m".repeat(101),
            "x" + "[1m:]".repeat(101),
            "1" + " ^ -1".repeat(101),
            "a" + " ^ on(i) -a".repeat(101),
            "a" + " ^ on(i) group_left -a".repeat(101),
            "1 == bool -1" + " ^ -1".repeat(101),
            "abs(".repeat(101) + "x" + ")".repeat(101));
    for (String query : deep) {
      assertThatThrownBy(() -> parser.parse(query))
          .as(query)
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("query.depth-max");
    }
    List<String> wide =
        List.of(
            "1" + " + -1".repeat(TERMS),
            "x" + " + x offset 1m".repeat(TERMS),
            "x" + " or (x)".repeat(TERMS),
            "a" + " * on(i) group_left a".repeat(TERMS));
    wide.forEach(parser::parse);
  }

  /** Every way to write two and three operators with signs, against a grouping of its own. */
  @Test
  void precedenceIsThatOfTheGrammar() {
    String[] operators = {"^", "*", "/", "%", "atan2", "+", "-", "==", ">", "and", "unless", "or"};
    QueryParser parser = new QueryParser(250);
    for (String one : operators) {
      for (String two : operators) {
        for (String three : operators) {
          for (int signs = 0; signs < 8; signs++) {
            List<String> tokens = new ArrayList<>();
            String[] names = {"a", "b", "c", "d"};
            String[] between = {one, two, three};
            for (int i = 0; i < 4; i++) {
              if (i < 3 && (signs >> i & 1) == 1) {
                tokens.add("neg");
              }
              tokens.add(names[i]);
              if (i < 3) {
                tokens.add(between[i]);
              }
            }
            String flat = String.join(" ", tokens).replace("neg", "-");
            String grouped = new Grouping(tokens).expression(0);
            String want = QueryPrinter.print(parser.parse(grouped)).replaceAll("[( )]", "");
            assertThat(shape(parser.parse(flat))).as(flat).isEqualTo(shape(parser.parse(grouped)));
            assertThat(QueryPrinter.print(parser.parse(flat)).replace(" ", "")).isEqualTo(want);
          }
        }
      }
    }
  }

  private static String shape(io.trilith.promql.ast.Expr expr) {
    return switch (expr) {
      case io.trilith.promql.ast.Expr.Paren paren -> shape(paren.inner());
      case io.trilith.promql.ast.Expr.Negation negation -> "(-" + shape(negation.operand()) + ")";
      case io.trilith.promql.ast.Expr.Binary binary ->
          "(" + shape(binary.left()) + binary.op().text() + shape(binary.right()) + ")";
      default -> QueryPrinter.print(expr);
    };
  }

  /** Precedence climbing over words, with parentheses around everything. */
  private static final class Grouping {
    private final List<String> tokens;
    private int at;

    Grouping(List<String> tokens) {
      this.tokens = tokens;
    }

    private static int level(String operator) {
      return switch (operator) {
        case "or" -> 1;
        case "and", "unless" -> 2;
        case "==", ">" -> 3;
        case "+", "-" -> 4;
        case "*", "/", "%", "atan2" -> 5;
        default -> 6;
      };
    }

    String expression(int least) {
      String left = operand();
      while (at < tokens.size() && level(tokens.get(at)) >= least) {
        String operator = tokens.get(at++);
        int level = level(operator);
        String right = expression(operator.equals("^") ? level : level + 1);
        left = "(" + left + " " + operator + " " + right + ")";
      }
      return left;
    }

    /** A sign binds like multiplication: looser than a power, tighter than the rest. */
    private String operand() {
      String token = tokens.get(at++);
      return token.equals("neg") ? "(-" + expression(6) + ")" : token;
    }
  }

  @Test
  void aQueryOfTooManyTokensIsRefusedBeforeItIsInMemory() {
    String chain = "1" + "+1".repeat(1_000_000);
    assertThatThrownBy(() -> engine.parser().parse(chain))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("more than 50000 names, values and signs");
    String fits = "1" + "+1".repeat(20_000);
    assertThat(engine.parser().parse(fits).type()).isEqualTo(ValueType.SCALAR);
  }
}

package io.trilith.traceql.parser;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** Every way to write two and three operators with signs, against a grouping of its own. */
class PrecedenceTest {
  private static final String[] OPERATORS = {"^", "*", "/", "%", "+", "-", "=", ">", "&&", "||"};

  @Test
  void precedenceIsThatOfTempo() {
    int agreed = 0;
    for (String one : OPERATORS) {
      for (String two : OPERATORS) {
        for (String three : OPERATORS) {
          for (String sign : List.of("", "!", "-")) {
            for (int signed = 0; signed < 3; signed++) {
              List<String> tokens = new ArrayList<>();
              String[] between = {one, two, three};
              for (int i = 0; i < 4; i++) {
                if (i == signed && !sign.isEmpty()) {
                  tokens.add("unary" + sign);
                }
                tokens.add(".a" + i);
                if (i < 3) {
                  tokens.add(between[i]);
                }
              }
              String flat = String.join(" ", tokens).replace("unary", "");
              String grouped = new Grouping(tokens).expression(0);
              Object read = parsed(flat);
              assertThat(read).as(flat).isEqualTo(parsed(grouped));
              agreed += read instanceof String ? 0 : 1;
            }
          }
        }
      }
    }
    assertThat(agreed).isGreaterThan(1000);
  }

  private static Object parsed(String condition) {
    try {
      return TraceQueries.parse("{ (" + condition + ") = 1 || (" + condition + ") }");
    } catch (InvalidRequestException e) {
      return "refused";
    }
  }

  @Test
  void chainsOfThousandsAreReadOnASmallStack() throws Exception {
    List<String> queries =
        List.of(
            "{ " + ".n = 1 || ".repeat(3000) + ".n = 2 }",
            "{ " + ".n != 1 && ".repeat(3000) + ".n = 2 }",
            "{ .n = " + "0 + ".repeat(3000) + "2 }",
            "{ .n = 1 } || ".repeat(3000) + "{ .n = 2 }",
            "{ .n = 1 } && ".repeat(3000) + "{ .n = 2 }",
            "{ " + ".n =~ `a` || ".repeat(3000) + ".n }");
    FutureTask<Void> work =
        new FutureTask<>(
            () -> {
              for (String query : queries) {
                assertThat(TraceQueries.parse(query)).isEqualTo(TraceQueries.parse(query));
              }
              return null;
            });
    new Thread(null, work, "small", 512 << 10).start();
    work.get();
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
        case "&&", "||" -> 1;
        case "=", ">" -> 2;
        case "+", "-" -> 3;
        case "*", "/", "%" -> 5;
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

    /** Both signs are tighter than a sum and looser than a product. */
    private String operand() {
      String token = tokens.get(at++);
      return token.startsWith("unary") ? "(" + token.substring(5) + expression(5) + ")" : token;
    }
  }
}

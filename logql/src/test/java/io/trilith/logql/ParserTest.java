package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.logql.ast.Expr;
import io.trilith.logql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.testing.Seeds;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
  private final QueryParser parser = new QueryParser(250);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{app=\"api\", level=\"error\"} |= \"timeout\" | json | msg =~ \"OOM|out of memory\"",
        "{app=\"a\"} | json a=\"x.y[0]\", b | logfmt --strict --keep-empty c | unpack",
        "{app=\"a\"} |> \"<_>x<_>\" or \"y<_>\" !> \"z\" |= ip(\"10.0.0.0/8\")",
        "{app=\"a\"} | a>1.5KiB or (b<1h15m30.5s and c!=\"x\"), d=ip(\"::1\") e=1",
        "SUM(COUNT_OVER_TIME({app=\"a\"}[5m])) BY (x)",
        "sum by (rate, sum) (rate({rate=\"a\"}[1d12h] offset -1h))",
        "quantile_over_time(0.99, {app=\"a\"} | json | unwrap duration(d) | e=\"\" [10m]) by (r)",
        "avg_over_time(({app=\"a\"} | unwrap bytes(x))[5m]) without (y)",
        "rate({app=\"a\"}[5m] | json | unwrap x)",
        "label_replace(vector(1), \"a\", \"$1\", \"c\", \"(.*)\") and on(x) rate({app=\"a\"}[5m])",
        "1 + -2 ^ 2 > bool 3 # comment",
        "topk(3, rate({app=\"a\"}[5m])) by (x) / ignoring(m) group_left(z) vector(2)",
        "{app=\"a\"} | label_format a=b, c=`{{.d | ToUpper}}` | line_format `{{if .x}}y{{end}}`",
        "{app=\"a\"} | drop a, b=\"v\" | keep c=~\"re\" | decolorize | pattern `<a> <_>`",
        "{app=\"a\"} | regexp `(?P<n>\\d+)(?<m>x)` // tail"
      })
  void acceptsAndPrintsWhatItCanReadAgain(String query) {
    Expr expr = parser.parse(query);
    String printed = QueryPrinter.print(expr);
    assertThat(QueryPrinter.print(parser.parse(printed))).isEqualTo(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "{app='a'}",
        "{app=~\".*\"}",
        "{app=\"a\",}",
        "{app=\"a\"} |~ \"(\"",
        "{app=\"a\"} |~ \"((a{1000}){1000}){1000}\"",
        "{app=\"a\"} | badstage",
        "{app=\"a\"} | a > 5xx",
        "{app=\"a\"} | json | ",
        "{app=\"a\"} | json x=\"a..b\"",
        "{app=\"a\"} | logfmt --wrong",
        "{app=\"a\"} | regexp \"(x)\"",
        "{app=\"a\"} | pattern \"<a><b>\"",
        "{app=\"a\"} |> \"<name>\"",
        "{app=\"a\"} |= ip(\"1.2.3\")",
        "{app=\"a\"} | line_format \"{{nofunc .a}}\"",
        "{app=\"a\"} | label_format a=b,a=c",
        "rate({app=\"a\"}[5)",
        "sum_over_time({app=\"a\"}[5m])",
        "count_over_time({app=\"a\"} | unwrap x [5m])",
        "rate({app=\"a\"}[5m]) by (x)",
        "topk(1.5, rate({app=\"a\"}[5m]))",
        "sum by (y z) (rate({app=\"a\"}[5m]))",
        "{app=\"a\"} + {app=\"a\"}",
        "1 and 1",
        "count_over_time({app=\"a\"}[5m]) offset 5m",
        "deriv({app=\"a\"} | unwrap x [5m])"
      })
  void refusesWhatIsNoQuery(String query) {
    assertThatThrownBy(() -> parser.parse(query)).isInstanceOf(InvalidRequestException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "a=1 or b=1 and c=1; ( a==1 or ( b==1 , c==1 ) )",
        "a=1 and b=1 or c=1; ( ( a==1 , b==1 ) or c==1 )",
        "a=1 and b=1 or c=1 and d=1; ( ( a==1 , b==1 ) or ( c==1 , d==1 ) )",
        "a=1 or b=1, c=1; ( a==1 or ( b==1 , c==1 ) )",
        "a=1, b=1 or c=1; ( a==1 , ( b==1 or c==1 ) )",
        "a=1 b=1 or c=1; ( a==1 , ( b==1 or c==1 ) )",
        "(a=1 or b=1) and c=1; ( ( a==1 or b==1 ) , c==1 )",
        "a=1 or b=1 or c=1; ( ( a==1 or b==1 ) or c==1 )"
      })
  void joinsAndBeforeOrAndAfterACommaAllThatFollows(String filter, String printed) {
    Expr expr = parser.parse("{app=\"a\"} | " + filter);
    assertThat(QueryPrinter.print(expr)).isEqualTo("{app=\"a\"} | " + printed);
  }

  @Test
  void namesLineAndColumn() {
    assertThatThrownBy(() -> parser.parse("{app=a}"))
        .hasMessage("parse error at line 1, col 6: syntax error: unexpected \"a\"");
  }

  @Test
  void refusesDepthWithoutOverflow() {
    String deep = "(".repeat(100_000 / 2) + "vector(1)" + ")".repeat(100_000 / 2);
    assertThatThrownBy(() -> parser.parse(deep)).hasMessageContaining("nested deeper");
    String filter = "{a=\"b\"} | json | " + "(".repeat(50_000) + "a=1" + ")".repeat(50_000);
    assertThatThrownBy(() -> parser.parse(filter)).hasMessageContaining("nested deeper");
    String sum = "1" + "+1".repeat(50_000);
    assertThat(parser.parse(sum)).isEqualTo(new Expr.Scalar(50_001));
  }

  @Test
  void answersAnyTextWithATreeOrARefusal() {
    SplittableRandom random = Seeds.random("ParserTest");
    String[] words = {
      "{",
      "}",
      "a",
      "=",
      "\"x\"",
      "|",
      "json",
      "logfmt",
      "|=",
      "rate",
      "(",
      ")",
      "[",
      "5m",
      "]",
      "sum",
      "by",
      "1",
      "+",
      "unwrap",
      ",",
      "or",
      "`{{.a}}`",
      "line_format",
      ">",
      "!~"
    };
    for (int i = 0; i < Seeds.iterations(2000); i++) {
      StringBuilder text = new StringBuilder("{a=\"b\"}");
      for (int k = random.nextInt(12); k > 0; k--) {
        text.append(' ').append(words[random.nextInt(words.length)]);
      }
      assertThatCode(
              () -> {
                try {
                  parser.parse(text.toString());
                } catch (InvalidRequestException refused) {
                  assertThat(refused).hasMessageNotContaining("null");
                }
              })
          .as(text.toString())
          .doesNotThrowAnyException();
    }
  }
}

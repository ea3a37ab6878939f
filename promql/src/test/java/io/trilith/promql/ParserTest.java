package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
  private final QueryParser parser = new QueryParser(250);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1 + 2 * 3 ^ -4",
        "0x1F",
        ".9",
        "up",
        "job:rate:sum5m{a=\"b\",}",
        ":leading_colon",
        "{__name__=~\".+\",}",
        "{\"my.metric\", \"my.label\"=\"x\"}",
        "{__name__=~\"(?i).*foo\"}",
        "SUM BY (job,) (rate(x[5m]))",
        "sum(x) without (a, \"b.c\")",
        "sum",
        "sum + on(sum) by",
        "offset offset 5m",
        "and and and",
        "x{on=\"1\", bool=\"2\", inf=\"3\"}",
        "a OR b UNLESS c",
        "a / on(x) group_left(y) b",
        "a / ignoring(x) group_right b",
        "a > bool 1",
        "a + fill(0) b",
        "a + fill_left(-1) fill_right(Inf) b",
        "fill + fill_left",
        "x[5m:]",
        "x[5m:1m] offset -10s @ 5",
        "rate(x[1h/2+step()])",
        "x @ start()",
        "rate(x[5m] anchored)",
        "x smoothed",
        "h </ 5 >/ 1",
        "topk(scalar(y), x)",
        "count_values(\"v\", x)",
        "label_replace(x, \"a\", `$1`, 'b', \"(.*)\")",
        "info(x, {a=\"b\"})",
        "start() + end() - range() * step()",
        "start{a=\"1\"}",
        "\"text with \\\"quotes\\\" and \\u00e9\"",
        "x # a comment\n + y",
        "deriv(sum(rate(x[5m]))[30m:1m])",
        "-x ^ 2",
        "5m30s + 1"
      })
  void acceptsAndPrintsWhatParsesToTheSame(String query) {
    String printed = QueryPrinter.print(parser.parse(query));
    assertThat(QueryPrinter.print(parser.parse(printed))).isEqualTo(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "1 +",
        "(1",
        "x[5m",
        "x{a=}",
        "x{a=\"b\"",
        "{}",
        "{a=~\".*\"}",
        "sum(1)",
        "sum()",
        "topk(x)",
        "rate(x)",
        "rate(x[5m], 1)",
        "unknown(x)",
        "1 > 2",
        "1 and 2",
        "a + bool b",
        "a and group_left b",
        "a and fill(0) b",
        "x[0s]",
        "x[5]m",
        "x[5M]",
        "x[1.5h]",
        "x[1d1d]",
        "x offset 5M",
        "vector(1e999)",
        "vector(0xffffffffffffffffff)",
        "x[5s1m]",
        "sum(x) offset 5m",
        "x offset 5m offset 5m",
        "x{a=\"b}",
        "x @ Inf",
        "x{a=~\"(\"}",
        "rate(rate(x[5m])[5m])",
        "changes(x[5m] smoothed)",
        "sum_over_time(x[5m] anchored)",
        "a on(x) group_left(x) b",
        "\"\\q\"",
        "foo{__name__=\"bar\"}",
        "x $ y"
      })
  void rejectsWithAPlace(String query) {
    assertThatThrownBy(() -> parser.parse(query))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageMatching("(?s)\\d+:\\d+: parse error: .*");
  }

  @Test
  void saysWhereItIsWrong() {
    assertThatThrownBy(() -> parser.parse("sum(\n  x y)"))
        .hasMessageStartingWith("2:5: parse error: unexpected \"y\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(", "-", "x + ", "abs(", "x[1m:1m", "{", "sum(", "1 ^ ", "[", "x offset "})
  void refusesWhatIsNestedTooDeepWithoutRunningOutOfStack(String piece) {
    assertThatThrownBy(() -> parser.parse(piece.repeat(100_000)))
        .isInstanceOf(InvalidRequestException.class);
  }
}

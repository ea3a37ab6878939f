package io.trilith.traceql.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.testing.Seeds;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.TraceQuery;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceQueriesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{ resource.service.name = \"checkout\" && span.http.status_code >= 500 && duration > 1s && status = error }",
        "{ .a/b-c = 1 }",
        "{ .5 < 1. }",
        "{ span.\"a b\".c != `x` }",
        "{ !(.a || .b) && !.c = true }",
        "{ kind = server } >> { .db } && { status = error } !~ { }",
        "({ .a } | count() > 1) || ({ .b } | avg(duration) > 1ms)",
        "{ } | by(resource.service.name) | max(.n + 1) >= 2 * 3 | coalesce() | select(name, event.x)",
        "{ trace:id = `00ab` && event:name != nil && link:spanID != ``}",
        "{} | rate() by (name, span.x) with (exemplars=true, sample=0.1)",
        "{} | quantile_over_time(duration, .5, 0.99) | topk(3) > 1s",
        "(({} | rate()) / ({ status = error } | rate())) * 100 - 2",
        "{} | histogram_over_time(duration) with(sample=true)",
        "{ nestedSetParent<0 && true} | compare({status=error}, 10, 1700000000000000000, 1700000001000000000)",
        "({kind=server} &>> {status=error}) || ({kind=server}) | select(status, nestedSetParent)",
      })
  void accepts(String text) {
    assertThat(TraceQueries.parse(text)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "// first\n{ .a = `x` && .b = 1 }",
        "/* a\n * b */ { .a = `x` // why\r\n && .b /* // */ = 1 }//",
        "{ .a = /* ** / */ `x` && .b = 1 } // { .c = 1 }",
      })
  void takesCommentsAsBlanks(String text) {
    assertThat(TraceQueries.parse(text)).isEqualTo(TraceQueries.parse("{ .a = `x` && .b = 1 }"));
  }

  @Test
  void keepsWhatLooksLikeACommentInsideOfTexts() {
    assertThat(TraceQueries.parse("{ .a = \"http://h\" && .b = `/* c */` }").toString())
        .contains("http://h")
        .contains("/* c */");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ .a = 1 } /* open",
        "{ .a = 1 } */",
        "",
        "{",
        "{ .a = }",
        "{ .a == 1 }",
        "{ foo = 1 }",
        "{ span:nope = 1 }",
        "{ 1s }",
        "{ name > 1 }",
        "{ status < error }",
        "{ .a =~ 1 }",
        "{ .a =~ `(` }",
        "{ name = nil }",
        "{ resource.service.name = nil }",
        "{ parent.x = 1 }",
        "{} | count() = count()",
        "{} | 1 < count()",
        "{} | select(1)",
        "{} | by(1)",
        "coalesce()",
        "{} | rate() | topk(0)",
        "{} | rate() by (name, kind, status, .a, .b, .c)",
        "{} | compare({}, 1, 2)",
        "{} | compare({}) | topk(1)",
        "1 + 2",
        "{} | max_over_time(name)",
        "{ .a = \"\\q\" }",
        "{ .a = 'x' }",
      })
  void refusesAndSaysWhere(String text) {
    assertThatThrownBy(() -> TraceQueries.parse(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("invalid TraceQL query: parse error at line 1, col ");
  }

  @Test
  void saysWhatIsWrongAndWhere() {
    assertThatThrownBy(() -> TraceQueries.parse("{ .a < }"))
        .hasMessage(
            "invalid TraceQL query: parse error at line 1, col 8: syntax error: unexpected '}'");
  }

  private static String printed(String condition) {
    TraceQuery query = TraceQueries.parse("{" + condition + "}");
    Pipeline.Filter filter =
        (Pipeline.Filter) ((TraceQuery.Search) query).pipeline().stages().getFirst();
    return filter.condition() == null ? "" : Printer.print(filter.condition());
  }

  @Test
  void bindsAndPrintsAsTempoDoes() {
    assertThat(printed(".a || .b && .c")).isEqualTo("(.a || .b) && .c");
    assertThat(printed("-.a * 2 + 1 = -3 ^ .b ^ 2"))
        .isEqualTo("((-(.a * 2)) + 1) = (-(3 ^ (.b ^ 2)))");
    assertThat(printed("!.a = .b")).isEqualTo("(!.a) = .b");
    assertThat(printed("duration>1h30m")).isEqualTo("duration > 1h30m0s");
    assertThat(printed("span.\"x y\" = \"\\u0061\\n\"")).isEqualTo("span.\"x y\" = \"a\\n\"");
    assertThat(printed("span:status = error && .b != minInt"))
        .isEqualTo("(status = error) && (.b != -9223372036854775808)");
  }

  @Test
  void printsWhatParsesAgainToTheSame() {
    for (String text :
        List.of(".a = 1 || .b =~ `x.*`", "1 + .x * 3 > 2ms", "!(.a != `\"`) = true")) {
      assertThat(printed(printed(text))).isEqualTo(printed(text));
    }
  }

  @Test
  void keepsHints() {
    assertThat(TraceQueries.parse("{} with (most_recent=true, x=-2)").hints())
        .containsEntry("most_recent", new Static.Bool(true))
        .containsEntry("x", new Static.Int(-2));
  }

  @Test
  void boundsNestingAndLength() {
    for (String deep :
        List.of(
            "{" + "(".repeat(100_000),
            "{" + "!".repeat(50_000) + ".a}",
            "{" + "-".repeat(50_000) + ".a = 1}",
            "{ 1" + " ^ .a".repeat(3_000) + " = 1 }",
            "(".repeat(100_000) + "{}",
            "{ .a = 1" + " || .a = 1".repeat(10_000) + "}")) {
      assertThatThrownBy(() -> TraceQueries.parse(deep))
          .isInstanceOf(InvalidRequestException.class);
    }
    assertThat(TraceQueries.parse("{ .a = 1" + " || .a = 1".repeat(1_900) + "}")).isNotNull();
    assertThat(TraceQueries.parse("{" + "(".repeat(100) + ".a" + ")".repeat(100) + "}"))
        .isNotNull();
  }

  @Test
  void answersGarbageWithARefusalOnly() {
    SplittableRandom random = Seeds.random("answersGarbageWithARefusalOnly");
    String[] words = {
      "{", "}", "(", ")", ".a", "span.b", "=", "!=", "&&", "||", "1", "1s", "`x`", "name", "|",
      "count()", ">", ">>", "by", "rate()", "!", "-", "~", "\"", "nil", "with", "select", "^", "&>"
    };
    for (int i = 0; i < Seeds.iterations(2_000); i++) {
      StringBuilder text = new StringBuilder("{");
      for (int n = random.nextInt(12); n > 0; n--) {
        text.append(words[random.nextInt(words.length)]).append(' ');
      }
      try {
        assertThat(TraceQueries.parse(text.toString())).isNotNull();
      } catch (InvalidRequestException e) {
        assertThat(e).hasMessageStartingWith("invalid TraceQL query: ");
      }
    }
  }

  @Test
  void ordersByAWordAndLooksAtParentsWhenItIsTold() {
    assertThat(TraceQueries.parse("{ } with(order_by=duration)").hints())
        .containsEntry("order_by", new Static.Text("duration"));
    assertThatThrownBy(() -> TraceQueries.parse("{ } with(most_recent=duration)"))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> TraceQueries.parse("{ parent.a = 1 }"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("with(parent=true)");
    assertThat(TraceQueries.parse("{ parent.span.a = 1 } with(parent=true)"))
        .isInstanceOf(TraceQuery.Search.class);
  }
}

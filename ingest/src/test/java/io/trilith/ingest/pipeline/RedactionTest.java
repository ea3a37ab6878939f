package io.trilith.ingest.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.PipelineFile;
import io.trilith.config.PipelineFile.Place;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedactionTest {
  private static final Conditions NO_CONDITIONS =
      new Conditions() {
        @Override
        public LogCondition logs(String query) {
          throw new InvalidRequestException(query);
        }

        @Override
        public LogCondition selector(String query) {
          return new LogCondition() {
            @Override
            public boolean matches(Labels stream) {
              return stream.get("app").equals("shop");
            }

            @Override
            public Trial trial() {
              return (_, _, _, _, _, _) -> true;
            }
          };
        }
      };

  private static RedactRule rule(String find, String replace, String... exclusions) {
    PipelineFile.Redact rule =
        new PipelineFile.Redact(find, find, replace, List.of(), "", List.of("*"), "");
    return new RedactRule(rule, List.of(exclusions), new byte[] {7}, NO_CONDITIONS);
  }

  private static String redacted(RedactRule rule, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] changed = rule.apply(bytes, 0, bytes.length, true, new RedactRule.Count());
    return changed == null ? text : new String(changed, StandardCharsets.UTF_8);
  }

  private static final RedactRule CARD = rule("card", "#");
  private static final RedactRule EMAIL = rule("email", "#");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "paid by 4111111111111111 ok | paid by # ok",
        "paid by 4111 1111 1111 1111 ok | paid by # ok",
        "paid by 4111-1111-1111-1111, ok | paid by #, ok",
        "paid by 4111.1111.1111.1111. ok | paid by #. ok",
        "paid by 4111\u00a01111\u00a01111\u00a01111 ok | paid by # ok",
        "pan=4111%201111%201111%201111&x=1 | pan=#&x=1",
        "pan%3D4111111111111111%26x | pan%3D#%26x",
        "item 12 4111111111111111 3 pieces | item 12 # 3 pieces",
        "item 12 4111 1111 1111 1111 3 pieces | item 12 # 3 pieces",
        "2027 4111 1111 1111 1111 | 2027 #",
        "amex 3782 822463 10005 charged | amex # charged",
        "amex 378282246310005 charged | amex # charged",
        "maestro 6304000000000000000 | maestro #",
        "two 4111111111111111 5555555555554444 | two # #",
        "(5105105105105100), retry | (#), retry",
      })
  void cardsOfEachSpellingAreFound(String line, String wanted) {
    assertThat(redacted(CARD, line)).isEqualTo(wanted);
  }

  @Test
  void aNumberOfJsonBecomesAString() {
    assertThat(redacted(CARD, "{\"pan\":4111111111111111,\"n\":1}"))
        .isEqualTo("{\"pan\":\"#\",\"n\":1}");
    assertThat(redacted(CARD, "{\"pan\":\"4111111111111111\"}")).isEqualTo("{\"pan\":\"#\"}");
    assertThat(redacted(CARD, "[1,4111111111111111]")).isEqualTo("[1,\"#\"]");
    assertThat(redacted(CARD, "{\"m\":\"x: 4111111111111111, y\"}"))
        .isEqualTo("{\"m\":\"x: #, y\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "order 4111111111111112 shipped", // wrong check digit
        "ts=1700000000000000007 msg=tick",
        "trace 41111111111111110af7651916cd43dd done",
        "sha af41111111111111111c",
        "ratio 0.4111111111111111",
        "4111111111111111.25 metres",
        "number 41111111111111111111",
        "request 11111111-4111-1111-1111-111111111111",
        "ref RF4111111111111111",
        "0x4111111111111111 0x0",
        "4111 1111-1111 1111",
        "411111111111",
      })
  void whatOnlyLooksLikeACardStays(String line) {
    assertThat(redacted(CARD, line)).isEqualTo(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "user anna.b@mail.test logged in | user # logged in",
        "USER ANNA+NEWS@COMPANY.CO.UK X | USER # X",
        "{\"email\":\"a@b.example\"} | {\"email\":\"#\"}",
        "From: Somebody <a_b@x.test> | From: Somebody <#>",
        "href=\"mailto:a@x.test\" | href=\"mailto:#\"",
        "GET /r?email=a@x.test&y=1 | GET /r?email=#&y=1",
        "mail='a@x.test' | mail='#'",
        "Mail to a@x.test. | Mail to #.",
        "from a@x.test: rejected | from #: rejected",
        "a@x.test,b@y.test | #,#",
        "GET /u?m=anna%40x.test HTTP | GET /u?m=# HTTP",
        "{\"m\":\"anna\\u0040x.test\"} | {\"m\":\"#\"}",
        "<td>anna&#64;x.test</td> | <td>#</td>",
        "GET /u?m=%22anna%40x.test%22 | GET /u?m=%22#%22",
        "{\"m\":\"x\\nanna@x.test\"} | {\"m\":\"x\\n#\"}",
      })
  void addressesOfEachSpellingAreFound(String line, String wanted) {
    assertThat(redacted(EMAIL, line)).isEqualTo(wanted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cloning git@code.internal:team/repo.git",
        "pulled shop@sha256:0af7651916cd43dd8448eb211c80319c",
        "added @types/node@20.3.0",
        "npm install left-pad@1.3.0-beta.rc",
        "@Override public void run()",
        "root@ip-10-0-0-3:~# ls",
        "connected as postgres@localhost:5432",
        "db at app@db.example.com/shop",
        "GET /img/logo@2x.png",
        "Started getty@tty1.service",
        "resolved core@^3.0.0",
        "@ alone, a@, @b.test",
        "50%40 of all",
      })
  void whatOnlyLooksLikeAnAddressStays(String line) {
    assertThat(redacted(EMAIL, line)).isEqualTo(line);
  }

  @Test
  void anExclusionKeepsWhatItTouchesAndNothingElse() {
    RedactRule rule = rule("email", "#", "noreply@x\\.test");
    assertThat(redacted(rule, "noreply@x.test to other@x.test")).isEqualTo("noreply@x.test to #");
  }

  @Test
  void anOwnExpressionMayUseGroupsAndAKeyedHash() {
    RedactRule rule = rule("cust-(\\d+)", "cust-<hash>");
    String one = redacted(rule, "for cust-1234, cust-99");
    assertThat(one).matches("for cust-[0-9a-f]{12}, cust-[0-9a-f]{12}").doesNotContain("1234");
    assertThat(redacted(rule, "for cust-1234, cust-99")).isEqualTo(one);
    assertThat(redacted(rule("(\\w+)=(\\w+)", "$1=${2}!"), "a=b c=d")).isEqualTo("a=b! c=d!");
    assertThatThrownBy(() -> rule("z*", "x"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("matches an empty text");
    assertThatThrownBy(() -> rule("((", "x")).isInstanceOf(InvalidRequestException.class);
  }

  /** The cheap look must never say no where the search finds something. */
  @Test
  void whatIsFoundWasSeenByTheCheapLook() {
    SplittableRandom random = Seeds.random("redaction");
    CardFinder cards = new CardFinder();
    EmailFinder emails = new EmailFinder();
    String alphabet = "0123456789411155 -.@%\\&ax.\u00a0";
    for (int round = 0; round < Seeds.iterations(20_000); round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      if (random.nextInt(3) == 0) {
        text.insert(random.nextInt(text.length() + 1), "4111 1111 1111 1111");
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      for (Finder finder : List.of(cards, emails)) {
        Finder.Search search = finder.search(bytes, from, to);
        int end = from;
        while (search.next()) {
          assertThat(finder.mayFind(bytes, from, to)).as("in '%s'", text).isTrue();
          assertThat(search.start(0)).isGreaterThanOrEqualTo(end);
          end = search.end(0);
          assertThat(end).isBetween(search.start(0) + 1, to);
        }
      }
    }
  }

  @Test
  void spansAreRedactedInEveryPlaceOfText() {
    String mail = "anna@x.test";
    long card = 4111111111111111L;
    Attributes deep =
        Attributes.of(
            new String[] {"text", "number", "list", "map", mail},
            new AttributeValue[] {
              new AttributeValue.Text("to " + mail),
              new AttributeValue.Int(card),
              new AttributeValue.Items(
                  List.of(new AttributeValue.Text(mail), new AttributeValue.Int(card))),
              new AttributeValue.Entries(
                  Attributes.of(
                      new String[] {"k"},
                      new AttributeValue[] {new AttributeValue.Text("x " + mail)})),
              new AttributeValue.Bool(true)
            });
    Span span =
        new Span(
            new TraceId(1, 2),
            3,
            0,
            "a=" + mail,
            0,
            "GET /u/" + mail,
            1,
            10,
            20,
            new Span.Status(2, "no user " + mail),
            deep,
            List.of(new Span.Event(11, "for " + mail, deep, 0)),
            List.of(new Span.Link(new TraceId(1, 2), 4, "b=" + mail, 0, deep, 0)),
            new Span.Dropped(0, 0, 0),
            new Span.Resource(deep, 0, ""),
            new Span.Scope("by " + mail, "1", deep, 0, ""));
    SpanBatch batch = new SpanBatch();
    batch.add(span);
    List<String> places = new ArrayList<>();
    Redaction redaction =
        new Redaction(List.of(CARD, EMAIL), (rule, place, n) -> places.add(place.text()));
    SpanBatch redacted = new SpanRedaction(redaction).apply(batch);
    String shown = redacted.spans().toString();
    assertThat(shown).doesNotContain(mail).doesNotContain(Long.toString(card));
    assertThat(shown).contains("GET /u/#", "no user #", "for #", "by #", "to #");
    assertThat(places)
        .contains("span-name", "status-message", "events", "attributes", "tracestate");
    assertThat(redacted.columns().string(0)).isEmpty();
  }

  @Test
  void spansInWhichNothingIsFoundGoOnAsTheyAre() {
    SpanBatch batch = new SpanBatch();
    batch.add(
        new Span(
            new TraceId(1, 2),
            3,
            0,
            "",
            0,
            "GET /",
            1,
            10,
            20,
            new Span.Status(0, ""),
            Attributes.of(
                new String[] {"n"}, new AttributeValue[] {new AttributeValue.Int(1234567890123L)}),
            List.of(),
            List.of(),
            Span.Dropped.NOTHING,
            Span.Resource.NONE,
            Span.Scope.NONE));
    Redaction redaction = new Redaction(List.of(CARD, EMAIL), (_, _, _) -> {});
    assertThat(new SpanRedaction(redaction).apply(batch)).isSameAs(batch);
  }

  @Test
  void aRuleCountsForWhatItsSelectorMatches() {
    PipelineFile.Redact only =
        new PipelineFile.Redact(
            "e", "email", "#", List.of("line"), "{app=\"shop\"}", List.of("a*"), "");
    RedactRule rule = new RedactRule(only, List.of(), new byte[] {7}, NO_CONDITIONS);
    Redaction redaction = new Redaction(List.of(rule), (_, _, _) -> {});
    long of = redaction.rules(Labels.of("app", "shop"));
    assertThat(redaction.apply(Place.LINE, of, "to a@x.test")).isEqualTo("to #");
    assertThat(redaction.apply(Place.LABELS, of, "to a@x.test")).isEqualTo("to a@x.test");
    assertThat(redaction.rules(Labels.of("app", "desk"))).isZero();
    assertThat(rule.isFor(new TenantId("abc"))).isTrue();
    assertThat(rule.isFor(new TenantId("b"))).isFalse();
  }
}

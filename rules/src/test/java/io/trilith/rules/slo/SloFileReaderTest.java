package io.trilith.rules.slo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SloFileReaderTest {
  private static final SloFileReader READER = new SloFileReader(new QueryLanguages(100), 100);

  private static SloFileReader.Content read(String... lines) {
    return READER.read("f.yaml", String.join("\n", lines) + "\n");
  }

  private static Slo one(String... lines) {
    SloFileReader.Content content = read(lines);
    assertThat(content.problems()).isEmpty();
    assertThat(content.slos()).hasSize(1);
    return content.slos().getFirst();
  }

  private static String problem(String... lines) {
    SloFileReader.Content content = read(lines);
    assertThat(content.problems()).as(String.join("\n", lines)).isNotEmpty();
    return content.problems().getFirst().toString();
  }

  private static String[] queries(Slo slo) {
    return slo.sli().queries().stream().map(RuleQuery::text).toArray(String[]::new);
  }

  @Test
  void threeLinesMakeAnSlo() {
    Slo slo =
        one(
            "slos:",
            "- {name: requests, service: shop, objective: 99.9,",
            "   bad: 'http_requests_total{code=~\"5..\"}', total: http_requests_total}");
    assertThat(slo.id()).isEqualTo("shop-requests");
    assertThat(slo.budgetRatio()).hasToString("0.001");
    assertThat(slo.window().text()).isEqualTo("30d");
    assertThat(queries(slo))
        .containsExactly(
            "sum(increase(http_requests_total{code=~\"5..\"}[1m] anchored))",
            "sum(increase(http_requests_total[1m] anchored))");
  }

  @Test
  void logsAndTracesAreCountedAsTheyAre() {
    Slo lines =
        one(
            "language: logql",
            "slos:",
            "- name: pay",
            "  service: shop",
            "  objective: 99.5 each month",
            "  bad: '{app=\"pay\"} |= \"failed\"'",
            "  total: 'sum(rate({app=\"pay\"}[5m]))'");
    assertThat(queries(lines))
        .containsExactly(
            "sum(count_over_time({app=\"pay\"} |= \"failed\"[1m]))",
            "sum(count_over_time({app=\"pay\"}[1m]))");
    assertThat(lines.window().start(Instant.parse("2026-11-21T16:00:00Z").toEpochMilli()))
        .isEqualTo(Instant.parse("2026-11-01T00:00:00Z").toEpochMilli());
    Slo spans =
        one(
            "slos:",
            "- name: pay",
            "  service: shop",
            "  language: traceql",
            "  objective: 99 over 28d",
            "  latency: '{ name = \"pay\" } < 300ms'");
    assertThat(spans.window().text()).isEqualTo("4w");
    assertThat(queries(spans))
        .containsExactly(
            "{ name = \"pay\" } | { duration >= 300ms } | count_over_time()",
            "{ name = \"pay\" } | count_over_time()");
  }

  @Test
  void latencyIsReadOfBothKindsOfHistograms() {
    assertThat(
            queries(
                one(
                    "slos: [{name: fast, service: s, objective: 99,",
                    "  latency: 'seconds{job=\"a\"} < 300ms'}]")))
        .containsExactly(
            "sum(increase(seconds_bucket{job=\"a\",le=\"0.3\"}[1m] anchored))",
            "sum(increase(seconds_count{job=\"a\"}[1m] anchored))");
    assertThat(
            queries(
                one(
                    "slos: [{name: fast, service: s, objective: 99, histogram: native,",
                    "  latency: 'seconds < 2s'}]"))[1])
        .isEqualTo("sum(histogram_count(sum(increase(seconds[1m] anchored))))");
  }

  @Test
  void readsTheExamples() throws IOException {
    for (String name : List.of("shop.yaml", "sloth.yaml", "openslo.yaml")) {
      Path file = Path.of(System.getProperty("trilith.root", ".."), "config/slos", name);
      SloFileReader.Content content = READER.read(name, Files.readString(file));
      assertThat(content.problems()).isEmpty();
      assertThat(content.slos()).isNotEmpty();
    }
  }

  @Test
  void calendarsFollowTheirZone() throws IOException {
    Path file = Path.of(System.getProperty("trilith.root", ".."), "config/slos/openslo.yaml");
    Slo slo = READER.read("f", Files.readString(file)).slos().getFirst();
    long summer = Instant.parse("2026-07-15T00:00:00Z").toEpochMilli();
    assertThat(slo.window().start(summer))
        .isEqualTo(Instant.parse("2026-06-30T22:00:00Z").toEpochMilli());
    // The step that ends as the period does is its last one.
    long end = slo.window().end(summer);
    assertThat(slo.window().start(end)).isEqualTo(slo.window().start(summer));
    assertThat(slo.window().start(end + 1)).isEqualTo(end);
    assertThat(slo.method()).isInstanceOf(Slo.Method.Timeslices.class);
  }

  @Test
  void refusalsNameLineSloAndKey() {
    assertThat(problem("slos:", "- {name: a, service: s, objective: 100, bad: x, total: y}"))
        .isEqualTo(
            "f.yaml: 2:36: slo \"a\": objective: 100 is not above 0 and below 100 percent;"
                + " all or nothing leaves no budget");
    assertThat(problem("slos:", "- {name: a, service: s, objective: 99, bad: 'x{', total: y}"))
        .startsWith("f.yaml: 2:45: slo \"a\": bad: could not parse expression: ");
    assertThat(problem("slos:", "- {name: a, service: s, objective: 99, bad: x, totl: y}"))
        .contains("field totl not found in an SLO of slo \"a\"");
    assertThat(problem("slos:", "- {name: a, service: s, objective: 99, bad: x}"))
        .contains("slo \"a\": total: is missing");
    assertThat(problem("slos:", "- {name: 'a b', service: s, objective: 99, bad: x, total: y}"))
        .contains("name: \"a b\" is no name");
    assertThat(problem("slos:", "- {name: a, service: s, objective: 99 over 1M, bad: x, total: y}"))
        .contains("objective: \"1M\" is no duration");
    assertThat(
            problem("slos:", "- {name: a, service: s, objective: 99, slice: 7m, bad: x, total: y}"))
        .contains("slice: '7m' must be whole minutes");
    assertThat(
            problem(
                "slos:",
                "- {name: a, service: s, objective: 99, language: traceql,",
                "   bad: '{} | quantile_over_time(duration, .9)', total: '{}'}"))
        .contains("events need count_over_time()");
    assertThat(
            problem(
                "service: s",
                "slos:",
                "- {name: a, objective: 99, bad: x, total: y}",
                "- {name: a, objective: 98, bad: x, total: y}"))
        .contains("line 4: \"s-a\" is there already, at line 3");
  }

  @Test
  void refusesWhatSlothCannotMeanHere() {
    assertThat(
            problem(
                "version: prometheus/v1",
                "service: s",
                "slos:",
                "- name: a",
                "  objective: 99.9",
                "  sli: {events: {error_query: 'rate(x[5m])', total_query: 'rate(y[{{.window}}])'}}",
                "  alerting: {name: A}"))
        .startsWith("f.yaml: 6:31: slo \"a\": error_query: has no {{.window}}");
    assertThat(
            problem(
                "version: prometheus/v1",
                "service: s",
                "slos: [{name: a, objective: 99.9, sli: {plugin: {id: p}}}]"))
        .contains("sli.plugin: SLI plugins are programs of Sloth's");
    assertThat(problem("version: prometheus/v2", "service: s", "slos: []"))
        .contains("version: 'prometheus/v2' is not known");
  }

  @Test
  void refusesWhatOpenSloDoesNotHave() {
    String[] lines = {
      "apiVersion: openslo/v1",
      "kind: SLO",
      "metadata: {name: a}",
      "spec:",
      "  service: s",
      "  indicatorRef: none",
      "  timeWindow: [{duration: 1M, isRolling: true}]",
      "  budgetingMethod: Sometimes",
      "  objectives: [{target: 99}]"
    };
    List<String> told = read(lines).problems().stream().map(Object::toString).toList();
    assertThat(told)
        .anyMatch(text -> text.contains("indicatorRef: \"none\" is no SLI of this file"))
        .anyMatch(text -> text.contains("duration: '1M' is not of one length"))
        .anyMatch(text -> text.contains("budgetingMethod: 'Sometimes' must be Occurrences"))
        .anyMatch(text -> text.contains("target: 99 is not above 0 and below 1"));
    assertThat(problem("apiVersion: openslo/v1", "kind: Slo")).contains("kind: 'Slo' is not known");
  }

  @Test
  void tellsWhatIsNoYaml() {
    assertThat(problem("slos: [")).contains("is not YAML");
    assertThat(problem("- a")).contains("a file of SLOs is a map");
    assertThat(problem("{}")).contains("has no SLO");
  }
}

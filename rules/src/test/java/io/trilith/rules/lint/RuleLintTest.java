package io.trilith.rules.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.RuleFileReader;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleLintTest {
  private static final RuleFileReader READER = new RuleFileReader(new QueryLanguages(100));

  private static List<Finding> lint(String rules, boolean required, @Nullable LiveIndex index) {
    String text = "groups:\n- name: g\n  interval: 1m\n  rules:\n" + rules;
    RuleFileReader.Content content = READER.file("f.yml", text, false);
    assertThat(content.problems()).isEmpty();
    List<RuleLint.Source> sources = new ArrayList<>();
    for (RuleGroup group : content.groups()) {
      sources.add(new RuleLint.Source("f.yml", group));
    }
    RuleLint.Settings settings =
        new RuleLint.Settings(
            EnumSet.allOf(Check.class), 60_000, OptionalLong.of(15_000), required, 80_000, 100);
    return new RuleLint(settings, index).lint(sources).findings();
  }

  private static List<Check> checks(String rule) {
    return lint("  - " + rule + "\n", false, null).stream().map(Finding::check).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\0',
      value = {
        "{record: r, expr: 'rate(x_total[29s])'}#RATE_WINDOW",
        "{record: r, expr: 'sum(increase(x_total[20s]))'}#RATE_WINDOW",
        "{alert: A, expr: 'x_total > 5'}#COUNTER_WITHOUT_RATE",
        "{alert: A, expr: 'sum by (a) (x_bucket) > 5 and y'}#COUNTER_WITHOUT_RATE",
        "{alert: A, expr: 'sum(y) > 1', annotations: {s: '{{ $labels.pod }}'}}#TEMPLATE_LABEL",
        "{alert: A, expr: 'sum by (a) (y) > 1', labels: {s: '{{ $labels.b }}'}}#TEMPLATE_LABEL",
        "{alert: A, expr: 'absent(y{job=\"x\"})', annotations: {s: '{{ $labels.b }}'}}#TEMPLATE_LABEL",
        "{alert: A, expr: 'a / on (b) c', annotations: {s: '{{ $labels.d }}'}}#TEMPLATE_LABEL",
        "{alert: A, expr: 'sum without (b) (y)', annotations: {s: '{{ $labels.b }}'}}#TEMPLATE_LABEL",
        "{alert: A, expr: 'y > 1', for: 30s}#SHORT_FOR",
        "{record: r, expr: 'y{a=~\"b\"}'}#NEEDLESS_REGEX",
        "{record: r, expr: 'y{a=~\"b\\\\.c\"}'}#NEEDLESS_REGEX",
        "{record: r, expr: 'y{a=~\"^b.c$\"}'}#NEEDLESS_REGEX",
        "{record: r, expr: 'y{a!~\".+\"}'}#NEEDLESS_REGEX",
        "{alert: A, expr: 'y > 1', annotations: {cardinality_budget: many}}#CARDINALITY_BUDGET",
        "{alert: A, expr: 'y > 1', annotations: {cardinality_budget: '-1'}}#CARDINALITY_BUDGET",
        "{alert: A, expr: 'y > 1', annotations: {cardinality_budget: 80001}}#CARDINALITY_BUDGET"
      })
  void whatIsSurelyNotMeantIsFound(String rule, Check check) {
    assertThat(checks(rule)).as(rule).containsExactly(check);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\0',
      value = {
        "{record: r, expr: 'rate(x_total[30s])'}",
        "{alert: A, expr: 'rate(x_total[5m]) > 5', for: 1m}",
        "{alert: A, expr: 'count(x_total) > 5'}",
        "{alert: A, expr: 'absent(x_total)'}",
        "{alert: A, expr: 'y > 1', annotations: {s: '{{ $labels.pod }} {{ $value }}'}}",
        "{alert: A, expr: 'sum by (a) (y) > 1', annotations: {s: '{{ $labels.a }}'}}",
        "{alert: A, expr: 'absent(y{job=\"x\"})', annotations: {s: '{{ $labels.job }}'}}",
        "{alert: A, expr: 'a * on (b) group_left (d) c', annotations: {s: '{{ $labels.d }}'}}",
        "{alert: A, expr: 'label_replace(sum(y), \"b\", \"x\", \"\", \"\")', annotations: {s: '{{ $labels.b }}'}}",
        "{alert: A, expr: 'sum(y) > 1', annotations: {s: '{{ range query \"y\" }}{{ .Labels.b }}{{ end }}'}}",
        "{record: r, expr: 'y{a=~\"b|c\", d!~\"e.*\"}'}",
        "{alert: A, expr: 'y > 1', annotations: {cardinality_budget: 80000}}"
      })
  void whatIsRightIsLeftAlone(String rule) {
    assertThat(checks(rule)).as(rule).isEmpty();
  }

  @Test
  void aFindingNamesFileLineGroupRuleAndReason() {
    List<Finding> found = lint("  - {record: a, expr: y}\n  - {record: a, expr: z}\n", false, null);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().toString())
        .startsWith("f.yml:6: group \"g\", rule 2, \"a\": duplicate-rule: ")
        .contains("f.yml:5");
  }

  @Test
  void anAlertMayBeAskedToHaveABudgetAndARecordingRuleMayNot() {
    String rules = "  - {alert: A, expr: y > 1}\n  - {record: r, expr: y}\n";
    assertThat(lint(rules, false, null)).isEmpty();
    assertThat(lint(rules, true, null))
        .singleElement()
        .satisfies(one -> assertThat(one.reason()).contains("cardinality_budget"));
  }

  /** 30 series of y with the labels a and job, and a gauge by the name of a counter. */
  private static final LiveIndex INDEX =
      new LiveIndex() {
        @Override
        public Set<String> labels(String selector) {
          return switch (selector) {
            case "y", "gauge_total" -> Set.of("__name__", "a", "job");
            default -> Set.of();
          };
        }

        @Override
        public Map<String, Long> series(String selector) {
          return switch (selector) {
            case "y" -> Map.of("y", 30L);
            case "{__name__=~\"y|z\"}" -> Map.of("y", 30L, "z", 90L);
            default -> Map.of();
          };
        }

        @Override
        public Optional<Boolean> counter(String metric) {
          return metric.equals("gauge_total") ? Optional.of(false) : Optional.empty();
        }

        @Override
        public long intervalMillis(String selector) {
          return 0;
        }
      };

  private static List<Check> live(String rules) {
    return lint(rules, false, INDEX).stream().map(Finding::check).toList();
  }

  @Test
  void whatAServerHasIsComparedWith() {
    assertThat(live("  - {record: r, expr: none}\n")).containsExactly(Check.SERIES_MISSING);
    assertThat(lint("  - {record: r, expr: 'y{a=\"no\"}'}\n", false, INDEX).getFirst().reason())
        .contains("there are series of y");
    assertThat(live("  - {record: r, expr: 'absent(none) or none or vector(0)'}\n")).isEmpty();
    assertThat(live("  - {record: r, expr: y}\n  - {record: s, expr: r}\n")).isEmpty();
    assertThat(live("  - {record: r, expr: 'sum by (pod) (y)'}\n"))
        .containsExactly(Check.LABEL_MISSING);
    assertThat(live("  - {record: r, expr: 'sum by (a) (y)'}\n")).isEmpty();
    assertThat(live("  - {alert: A, expr: y > 1, annotations: {s: '{{ $labels.pod }}'}}\n"))
        .containsExactly(Check.TEMPLATE_LABEL);
    assertThat(live("  - {alert: A, expr: gauge_total > 1}\n")).isEmpty();
    assertThat(live("  - {record: r, expr: 'count({__name__=~\"y|z\"}) or vector(0)'}\n"))
        .containsExactly(Check.COST);
  }

  @Test
  void aBudgetIsComparedWithEachMetricThatIsRead() {
    String rule = "  - {alert: A, expr: '%s', annotations: {cardinality_budget: '%d'}}\n";
    assertThat(live(rule.formatted("y > 1", 30))).isEmpty();
    List<Finding> found = lint(rule.formatted("y > 1", 29), false, INDEX);
    assertThat(found)
        .singleElement()
        .satisfies(
            one ->
                assertThat(one.details())
                    .containsEntry("metric", "y")
                    .containsEntry("budget", "29")
                    .containsEntry("series", "30"));
  }
}

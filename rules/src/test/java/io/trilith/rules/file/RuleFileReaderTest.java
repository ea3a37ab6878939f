package io.trilith.rules.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.testing.Seeds;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleFileReaderTest {
  private static final RuleFileReader READER = new RuleFileReader(new QueryLanguages(100));

  private static RuleFileReader.Content read(String text) {
    return READER.file("f.yml", text, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      value = {
        "{record: x, expr: 1, for: 1m}~invalid field 'for' in recording rule",
        "{record: x, expr: 1, keep_firing_for: 1m}~invalid field 'keep_firing_for' in recording rule",
        "{record: x, expr: 1, annotations: {a: b}}~invalid field 'annotations' in recording rule",
        "{record: 'x{a=\"b\"}', expr: 1}~braces present in the recording rule name",
        "{record: x, expr: 1, labels: {__name__: y}}~invalid label name: __name__",
        "{record: x, alert: y, expr: 1}~only one of 'record' and 'alert' must be set",
        "{record: '', expr: 1}~one of 'record' or 'alert' must be set",
        "{record: x}~field 'expr' must be set in rule",
        "{record: x, expr: 'rate(y)'}~could not parse expression",
        "{record: x, expr: 'sum(', foo: 1}~field foo not found",
        "{alert: x, expr: 1, for: 5}~not a valid duration string: \"5\"",
        "{alert: x, expr: 1, for: -5m}~not a valid duration string",
        "{alert: x, expr: 1, labels: {a: '{{ $labelx }}'}}~undefined variable \"$labelx\"",
        "{alert: x, expr: 1, annotations: {a: '{{ nofunc }}'}}~function \"nofunc\" not defined",
        "{alert: x, expr: 1, annotations: {a: '{{ .a'}}~unclosed action",
        "{alert: x, expr: 1, annotations: {'': b}}~invalid annotation name",
        "{alert: x, alert: y, expr: 1}~already set in map",
        "{alert: x, expr: 1, labels: [a]}~is no map",
        "just text~is no map"
      })
  void refusesNamingLineGroupRuleAndReason(String rule, String reason) {
    RuleFileReader.Content content =
        read("groups:\n- name: g\n  rules:\n  - {record: fine, expr: 1}\n  - " + rule + "\n");
    assertThat(content.problems()).isNotEmpty();
    assertThat(content.groups()).isEmpty();
    assertThat(content.problems())
        .anySatisfy(
            problem -> {
              assertThat(problem.toString()).contains(reason);
              assertThat(problem.toString())
                  .startsWith("f.yml: 5:")
                  .contains("group \"g\", rule 2");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      value = {
        "groups: [{name: g}, {name: g}]~groupname: \"g\" is repeated in the same file",
        "groups: [{rules: []}]~Groupname must not be empty",
        "groups: [{name: g, interval: x}]~not a valid duration string",
        "groups: [{name: g, limit: -1}]~is not a number of series",
        "groups: [{name: g, limit: many}]~is not a whole number",
        "groups: [{name: g, language: sql}]~it must be promql, logql or traceql",
        "groups: [{name: g, rule: []}]~field rule not found",
        "group: []~field group not found",
        "groups: {}~must be a list",
        "groups: [~is not YAML"
      })
  void refusesGroups(String text, String reason) {
    assertThat(read(text).problems()).anySatisfy(one -> assertThat(one.reason()).contains(reason));
  }

  @Test
  void tellsAllThatIsWrongAndNotTheFirstOnly() {
    assertThat(
            read("groups: [{name: g, rules: [{record: x}, {alert: y, for: 1}, {expr: 1}]}]")
                .problems())
        .hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void readsAnchorsMergeKeysAndTheFirstDocumentOnly() {
    RuleFileReader.Content content =
        read(
            """
            groups:
            - name: g
              labels: {team: x, severity: low}
              rules:
              - &a
                alert: A
                expr: &e up == 0
                for: 5m
                labels: &l {severity: page}
              - <<: *a
                alert: B
                labels: *l
              - {record: c, expr: *e}
            ---
            groups: 7
            """);
    assertThat(content.problems()).isEmpty();
    assertThat(content.warnings()).hasSize(1);
    List<Rule> rules = content.groups().getFirst().rules();
    assertThat(rules).extracting(Rule::name).containsExactly("A", "B", "c");
    assertThat(rules.get(1).forMillis()).isEqualTo(300_000);
    assertThat(rules.get(1).labels()).containsEntry("severity", "page").containsEntry("team", "x");
    assertThat(rules.get(2).query().text()).isEqualTo("up == 0");
  }

  @Test
  void takesNamesInUtf8AndTemplatesInLabelsOfRecordingRulesAsTheyStand() {
    RuleFileReader.Content content =
        read("groups: [{name: g, rules: [{record: größe.x, expr: 1, labels: {a.b: '{{ $nope'}}]}]");
    assertThat(content.problems()).isEmpty();
    assertThat(read("").groups()).isEmpty();
    assertThat(read("# nothing\n").problems()).isEmpty();
  }

  @Test
  void readsTheOtherLanguagesAndRefusesWhatGivesNoNumbers() {
    assertThat(
            read("groups: [{name: g, language: logql, rules: [{record: x, expr: 'sum(rate({a=\"b\"}[5m]))'}]}]")
                .groups()
                .getFirst()
                .language())
        .isEqualTo(Language.LOGQL);
    assertThat(
            read("groups: [{name: g, language: traceql, rules: [{record: x, expr: '{} | rate()'}]}]")
                .problems())
        .isEmpty();
    assertThat(
            read("groups: [{name: g, language: logql, rules: [{record: x, expr: '{a=\"b\"}'}]}]")
                .problems())
        .anySatisfy(one -> assertThat(one.reason()).contains("selects lines"));
    assertThat(
            read("groups: [{name: g, language: traceql, rules: [{record: x, expr: '{}'}]}]")
                .problems())
        .anySatisfy(one -> assertThat(one.reason()).contains("selects spans"));
  }

  @Test
  void whatIsWrittenIsReadBackAsAnEqualGroup() {
    String text =
        """
        name: 'x/y: z'
        interval: 90s
        query_offset: 1m
        limit: 3
        labels: {a: b}
        rules:
        - alert: A
          expr: "vector(1) > 0"
          for: 1h30m
          keep_firing_for: 1d
          labels: {severity: 'yes'}
          annotations: {d: "a: \\"b\\" {{ $value }}\
        line two", e: ''}
        - {record: r, expr: "1\
        + 2"}
        """;
    RuleGroup group = READER.group(text, Language.PROMQL).groups().getFirst();
    String written = RuleYaml.group(group, Language.PROMQL);
    RuleGroup again = READER.group(written, Language.PROMQL).groups().getFirst();
    assertThat(RuleYaml.group(again, Language.PROMQL)).isEqualTo(written);
    assertThat(again.rules()).hasSize(2);
    assertThat(again.rules().getFirst().annotations())
        .isEqualTo(group.rules().getFirst().annotations());
    assertThat(again.rules().getFirst().keepFiringForMillis()).isEqualTo(86_400_000);
    assertThat(again.queryOffsetMillis()).hasValue(60_000);
  }

  @Test
  void neverFailsButByTellingAProblem() {
    SplittableRandom random = Seeds.random("RuleFileReaderTest");
    String good =
        """
        groups:
        - name: g
          interval: 30s
          rules:
          - alert: A
            expr: up == 0
            labels: {a: '{{ $value }}'}
          - &x {record: r, expr: 'sum(up)'}
          - <<: *x
        """;
    String odd = "{}[]:,&*!|>'\"%@`#-?\n\t <~0a{{";
    for (int i = 0; i < Seeds.iterations(3_000); i++) {
      StringBuilder text = new StringBuilder(good);
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.deleteCharAt(at);
        } else {
          text.insert(at, odd.charAt(random.nextInt(odd.length())));
        }
      }
      assertThat(read(text.toString())).isNotNull();
    }
  }
}

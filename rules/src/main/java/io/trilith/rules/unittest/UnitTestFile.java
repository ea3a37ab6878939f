package io.trilith.rules.unittest;

import io.trilith.rules.file.Problem;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Rfc3339;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A file of tests of rules, in the form of promtool's. Times are milliseconds.
 *
 * @param ruleFiles patterns, relative to the file
 * @param order in which groups are evaluated that are named here
 * @param fuzzy whether floats may differ by the last bit
 */
public record UnitTestFile(
    List<String> ruleFiles,
    long evaluationInterval,
    List<String> order,
    boolean fuzzy,
    List<Test> tests) {
  private static final long INTERVAL_DEFAULT = 60_000;

  /** Series that are there, and what is asked of them. */
  public record Test(
      String name,
      long interval,
      List<Input> input,
      List<AlertCheck> alerts,
      List<ExprCheck> exprs,
      Map<String, String> externalLabels,
      String externalUrl,
      long start) {
    /** The last time anything is asked for. */
    long end() {
      long end = 0;
      for (AlertCheck check : alerts) {
        end = Math.max(end, check.time());
      }
      for (ExprCheck check : exprs) {
        end = Math.max(end, check.time());
      }
      return end;
    }
  }

  /** A series in the notation of Prometheus' tests. */
  public record Input(String series, String values) {}

  /** Which alerts of a name fire at a time. */
  public record AlertCheck(long time, String alertName, List<ExpectedAlert> expected) {}

  public record ExpectedAlert(Map<String, String> labels, Map<String, String> annotations) {}

  /** What an expression gives at a time. */
  public record ExprCheck(String expr, long time, List<ExpectedSample> expected) {}

  /**
   * A sample.
   *
   * @param histogram in the notation of Prometheus' tests, empty when it is a float
   */
  public record ExpectedSample(String labels, double value, String histogram) {}

  /** What was read: null when there is a problem. */
  public record Content(@Nullable UnitTestFile file, List<Problem> problems) {}

  /** Reads a file strictly. */
  public static Content read(String name, String text, boolean unknownAllowed) {
    Problems problems = new Problems(name, unknownAllowed);
    Node root = YamlFields.root(text, problems);
    if (root == null) {
      boolean empty = problems.found().isEmpty();
      return new Content(
          empty ? new UnitTestFile(List.of(), INTERVAL_DEFAULT, List.of(), false, List.of()) : null,
          problems.found());
    }
    UnitTestFile file = new Reading(problems).file(root);
    return new Content(problems.found().isEmpty() ? file : null, problems.found());
  }

  /** Reads one file. */
  private record Reading(Problems problems) {
    UnitTestFile file(Node root) {
      YamlFields fields =
          YamlFields.of(
              root,
              "a file of tests",
              Set.of(
                  "rule_files",
                  "evaluation_interval",
                  "group_eval_order",
                  "fuzzy_compare",
                  "tests"),
              problems);
      long interval = fields.millis("evaluation_interval").orElse(INTERVAL_DEFAULT);
      interval = interval == 0 ? INTERVAL_DEFAULT : interval;
      List<String> order = fields.textList("group_eval_order");
      Set<String> seen = new HashSet<>();
      for (String group : order) {
        if (!seen.add(group)) {
          problems.add(
              fields.get("group_eval_order"),
              "group_eval_order",
              "group name repeated in evaluation order: " + group);
        }
      }
      List<Test> tests = new ArrayList<>();
      for (Node test : fields.list("tests")) {
        tests.add(test(test, interval));
      }
      return new UnitTestFile(
          fields.textList("rule_files"), interval, order, fields.flag("fuzzy_compare"), tests);
    }

    private Test test(Node node, long evaluationInterval) {
      YamlFields fields =
          YamlFields.of(
              node,
              "a test",
              Set.of(
                  "name",
                  "interval",
                  "input_series",
                  "alert_rule_test",
                  "promql_expr_test",
                  "external_labels",
                  "external_url",
                  "start_timestamp"),
              problems);
      long interval = fields.millis("interval").orElse(0);
      List<Input> input = new ArrayList<>();
      for (Node one : fields.list("input_series")) {
        YamlFields series =
            YamlFields.of(one, "an input series", Set.of("series", "values"), problems);
        input.add(new Input(series.text("series"), series.text("values")));
      }
      List<AlertCheck> alerts = new ArrayList<>();
      for (Node one : fields.list("alert_rule_test")) {
        alerts.add(alert(one));
      }
      List<ExprCheck> exprs = new ArrayList<>();
      for (Node one : fields.list("promql_expr_test")) {
        exprs.add(expr(one));
      }
      return new Test(
          fields.text("name"),
          interval == 0 ? evaluationInterval : interval,
          input,
          alerts,
          exprs,
          fields.texts("external_labels"),
          fields.text("external_url"),
          start(fields));
    }

    private long start(YamlFields fields) {
      String text = fields.text("start_timestamp");
      if (text.isEmpty()) {
        return 0;
      }
      OptionalDouble seconds = GoNumber.real(text);
      if (seconds.isPresent()) {
        return Math.round(seconds.getAsDouble() * 1000);
      }
      return Rfc3339.parse(text)
          .map(Instant::toEpochMilli)
          .orElseGet(
              () -> {
                problems.add(
                    fields.get("start_timestamp"),
                    "start_timestamp",
                    "'" + text + "' is neither unix seconds nor an RFC 3339 time");
                return 0L;
              });
    }

    private AlertCheck alert(Node node) {
      YamlFields fields =
          YamlFields.of(
              node, "an alert test", Set.of("eval_time", "alertname", "exp_alerts"), problems);
      String name = fields.text("alertname");
      if (name.isEmpty()) {
        problems.add(
            node, "alertname", "an item under alert_rule_test misses required attribute alertname");
      }
      List<ExpectedAlert> expected = new ArrayList<>();
      for (Node one : fields.list("exp_alerts")) {
        YamlFields alert =
            YamlFields.of(
                one, "an expected alert", Set.of("exp_labels", "exp_annotations"), problems);
        expected.add(new ExpectedAlert(alert.texts("exp_labels"), alert.texts("exp_annotations")));
      }
      return new AlertCheck(fields.millis("eval_time").orElse(0), name, expected);
    }

    private ExprCheck expr(Node node) {
      YamlFields fields =
          YamlFields.of(
              node, "an expression test", Set.of("expr", "eval_time", "exp_samples"), problems);
      List<ExpectedSample> expected = new ArrayList<>();
      for (Node one : fields.list("exp_samples")) {
        YamlFields sample =
            YamlFields.of(
                one, "an expected sample", Set.of("labels", "value", "histogram"), problems);
        expected.add(
            new ExpectedSample(sample.text("labels"), value(sample), sample.text("histogram")));
      }
      return new ExprCheck(fields.text("expr"), fields.millis("eval_time").orElse(0), expected);
    }

    private double value(YamlFields sample) {
      String text = sample.text("value");
      if (text.isEmpty()) {
        return 0;
      }
      // As YAML writes what is no number: .inf, -.inf, .NaN.
      int dot = text.indexOf('.');
      boolean word =
          dot >= 0
              && dot <= 1
              && dot + 1 < text.length()
              && Character.isLetter(text.charAt(dot + 1));
      OptionalDouble value =
          GoNumber.real(word ? text.substring(0, dot) + text.substring(dot + 1) : text);
      if (value.isEmpty()) {
        problems.add(sample.get("value"), "value", "'" + text + "' is no number");
      }
      return value.orElse(0);
    }
  }
}

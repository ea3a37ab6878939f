package io.trilith.rules.eval;

import io.trilith.engine.QueryContext;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A group that is evaluated step by step, for tests and for looking ahead; what it makes goes into
 * series in memory. Not thread-safe.
 */
public final class SteppedGroup {
  private final RuleGroup group;
  private final RuleTick.Templates templates;
  private final RuleTick.Setting setting;
  private final QueryRunner queries;
  private final QueryLanguages languages;
  private Map<String, Map<Labels, Alert>> alerts = new HashMap<>();
  private final Map<String, Set<Labels>> written = new HashMap<>();

  public SteppedGroup(
      RuleGroup group,
      QueryRunner queries,
      QueryLanguages languages,
      Map<String, String> externalLabels,
      String externalUrl) {
    this.group = group;
    this.templates = new RuleTick.Templates(group);
    this.setting = new RuleTick.Setting(externalLabels, externalUrl);
    this.queries = queries;
    this.languages = languages;
  }

  public RuleGroup group() {
    return group;
  }

  /**
   * Evaluates one tick, milliseconds since 1970; returns what went wrong, a sentence for each rule.
   */
  public List<String> step(long tick, MemorySeries store) throws InterruptedException {
    RuleTick one =
        new RuleTick(group, tick, group.queryOffsetMillis().orElse(0), queries, setting, languages);
    List<RuleTick.Outcome> outcomes = one.run(alerts, templates);
    Set<Labels> _ = one.ended(written);
    one.made()
        .forEach((labels, time, value, histogram) -> store.add(labels, time, value, histogram));
    Map<String, Map<Labels, Alert>> after = new HashMap<>();
    List<String> errors = new ArrayList<>();
    for (RuleTick.Outcome outcome : outcomes) {
      Map<Labels, Alert> now =
          outcome.alerts() == null
              ? alerts.getOrDefault(outcome.key(), Map.of())
              : outcome.alerts();
      after.put(outcome.key(), now);
      if (outcome.written() != null) {
        written.put(outcome.key(), outcome.written());
      }
      if (outcome.error() != null) {
        errors.add("rule: " + outcome.rule().name() + ", err: " + outcome.error());
      }
    }
    alerts = after;
    return errors;
  }

  /** Evaluates over series in memory; PromQL only. */
  public static QueryRunner over(MemorySeries store, LanguageEngines engines) {
    return (query, millis, open) -> run(query, millis, store, open, engines);
  }

  private static List<RuleSample> run(
      RuleQuery query,
      long millis,
      MemorySeries store,
      MemorySeries open,
      LanguageEngines engines) {
    return switch (query) {
      case RuleQuery.Promql promql ->
          engines.promql(
              promql,
              millis,
              open.isEmpty() ? store : new LayeredReader(store, open),
              QueryContext.unlimited());
      case RuleQuery.Logql _, RuleQuery.Traceql _ ->
          throw new IllegalArgumentException("only rules in PromQL can be evaluated over series");
    };
  }

  /** The alerts of a name that are not inactive. */
  public List<Alert> alerts(String alertName) {
    List<Alert> found = new ArrayList<>();
    alerts
        .values()
        .forEach(
            all ->
                all.values().stream()
                    .filter(
                        alert ->
                            alert.state() != Alert.State.INACTIVE
                                && alert.labels().get(AlertSeries.ALERT_NAME).equals(alertName))
                    .forEach(found::add));
    return found;
  }
}

package io.trilith.rules.eval;

import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleSample;
import io.trilith.rules.file.AlertTemplate;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One tick of a group: evaluates its rules in order and says what comes of it. Nothing is changed:
 * the outcome is taken over when it is stored. Used once, by one thread.
 */
final class RuleTick {
  private static final long RESOLVED_KEPT_MILLIS = 15 * 60_000;

  /** What rules may know of the server. */
  record Setting(Map<String, String> externalLabels, String externalUrl) {}

  /**
   * What came of one rule.
   *
   * @param error null when it succeeded
   * @param written the series it wrote; null after an error
   * @param alerts its alerts; null when it is a recording rule, or failed and left them as they
   *     were
   */
  record Outcome(
      Rule rule,
      String key,
      @Nullable String error,
      long nanos,
      int samples,
      @Nullable Set<Labels> written,
      @Nullable Map<Labels, Alert> alerts) {}

  /** A failure of a rule whose alerts are forgotten. */
  @SuppressWarnings("serial") // never serialised
  private static final class LimitException extends RuntimeException {
    LimitException(String message) {
      super(message, null, false, false);
    }
  }

  private final RuleGroup group;
  private final List<String> keys;
  private final long tick;
  private final long offset;
  private final QueryRunner queries;
  private final Setting setting;
  private final QueryLanguages languages;
  private final MemorySeries open = new MemorySeries();
  private final List<Outcome> outcomes = new ArrayList<>();

  RuleTick(
      RuleGroup group,
      long tick,
      long offset,
      QueryRunner queries,
      Setting setting,
      QueryLanguages languages) {
    this.group = group;
    this.keys = RuleKeys.of(group);
    this.tick = tick;
    this.offset = offset;
    this.queries = queries;
    this.setting = setting;
    this.languages = languages;
  }

  /**
   * Evaluates all rules; a failure of one is told in its outcome.
   *
   * @param alerts of each rule before
   * @param templates of each alerting rule
   */
  List<Outcome> run(Map<String, Map<Labels, Alert>> alerts, Templates templates)
      throws InterruptedException {
    for (int i = 0; i < group.rules().size(); i++) {
      Rule rule = group.rules().get(i);
      String key = keys.get(i);
      long begin = System.nanoTime();
      List<RuleSample> made = new ArrayList<>();
      String error = null;
      Map<Labels, Alert> after = null;
      try {
        List<RuleSample> result = queries.run(rule.query(), tick - offset, open);
        if (rule.alerting()) {
          after = alerts(rule, result, alerts.getOrDefault(key, Map.of()), templates.of(i), made);
        } else {
          recorded(rule, result, made);
        }
      } catch (LimitException e) {
        error = e.getMessage();
        after = Map.of();
        made.clear();
      } catch (RuntimeException e) {
        error = e.getMessage() == null ? e.toString() : e.getMessage();
        made.clear();
      }
      Set<Labels> written = error == null ? new HashSet<>() : null;
      for (RuleSample sample : made) {
        open.add(tick - offset, sample);
        if (written != null) {
          written.add(sample.labels());
        }
      }
      long nanos = System.nanoTime() - begin;
      outcomes.add(new Outcome(rule, key, error, nanos, made.size(), written, after));
    }
    return outcomes;
  }

  /** What the rules made, for the store. */
  MemorySeries made() {
    return open;
  }

  /**
   * The series that end with this tick.
   *
   * @param before what each rule wrote when it last succeeded, by key; rules that are not in the
   *     group any more among them
   */
  Set<Labels> ended(Map<String, Set<Labels>> before) {
    Set<Labels> written = new HashSet<>();
    Set<String> failed = new HashSet<>();
    for (Outcome outcome : outcomes) {
      if (outcome.written() != null) {
        written.addAll(outcome.written());
      } else {
        failed.add(outcome.key());
        // What it wrote before stands.
        written.addAll(before.getOrDefault(outcome.key(), Set.of()));
      }
    }
    Set<Labels> ended = new HashSet<>();
    before.forEach(
        (key, series) -> {
          if (!failed.contains(key)) {
            for (Labels labels : series) {
              if (!written.contains(labels)) {
                ended.add(labels);
              }
            }
          }
        });
    ended.forEach(labels -> open.add(labels, tick - offset, StaleMarker.VALUE));
    return ended;
  }

  private void recorded(Rule rule, List<RuleSample> result, List<RuleSample> made) {
    Set<Labels> seen = new HashSet<>();
    for (RuleSample sample : result) {
      Labels.Builder labels = sample.labels().toBuilder().set(Labels.NAME, rule.name());
      rule.labels().forEach(labels::set);
      Labels built = labels.build();
      if (!seen.add(built)) {
        throw new IllegalArgumentException(
            "vector contains metrics with the same labelset after applying rule labels");
      }
      made.add(new RuleSample(built, sample.value(), sample.histogram()));
    }
    if (group.limit() > 0 && made.size() > group.limit()) {
      throw new IllegalArgumentException(
          "exceeded limit of " + group.limit() + " with " + made.size() + " series");
    }
  }

  private Map<Labels, Alert> alerts(
      Rule rule,
      List<RuleSample> result,
      Map<Labels, Alert> before,
      Templates.OfRule templates,
      List<RuleSample> made) {
    Map<Labels, Alert> found = found(rule, result, templates);
    Map<Labels, Alert> after = new LinkedHashMap<>();
    before.forEach(
        (labels, alert) -> {
          Alert now = found.get(labels);
          if (now != null && alert.state() != Alert.State.INACTIVE) {
            after.put(labels, alert.renewed(now.annotations(), now.value()));
          } else if (now == null) {
            Alert next = quiet(rule, alert);
            if (next != null) {
              after.put(labels, next);
            }
          }
        });
    found.forEach(after::putIfAbsent);
    int active = 0;
    for (Map.Entry<Labels, Alert> entry : after.entrySet()) {
      Alert alert = entry.getValue();
      if (alert.state() == Alert.State.PENDING && tick - alert.activeAt() >= rule.forMillis()) {
        alert = alert.fired(tick);
        entry.setValue(alert);
      }
      if (alert.state() != Alert.State.INACTIVE) {
        active++;
        made.add(new RuleSample(AlertSeries.alerts(alert), 1));
        made.add(
            new RuleSample(
                AlertSeries.forState(alert), (double) Math.floorDiv(alert.activeAt(), 1000)));
      }
    }
    if (group.limit() > 0 && active > group.limit()) {
      throw new LimitException(
          "exceeded limit of " + group.limit() + " with " + active + " alerts");
    }
    return after;
  }

  /** What becomes of an alert that is not true at this tick; null when it is forgotten. */
  private @Nullable Alert quiet(Rule rule, Alert alert) {
    return switch (alert.state()) {
      case PENDING -> null;
      case INACTIVE -> tick - alert.resolvedAt() > RESOLVED_KEPT_MILLIS ? null : alert;
      case FIRING -> {
        long since = alert.keepFiringSince() == Alert.NEVER ? tick : alert.keepFiringSince();
        yield tick - since < rule.keepFiringForMillis()
            ? alert.keptSince(since)
            : alert.resolved(tick);
      }
    };
  }

  /** The alerts that are true at this tick, as if they were new. */
  private Map<Labels, Alert> found(Rule rule, List<RuleSample> result, Templates.OfRule templates) {
    Map<Labels, Alert> found = new LinkedHashMap<>();
    AlertTemplate.Surroundings around = new Around();
    for (RuleSample sample : result) {
      Map<String, String> seen = sample.labels().toMap();
      Labels.Builder labels = sample.labels().toBuilder().remove(Labels.NAME);
      templates
          .labels()
          .forEach((name, template) -> labels.set(name, template.expand(seen, sample, around)));
      labels.set(AlertSeries.ALERT_NAME, rule.name());
      Map<String, String> annotations = new LinkedHashMap<>();
      templates
          .annotations()
          .forEach(
              (name, template) -> annotations.put(name, template.expand(seen, sample, around)));
      Labels built = labels.build();
      double value = sample.histogram() == null ? sample.value() : 0;
      if (found.put(built, Alert.pending(built, annotations, value, tick)) != null) {
        throw new IllegalArgumentException(
            "vector contains metrics with the same labelset after applying alert labels");
      }
    }
    return found;
  }

  private final class Around implements AlertTemplate.Surroundings {
    @Override
    public Map<String, String> externalLabels() {
      return setting.externalLabels();
    }

    @Override
    public String externalUrl() {
      return setting.externalUrl();
    }

    @Override
    public long tick() {
      return tick;
    }

    @Override
    public List<RuleSample> query(String expr) throws InterruptedException {
      return queries.run(languages.parse(Language.PROMQL, expr), tick, open);
    }
  }

  /** The templates of a group's rules, made once. Thread-safe. */
  static final class Templates {
    /** The templates of a rule, by label and annotation. */
    record OfRule(Map<String, AlertTemplate> labels, Map<String, AlertTemplate> annotations) {}

    private final List<OfRule> byRule = new ArrayList<>();

    Templates(RuleGroup group) {
      for (Rule rule : group.rules()) {
        byRule.add(
            rule.alerting()
                ? new OfRule(made(rule, rule.labels()), made(rule, rule.annotations()))
                : new OfRule(Map.of(), Map.of()));
      }
    }

    private static Map<String, AlertTemplate> made(Rule rule, Map<String, String> texts) {
      Map<String, AlertTemplate> templates = new LinkedHashMap<>();
      texts.forEach((name, text) -> templates.put(name, AlertTemplate.of(rule.name(), text)));
      return templates;
    }

    /** Those of the rule of a number. */
    OfRule of(int rule) {
      return byRule.get(rule);
    }
  }
}

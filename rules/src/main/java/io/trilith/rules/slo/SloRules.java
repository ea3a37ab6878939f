package io.trilith.rules.slo;

import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.RuleYaml;
import io.trilith.storage.model.Labels;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The rules that follow from an SLO, with the names and labels of those that Sloth makes. They are
 * in PromQL whatever the SLI is in: they read what was counted. Thread-safe.
 */
public final class SloRules {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final long[] WINDOWS = {
    5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY
  };
  private static final String BY = "sum by (sloth_id, sloth_service, sloth_slo) ";

  /** Of a condition: the part of the budget that goes in the long window, in percent. */
  private record Burn(long shortWindow, long longWindow, int percent) {}

  /** The two alerts, and when they are true. */
  private enum Severity {
    PAGE,
    TICKET;

    List<Burn> burns() {
      return switch (this) {
        case PAGE -> List.of(new Burn(5 * MINUTE, HOUR, 2), new Burn(30 * MINUTE, 6 * HOUR, 5));
        case TICKET -> List.of(new Burn(2 * HOUR, DAY, 10), new Burn(6 * HOUR, 3 * DAY, 10));
      };
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final QueryLanguages languages;

  public SloRules(QueryLanguages languages) {
    this.languages = languages;
  }

  /**
   * The groups that are evaluated.
   *
   * @param now in which period of a calendar, milliseconds since 1970
   */
  public List<RuleGroup> groups(Slo slo, long now) {
    List<RuleGroup> groups = new ArrayList<>();
    groups.add(group("sloth-slo-sli-recordings-" + slo.id(), ratios(slo, now)));
    groups.add(group("sloth-slo-meta-recordings-" + slo.id(), meta(slo)));
    List<Rule> alerts = alerts(slo);
    if (!alerts.isEmpty()) {
      groups.add(group("sloth-slo-alerts-" + slo.id(), alerts));
    }
    return groups;
  }

  /**
   * What is counted at each step, as a group: what would have to be recorded for the other groups
   * elsewhere.
   */
  public static RuleGroup events(Slo slo) {
    List<Rule> rules = new ArrayList<>();
    Map<String, String> labels = new LinkedHashMap<>(ids(slo));
    labels.put(EventSeries.REVISION, slo.revision());
    switch (slo.sli()) {
      case Sli.Events events -> {
        if (events.good() != null) {
          rules.add(recording(EventSeries.GOOD, events.good(), labels));
        }
        if (events.bad() != null) {
          rules.add(recording(EventSeries.BAD, events.bad(), labels));
        }
        rules.add(recording(EventSeries.TOTAL, events.total(), labels));
      }
      case Sli.Ratio ratio ->
          rules.add(
              recording(
                  ratio.ofErrors() ? EventSeries.BAD : EventSeries.GOOD, ratio.query(), labels));
      case Sli.Threshold threshold ->
          rules.add(recording(EventSeries.VALUE, threshold.query(), labels));
    }
    return new RuleGroup(
        "trilith-slo-events-" + slo.id(),
        slo.stepMillis(),
        OptionalLong.empty(),
        0,
        Map.of(),
        slo.sli().language(),
        rules,
        Map.of());
  }

  /** All groups of SLOs as a rule file. */
  public String yaml(List<Slo> slos, long now) {
    List<RuleGroup> all = new ArrayList<>();
    for (Slo slo : slos) {
      all.add(events(slo));
      all.addAll(groups(slo, now));
    }
    return RuleYaml.namespaces(Map.of("groups", all), Language.PROMQL);
  }

  private static RuleGroup group(String name, List<Rule> rules) {
    return new RuleGroup(
        name, 0, OptionalLong.empty(), 0, Map.of(), Language.PROMQL, List.copyOf(rules), Map.of());
  }

  private static Map<String, String> ids(Slo slo) {
    Map<String, String> ids = new LinkedHashMap<>();
    ids.put(EventSeries.ID, slo.id());
    ids.put(EventSeries.SERVICE, slo.service());
    ids.put(EventSeries.SLO, slo.name());
    return ids;
  }

  private static Map<String, String> labels(Slo slo) {
    Map<String, String> labels = ids(slo);
    slo.labels().forEach(labels::putIfAbsent);
    return labels;
  }

  private static Rule recording(String name, RuleQuery query, Map<String, String> labels) {
    return new Rule(
        Rule.Kind.RECORDING, name, query.text(), query, 0, 0, labels, labels, Map.of(), 0);
  }

  private Rule recording(String name, String expr, Map<String, String> labels) {
    RuleQuery query = languages.parse(Language.PROMQL, expr);
    return new Rule(Rule.Kind.RECORDING, name, expr, query, 0, 0, labels, labels, Map.of(), 0);
  }

  private List<Rule> ratios(Slo slo, long now) {
    List<Rule> rules = new ArrayList<>();
    Map<String, String> any =
        Map.of(EventSeries.ID, slo.id(), EventSeries.REVISION, slo.revision());
    for (long window : WINDOWS) {
      if (window < slo.window().millis()) {
        rules.add(ratio(slo, RuleYaml.duration(window), window, any));
      }
    }
    switch (slo.window()) {
      case SloWindow.Rolling rolling ->
          rules.add(ratio(slo, rolling.text(), rolling.millis(), any));
      case SloWindow.Calendar calendar -> {
        Map<String, String> running = new LinkedHashMap<>(any);
        running.put(EventSeries.PERIOD, calendar.dayOf(now));
        long length = calendar.end(now) - calendar.start(now);
        rules.add(ratio(slo, calendar.text(), length, running));
      }
    }
    return rules;
  }

  private Rule ratio(Slo slo, String name, long window, Map<String, String> selected) {
    Map<String, String> labels = labels(slo);
    labels.put("sloth_window", name);
    String range = RuleYaml.duration(Math.max(window, slo.stepMillis()));
    String total = sum(EventSeries.TOTAL, selected, range);
    String good = sum(EventSeries.GOOD, selected, range);
    return recording(
        "slo:sli_error:ratio_rate" + name,
        "(" + total + " - " + good + ") / (" + total + " > 0)",
        labels);
  }

  private static String sum(String name, Map<String, String> selected, String range) {
    return BY + "(sum_over_time(" + name + selector(selected) + "[" + range + "]))";
  }

  private static String selector(Map<String, String> selected) {
    List<String> parts = new ArrayList<>();
    for (String name :
        List.of(
            EventSeries.PERIOD,
            EventSeries.REVISION,
            EventSeries.ID,
            EventSeries.SERVICE,
            EventSeries.SLO)) {
      String value = selected.get(name);
      if (value != null) {
        parts.add(name + "=\"" + value + "\"");
      }
    }
    return "{" + String.join(", ", parts) + "}";
  }

  private List<Rule> meta(Slo slo) {
    String own = selector(ids(slo));
    Map<String, String> labels = labels(slo);
    String per =
        " / on (sloth_id, sloth_slo, sloth_service) group_left () slo:error_budget:ratio" + own;
    BigDecimal days =
        BigDecimal.valueOf(slo.window().millis())
            .divide(BigDecimal.valueOf(DAY), MathContext.DECIMAL32)
            .stripTrailingZeros();
    Map<String, String> info = new LinkedHashMap<>(labels);
    info.put("sloth_mode", "trilith");
    info.put("sloth_objective", slo.objective().toPlainString());
    info.put("sloth_spec", spec(slo));
    info.put("sloth_version", "trilith");
    return List.of(
        recording("slo:objective:ratio", constant(slo.objectiveRatio()), labels),
        recording("slo:error_budget:ratio", constant(slo.budgetRatio()), labels),
        recording("slo:time_period:days", constant(days), labels),
        recording("slo:current_burn_rate:ratio", "slo:sli_error:ratio_rate5m" + own + per, labels),
        recording(
            "slo:period_burn_rate:ratio",
            "slo:sli_error:ratio_rate" + slo.window().text() + own + per,
            labels),
        recording(
            "slo:period_error_budget_remaining:ratio",
            "1 - slo:period_burn_rate:ratio" + own,
            labels),
        recording("sloth_slo_info", "vector(1)", info));
  }

  private static String constant(BigDecimal number) {
    return "vector(" + number.toPlainString() + ")";
  }

  private static String spec(Slo slo) {
    return switch (slo.form()) {
      case "sloth" -> "prometheus/v1";
      case "openslo" -> "openslo/v1";
      default -> slo.form();
    };
  }

  private List<Rule> alerts(Slo slo) {
    List<Rule> rules = new ArrayList<>();
    for (Severity severity : Severity.values()) {
      Slo.Alerting.Alert own =
          severity == Severity.PAGE ? slo.alerting().page() : slo.alerting().ticket();
      List<String> conditions = new ArrayList<>();
      for (Burn burn : severity.burns()) {
        if (burn.longWindow() < slo.window().millis()) {
          conditions.add(condition(slo, burn));
        }
      }
      if (!own.disabled() && !conditions.isEmpty()) {
        rules.add(alert(slo, severity, own, String.join(" or ", conditions)));
      }
    }
    return rules;
  }

  /** How many times faster than the whole window would take the budget goes. */
  static BigDecimal factor(long windowMillis, long longWindowMillis, int percent) {
    return BigDecimal.valueOf(windowMillis)
        .multiply(BigDecimal.valueOf(percent))
        .divide(
            BigDecimal.valueOf(longWindowMillis).multiply(BigDecimal.valueOf(100)),
            MathContext.DECIMAL64)
        .stripTrailingZeros();
  }

  private static String condition(Slo slo, Burn burn) {
    String limit =
        "("
            + factor(slo.window().millis(), burn.longWindow(), burn.percent()).toPlainString()
            + " * "
            + slo.budgetRatio().toPlainString()
            + ")";
    String text =
        "("
            + above(slo, burn.shortWindow(), limit)
            + " and "
            + above(slo, burn.longWindow(), limit);
    if (slo.minimumEvents() > 0) {
      Map<String, String> any =
          Map.of(EventSeries.ID, slo.id(), EventSeries.REVISION, slo.revision());
      text +=
          " and on (sloth_id) ("
              + sum(EventSeries.TOTAL, any, RuleYaml.duration(burn.longWindow()))
              + " >= "
              + slo.minimumEvents()
              + ")";
    }
    return text + ")";
  }

  private static String above(Slo slo, long window, String limit) {
    return "max without (sloth_window) (slo:sli_error:ratio_rate"
        + RuleYaml.duration(window)
        + selector(ids(slo))
        + " > "
        + limit
        + ")";
  }

  private Rule alert(Slo slo, Severity severity, Slo.Alerting.Alert own, String expr) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("sloth_severity", severity.text());
    labels.putAll(slo.alerting().labels());
    labels.putAll(own.labels());
    Map<String, String> annotations = new LinkedHashMap<>();
    annotations.put(
        "summary",
        "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is over expected.");
    annotations.put(
        "title",
        "("
            + severity.text()
            + ") {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.");
    annotations.putAll(slo.alerting().annotations());
    annotations.putAll(own.annotations());
    String name = slo.alerting().name().isEmpty() ? "ErrorBudgetBurn" : slo.alerting().name();
    return new Rule(
        Rule.Kind.ALERTING,
        name,
        expr,
        languages.parse(Language.PROMQL, expr),
        0,
        0,
        labels,
        labels,
        annotations,
        0);
  }

  /** Labels of an SLO's event series but the period's. */
  static Labels.Builder eventLabels(Slo slo, String name) {
    Labels.Builder labels = new Labels.Builder();
    labels.set(Labels.NAME, name);
    ids(slo).forEach(labels::set);
    return labels.set(EventSeries.REVISION, slo.revision());
  }
}

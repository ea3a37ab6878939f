package io.trilith.rules.slo;

import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.text.GoNumber;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Documents of OpenSLO v1: SLOs, and the SLIs of the same file that they name. */
final class OpenSloForm {
  private static final Set<String> DOCUMENT_KEYS = Set.of("apiVersion", "kind", "metadata", "spec");
  private static final Set<String> PASSED_KINDS =
      Set.of("Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget");
  private static final Set<String> META_KEYS =
      Set.of("name", "displayName", "labels", "annotations");
  private static final Set<String> SPEC_KEYS =
      Set.of(
          "description",
          "service",
          "indicator",
          "indicatorRef",
          "timeWindow",
          "budgetingMethod",
          "objectives",
          "alertPolicies");
  private static final Set<String> OBJECTIVE_KEYS =
      Set.of(
          "displayName",
          "op",
          "value",
          "target",
          "targetPercent",
          "timeSliceTarget",
          "timeSliceWindow");
  private static final Map<String, Language> SOURCES =
      Map.of(
          "prometheus", Language.PROMQL,
          "mimir", Language.PROMQL,
          "thanos", Language.PROMQL,
          "promql", Language.PROMQL,
          "loki", Language.LOGQL,
          "logql", Language.LOGQL,
          "tempo", Language.TRACEQL,
          "traceql", Language.TRACEQL);
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  private final String file;
  private final SloFields read;
  private final OpenSloWindows windows;

  OpenSloForm(String file, CountedExpressions expressions, Problems problems) {
    this.file = file;
    this.read = new SloFields(expressions, problems);
    this.windows = new OpenSloWindows(read);
  }

  void read(List<YamlFields> documents, List<Slo> into) {
    Map<String, Node> indicators = new HashMap<>();
    for (YamlFields document : documents) {
      if (document.text("kind").equals("SLI")) {
        YamlFields known = read.of(document.node(), "an OpenSLO document", DOCUMENT_KEYS);
        YamlFields meta = read.map(known, "metadata", "metadata", META_KEYS);
        if (meta != null && known.has("spec")) {
          indicators.put(meta.text("name"), Objects.requireNonNull(known.get("spec")));
        }
      }
    }
    for (YamlFields document : documents) {
      String kind = document.text("kind");
      if (!document.text("apiVersion").equals("openslo/v1")) {
        read.add(
            document.get("apiVersion"),
            "apiVersion",
            "'" + document.text("apiVersion") + "' is not known; it must be openslo/v1");
      } else if (kind.equals("SLO")) {
        slo(document.node(), indicators, into);
        read.about("");
      } else if (!kind.equals("SLI") && !PASSED_KINDS.contains(kind)) {
        read.add(
            document.place("kind"),
            "kind",
            "'" + kind + "' is not known; SLO and SLI are read, others of OpenSLO passed over");
      }
    }
  }

  private void slo(Node node, Map<String, Node> indicators, List<Slo> into) {
    YamlFields document = read.of(node, "an OpenSLO document", DOCUMENT_KEYS);
    YamlFields meta = read.map(document, "metadata", "metadata", META_KEYS);
    YamlFields spec = read.map(document, "spec", "spec", SPEC_KEYS);
    if (meta == null || spec == null) {
      read.add(node, "", "an SLO has metadata and spec");
      return;
    }
    String name = read.name(meta, "name");
    read.about(name);
    String service = read.name(spec, "service");
    SloWindow window = windows.read(spec);
    List<Node> objectives = spec.list("objectives");
    if (objectives.isEmpty()) {
      read.add(spec.place("objectives"), "objectives", "is missing: a list of at least one");
    }
    Node indicator = indicator(spec, indicators);
    for (int i = 0; i < objectives.size(); i++) {
      int before = read.problemsFound();
      YamlFields objective = read.of(objectives.get(i), "an objective", OBJECTIVE_KEYS);
      BigDecimal target = target(objective);
      Slo.Method method = method(spec, objective);
      long step = step(method);
      Sli sli = indicator == null ? null : sli(indicator, objective, step);
      if (sli == null || target == null || window == null || read.problemsFound() > before) {
        continue;
      }
      into.add(
          new Slo(
              service,
              objectives.size() == 1 ? name : name + "-" + (i + 1),
              spec.text("description"),
              target,
              sli,
              window,
              method,
              0,
              List.of(),
              Map.of(),
              Slo.Alerting.USUAL,
              "openslo",
              file,
              SloFields.line(node)));
    }
  }

  private static long step(Slo.Method method) {
    return switch (method) {
      case Slo.Method.Occurrences _ -> Slo.MINUTE_MILLIS;
      case Slo.Method.Timeslices slices -> slices.sliceMillis();
      case Slo.Method.RatioTimeslices slices -> slices.sliceMillis();
    };
  }

  private @Nullable Node indicator(YamlFields spec, Map<String, Node> indicators) {
    if (spec.has("indicator") == spec.has("indicatorRef")) {
      read.add(spec.node(), "indicator", "either indicator or indicatorRef must be there");
      return null;
    }
    if (spec.has("indicatorRef")) {
      Node found = indicators.get(spec.text("indicatorRef"));
      if (found == null) {
        read.add(
            spec.get("indicatorRef"),
            "indicatorRef",
            "\"" + spec.text("indicatorRef") + "\" is no SLI of this file");
      }
      return found;
    }
    YamlFields inline = read.map(spec, "indicator", "indicator", Set.of("metadata", "spec"));
    if (inline == null || !inline.has("spec")) {
      read.add(spec.get("indicator"), "indicator.spec", "is missing");
      return null;
    }
    return inline.get("spec");
  }

  private @Nullable BigDecimal target(YamlFields objective) {
    if (objective.has("target") == objective.has("targetPercent")) {
      read.add(objective.node(), "target", "either target or targetPercent must be there");
      return null;
    }
    return objective.has("target")
        ? read.ratio(objective, "target")
        : read.percent(objective, "targetPercent");
  }

  private Slo.Method method(YamlFields spec, YamlFields objective) {
    long slice = read.slice(objective, "timeSliceWindow", Slo.MINUTE_MILLIS);
    String method = spec.text("budgetingMethod");
    boolean sliced = method.equals("Timeslices");
    if (objective.has("timeSliceTarget") != sliced) {
      read.add(
          objective.node(),
          "timeSliceTarget",
          sliced ? "is missing: Timeslices need it" : "is only for the method Timeslices");
    }
    switch (method) {
      case "Occurrences" -> {
        if (objective.has("timeSliceWindow")) {
          read.add(
              objective.get("timeSliceWindow"),
              "timeSliceWindow",
              "is not for the method Occurrences");
        }
      }
      case "Timeslices" -> {
        BigDecimal part = read.decimal(objective, "timeSliceTarget");
        if (part != null && part.compareTo(BigDecimal.ONE) > 0) {
          read.add(
              objective.get("timeSliceTarget"), "timeSliceTarget", "must be above 0, at most 1");
        }
        return new Slo.Method.Timeslices(
            slice, part == null ? HUNDRED : part.movePointRight(2).stripTrailingZeros());
      }
      case "RatioTimeslices" -> {
        return new Slo.Method.RatioTimeslices(slice);
      }
      default ->
          read.add(
              spec.has("budgetingMethod") ? spec.get("budgetingMethod") : spec.node(),
              "budgetingMethod",
              "'" + method + "' must be Occurrences, Timeslices or RatioTimeslices");
    }
    return new Slo.Method.Occurrences();
  }

  private @Nullable Sli sli(Node node, YamlFields objective, long step) {
    YamlFields fields =
        read.of(node, "an indicator", Set.of("description", "ratioMetric", "thresholdMetric"));
    if (fields.has("ratioMetric") == fields.has("thresholdMetric")) {
      read.add(node, "indicator", "must have either ratioMetric or thresholdMetric");
      return null;
    }
    if (fields.has("thresholdMetric")) {
      return threshold(fields, objective, step);
    }
    for (String key : List.of("op", "value")) {
      if (objective.has(key)) {
        read.add(objective.get(key), key, "is only for a thresholdMetric");
      }
    }
    YamlFields ratio =
        read.map(
            fields,
            "ratioMetric",
            "ratioMetric",
            Set.of("counter", "good", "bad", "total", "raw", "rawType"));
    return ratio == null ? null : ratio(ratio, step);
  }

  private @Nullable Sli ratio(YamlFields ratio, long step) {
    if (ratio.has("raw")) {
      String type = ratio.text("rawType");
      if (!type.equals("success") && !type.equals("failure")) {
        read.add(ratio.node(), "rawType", "'" + type + "' must be success or failure");
      }
      Source source = source(ratio, "raw");
      RuleQuery query =
          source == null ? null : read.plain(source.spec(), "query", source.language(), step);
      return source == null || query == null
          ? null
          : new Sli.Ratio(source.language(), query, type.equals("failure"));
    }
    if (ratio.has("good") == ratio.has("bad")) {
      read.add(ratio.node(), "ratioMetric", "must have either good or bad, and total");
      return null;
    }
    String part = ratio.has("good") ? "good" : "bad";
    CountedExpressions.Of of =
        ratio.flag("counter") ? CountedExpressions.Of.COUNTERS : CountedExpressions.Of.WRITTEN;
    Source one = source(ratio, part);
    Source all = source(ratio, "total");
    if (one == null || all == null) {
      return null;
    }
    if (one.language() != all.language()) {
      read.add(ratio.node(), "ratioMetric", part + " and total are in different languages");
      return null;
    }
    RuleQuery counted = read.events(one.spec(), "query", one.language(), of, step);
    RuleQuery total = read.events(all.spec(), "query", all.language(), of, step);
    if (counted == null || total == null) {
      return null;
    }
    return part.equals("good")
        ? new Sli.Events(one.language(), counted, null, total)
        : new Sli.Events(one.language(), null, counted, total);
  }

  private @Nullable Sli threshold(YamlFields fields, YamlFields objective, long step) {
    Source source = source(fields, "thresholdMetric");
    Optional<Sli.Comparison> comparison = Sli.Comparison.of(objective.text("op"));
    OptionalDouble value = GoNumber.real(objective.text("value"));
    if (comparison.isEmpty()) {
      read.add(
          objective.has("op") ? objective.get("op") : objective.node(),
          "op",
          "'" + objective.text("op") + "' must be lt, lte, gt or gte");
    }
    if (value.isEmpty()) {
      read.add(
          objective.has("value") ? objective.get("value") : objective.node(),
          "value",
          "'" + objective.text("value") + "' is no number");
    }
    RuleQuery query =
        source == null ? null : read.plain(source.spec(), "query", source.language(), step);
    if (source == null || query == null || comparison.isEmpty() || value.isEmpty()) {
      return null;
    }
    return new Sli.Threshold(source.language(), query, comparison.get(), value.getAsDouble());
  }

  /** Where a query is and in what. */
  private record Source(Language language, YamlFields spec) {}

  private @Nullable Source source(YamlFields fields, String key) {
    YamlFields metric = read.map(fields, key, key, Set.of("metricSource"));
    YamlFields source =
        metric == null
            ? null
            : read.map(
                metric, "metricSource", "metricSource", Set.of("type", "metricSourceRef", "spec"));
    if (source == null) {
      read.add(
          fields.has(key) ? fields.get(key) : fields.node(), key + ".metricSource", "is missing");
      return null;
    }
    String type = source.text("type").toLowerCase(Locale.ROOT);
    Language language = type.isEmpty() ? Language.PROMQL : SOURCES.get(type);
    if (language == null) {
      read.add(
          source.get("type"),
          key + ".metricSource.type",
          "'" + source.text("type") + "' is not known; it must be Prometheus, Loki or Tempo");
      return null;
    }
    YamlFields spec = read.map(source, "spec", "metricSource.spec", Set.of("query"));
    if (spec == null) {
      read.add(source.node(), key + ".metricSource.spec", "is missing: it has the query");
      return null;
    }
    return new Source(language, spec);
  }
}

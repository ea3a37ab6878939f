package io.trilith.rules.slo;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.text.Rfc3339;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Trilith's own form. Three lines make an SLO: its name, its objective, and what is good or bad of
 * what; see {@code config/slos/}.
 */
final class ShortForm {
  private static final Set<String> FILE_KEYS = Set.of("service", "language", "labels", "slos");
  private static final Set<String> SLO_KEYS =
      Set.of(
          "name",
          "service",
          "description",
          "objective",
          "language",
          "good",
          "bad",
          "total",
          "latency",
          "histogram",
          "slice",
          "slice_target",
          "minimum_events",
          "exclude",
          "labels",
          "alerting");

  /** A percentage, and over how long, back from now or of the calendar. */
  private static final Pattern OBJECTIVE =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*%?(?:\\s+(over|each)\\s+(.+))?");

  private static final Map<String, SloWindow.Calendar.Unit> PERIODS =
      Map.of(
          "day", SloWindow.Calendar.Unit.DAY,
          "week", SloWindow.Calendar.Unit.WEEK,
          "month", SloWindow.Calendar.Unit.MONTH,
          "quarter", SloWindow.Calendar.Unit.QUARTER,
          "year", SloWindow.Calendar.Unit.YEAR);

  /** A Monday, the first of a year. */
  private static final LocalDate FIRST = LocalDate.of(2018, 1, 1);

  private static final long PERIOD_MILLIS = 30 * 86_400_000L;

  private final String file;
  private final SloFields read;
  private final LatencyForm latencies;

  ShortForm(String file, CountedExpressions expressions, Problems problems) {
    this.file = file;
    this.read = new SloFields(expressions, problems);
    this.latencies = new LatencyForm(read);
  }

  void read(Node document, List<Slo> into) {
    YamlFields fields = read.of(document, "a file of SLOs", FILE_KEYS);
    Language language = language(fields, Language.PROMQL);
    Map<String, String> labels = read.labels(fields, "labels");
    List<Node> slos = fields.list("slos");
    if (slos.isEmpty()) {
      read.add(fields.place("slos"), "slos", "has no SLO");
    }
    for (Node one : slos) {
      Slo slo = slo(one, fields, language, labels);
      read.about("");
      if (slo != null) {
        into.add(slo);
      }
    }
  }

  private Language language(YamlFields fields, Language otherwise) {
    String text = fields.text("language");
    Optional<Language> language = Language.of(text);
    if (!text.isEmpty() && language.isEmpty()) {
      read.add(
          fields.get("language"),
          "language",
          "'" + text + "' is none; it must be promql, logql or traceql");
    }
    return language.orElse(otherwise);
  }

  private @Nullable Slo slo(
      Node node, YamlFields whole, Language otherwise, Map<String, String> fileLabels) {
    int before = read.problemsFound();
    YamlFields peeked = YamlFields.of(node, "an SLO", Set.of(), new Problems(file, false));
    read.about(peeked.text("name"));
    YamlFields fields = read.of(node, "an SLO", SLO_KEYS);
    String name = read.name(fields, "name");
    String service =
        fields.has("service") || !whole.has("service")
            ? read.name(fields, "service")
            : read.name(whole, "service");
    Language language = language(fields, otherwise);
    Objective objective = objective(fields);
    Slo.Method method = method(fields);
    Sli sli = sli(fields, language, method);
    Map<String, String> labels = new LinkedHashMap<>(fileLabels);
    labels.putAll(read.labels(fields, "labels"));
    long minimum = fields.whole("minimum_events");
    if (minimum < 0) {
      read.add(fields.get("minimum_events"), "minimum_events", "must be at least 0");
    }
    List<Slo.Exclusion> exclusions = exclusions(fields);
    Slo.Alerting alerting = alerting(fields);
    if (sli == null || objective == null || read.problemsFound() > before) {
      return null;
    }
    return new Slo(
        service,
        name,
        fields.text("description"),
        objective.percent(),
        sli,
        objective.window(),
        method,
        minimum,
        exclusions,
        labels,
        alerting,
        "trilith",
        file,
        SloFields.line(node));
  }

  private record Objective(BigDecimal percent, SloWindow window) {}

  private @Nullable Objective objective(YamlFields fields) {
    String text = fields.text("objective").strip();
    Node place = fields.has("objective") ? fields.get("objective") : fields.node();
    Matcher matcher = OBJECTIVE.matcher(text);
    if (!matcher.matches()) {
      read.add(
          place,
          "objective",
          text.isEmpty()
              ? "is missing: write 99.9, 99.9 over 28d or 99.9 each month"
              : "\"" + text + "\" is none; write 99.9, 99.9 over 28d or 99.9 each month");
      return null;
    }
    BigDecimal percent = read.percent(new BigDecimal(matcher.group(1)), place, "objective");
    String kind = matcher.group(2);
    SloWindow window = new SloWindow.Rolling(PERIOD_MILLIS);
    if ("over".equals(kind)) {
      OptionalLong millis = read.window(place, "objective", matcher.group(3).strip());
      window = new SloWindow.Rolling(millis.orElse(PERIOD_MILLIS));
    } else if ("each".equals(kind)) {
      SloWindow.Calendar.Unit unit = PERIODS.get(matcher.group(3).strip());
      if (unit == null) {
        read.add(
            place,
            "objective",
            "\""
                + matcher.group(3)
                + "\" is no period; it must be day, week, month, quarter or year");
      } else {
        window = new SloWindow.Calendar(FIRST.atStartOfDay(ZoneOffset.UTC), unit, 1);
      }
    }
    return percent == null ? null : new Objective(percent, window);
  }

  private Slo.Method method(YamlFields fields) {
    if (!fields.has("slice")) {
      if (fields.has("slice_target")) {
        read.add(fields.get("slice_target"), "slice_target", "needs a slice, as 5m");
      }
      return new Slo.Method.Occurrences();
    }
    long slice = read.slice(fields, "slice", Slo.MINUTE_MILLIS);
    if (!fields.has("slice_target")) {
      return new Slo.Method.RatioTimeslices(slice);
    }
    BigDecimal target = read.percent(fields, "slice_target");
    return new Slo.Method.Timeslices(slice, target == null ? BigDecimal.ONE : target);
  }

  private @Nullable Sli sli(YamlFields fields, Language language, Slo.Method method) {
    long step =
        switch (method) {
          case Slo.Method.Occurrences _ -> Slo.MINUTE_MILLIS;
          case Slo.Method.Timeslices slices -> slices.sliceMillis();
          case Slo.Method.RatioTimeslices slices -> slices.sliceMillis();
        };
    if (fields.has("latency")) {
      for (String key : List.of("good", "bad", "total")) {
        if (fields.has(key)) {
          read.add(fields.get(key), key, "is not there beside latency, which says it all");
        }
      }
      return latencies.read(fields, language, step);
    }
    if (fields.has("histogram")) {
      read.add(fields.get("histogram"), "histogram", "is only for latency");
    }
    if (fields.has("good") == fields.has("bad")) {
      read.add(
          fields.node(), "good", "either good or bad must be there, with total; or latency alone");
      return null;
    }
    String key = fields.has("good") ? "good" : "bad";
    CountedExpressions.Of of = CountedExpressions.Of.EITHER;
    RuleQuery part = read.events(fields, key, language, of, step);
    RuleQuery total = read.events(fields, "total", language, of, step);
    if (part == null || total == null) {
      return null;
    }
    return key.equals("good")
        ? new Sli.Events(language, part, null, total)
        : new Sli.Events(language, null, part, total);
  }

  private List<Slo.Exclusion> exclusions(YamlFields fields) {
    List<Slo.Exclusion> all = new ArrayList<>();
    for (Node node : fields.list("exclude")) {
      YamlFields one = read.of(node, "an exclusion", Set.of("from", "to", "reason"));
      OptionalLong start = time(one, "from");
      OptionalLong end = time(one, "to");
      if (start.isPresent() && end.isPresent()) {
        if (end.getAsLong() <= start.getAsLong()) {
          read.add(node, "exclude", "to must be after from");
        }
        all.add(new Slo.Exclusion(start.getAsLong(), end.getAsLong(), one.text("reason")));
      }
    }
    return all;
  }

  private OptionalLong time(YamlFields fields, String key) {
    Optional<Instant> time = Rfc3339.parse(fields.text(key));
    if (time.isEmpty()) {
      read.add(
          fields.has(key) ? fields.get(key) : fields.node(),
          "exclude." + key,
          "'" + fields.text(key) + "' is no time; write 2026-11-21T16:00:00Z");
      return OptionalLong.empty();
    }
    return OptionalLong.of(time.get().toEpochMilli());
  }

  private Slo.Alerting alerting(YamlFields slo) {
    YamlFields fields =
        read.map(
            slo, "alerting", "alerting", Set.of("name", "labels", "annotations", "page", "ticket"));
    if (fields == null) {
      return Slo.Alerting.USUAL;
    }
    return new Slo.Alerting(
        fields.text("name"),
        read.labels(fields, "labels"),
        fields.texts("annotations"),
        alert(fields, "page"),
        alert(fields, "ticket"));
  }

  private Slo.Alerting.Alert alert(YamlFields alerting, String key) {
    YamlFields fields =
        read.map(alerting, key, "alerting." + key, Set.of("disable", "labels", "annotations"));
    return fields == null
        ? new Slo.Alerting.Alert(false, Map.of(), Map.of())
        : new Slo.Alerting.Alert(
            fields.flag("disable"), read.labels(fields, "labels"), fields.texts("annotations"));
  }
}

package io.trilith.rules.slo;

import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Documents as Sloth reads them, {@code prometheus/v1}. */
final class SlothForm {
  private static final Set<String> FILE_KEYS = Set.of("version", "service", "labels", "slos");
  private static final Set<String> SLO_KEYS =
      Set.of("name", "objective", "description", "labels", "sli", "alerting", "plugins");
  private static final long PERIOD_MILLIS = 30 * 86_400_000L;

  private final String file;
  private final SloFields read;

  SlothForm(String file, CountedExpressions expressions, Problems problems) {
    this.file = file;
    this.read = new SloFields(expressions, problems);
  }

  void read(Node document, List<Slo> into) {
    YamlFields fields = read.of(document, "a file of version prometheus/v1", FILE_KEYS);
    if (!fields.text("version").equals("prometheus/v1")) {
      read.add(
          fields.get("version"),
          "version",
          "'" + fields.text("version") + "' is not known; Sloth's form is prometheus/v1");
    }
    String service = read.name(fields, "service");
    Map<String, String> labels = read.labels(fields, "labels");
    List<Node> slos = fields.list("slos");
    if (slos.isEmpty()) {
      read.add(fields.place("slos"), "slos", "has no SLO");
    }
    for (Node one : slos) {
      Slo slo = slo(one, service, labels);
      if (slo != null) {
        into.add(slo);
      }
    }
  }

  private @Nullable Slo slo(Node node, String service, Map<String, String> serviceLabels) {
    int before = read.problemsFound();
    read.about("");
    YamlFields peeked = YamlFields.of(node, "an SLO", Set.of(), new Problems(file, false));
    read.about(peeked.text("name"));
    YamlFields fields = read.of(node, "an SLO", SLO_KEYS);
    String name = read.name(fields, "name");
    BigDecimal objective = read.percent(fields, "objective");
    Map<String, String> labels = new LinkedHashMap<>(serviceLabels);
    labels.putAll(read.labels(fields, "labels"));
    if (fields.has("plugins")) {
      read.add(
          fields.place("plugins"),
          "plugins",
          "SLO plugins are programs of Sloth's and cannot be run");
    }
    Sli sli = sli(fields);
    Slo.Alerting alerting = alerting(fields);
    boolean whole = sli != null && objective != null && read.problemsFound() == before;
    read.about("");
    if (!whole || sli == null || objective == null) {
      return null;
    }
    return new Slo(
        service,
        name,
        fields.text("description"),
        objective,
        sli,
        new SloWindow.Rolling(PERIOD_MILLIS),
        new Slo.Method.Occurrences(),
        0,
        List.of(),
        labels,
        alerting,
        "sloth",
        file,
        SloFields.line(node));
  }

  private @Nullable Sli sli(YamlFields slo) {
    YamlFields fields = read.map(slo, "sli", "sli", Set.of("events", "raw", "plugin"));
    if (fields == null) {
      read.add(slo.node(), "sli", "is missing: it has events or raw");
      return null;
    }
    if (fields.has("plugin")) {
      read.add(
          fields.place("plugin"),
          "sli.plugin",
          "SLI plugins are programs of Sloth's and cannot be run; write their queries as events");
      return null;
    }
    if (fields.has("events") == fields.has("raw")) {
      read.add(fields.node(), "sli", "must have either events or raw");
      return null;
    }
    long step = Slo.MINUTE_MILLIS;
    YamlFields raw = read.map(fields, "raw", "sli.raw", Set.of("error_ratio_query"));
    if (raw != null) {
      checkWindow(raw, "error_ratio_query");
      RuleQuery query = read.plain(raw, "error_ratio_query", Language.PROMQL, step);
      return query == null ? null : new Sli.Ratio(Language.PROMQL, query, true);
    }
    YamlFields events =
        read.map(fields, "events", "sli.events", Set.of("error_query", "total_query"));
    if (events == null) {
      return null;
    }
    checkWindow(events, "error_query");
    checkWindow(events, "total_query");
    CountedExpressions.Of of = CountedExpressions.Of.WRITTEN;
    RuleQuery bad = read.events(events, "error_query", Language.PROMQL, of, step);
    RuleQuery total = read.events(events, "total_query", Language.PROMQL, of, step);
    return bad == null || total == null ? null : new Sli.Events(Language.PROMQL, null, bad, total);
  }

  private void checkWindow(YamlFields fields, String key) {
    if (fields.has(key) && !CountedExpressions.hasWindow(fields.text(key))) {
      read.add(
          fields.get(key),
          key,
          "has no {{.window}}: write it where the range goes, as [{{.window}}]");
    }
  }

  private Slo.Alerting alerting(YamlFields slo) {
    YamlFields fields =
        read.map(
            slo,
            "alerting",
            "alerting",
            Set.of("name", "labels", "annotations", "page_alert", "ticket_alert"));
    if (fields == null) {
      return Slo.Alerting.USUAL;
    }
    Slo.Alerting.Alert page = alert(fields, "page_alert");
    Slo.Alerting.Alert ticket = alert(fields, "ticket_alert");
    if (!fields.has("name") && (!page.disabled() || !ticket.disabled())) {
      read.add(fields.node(), "alerting.name", "is missing: alerts need a name");
    }
    return new Slo.Alerting(
        fields.text("name"),
        read.labels(fields, "labels"),
        fields.texts("annotations"),
        page,
        ticket);
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

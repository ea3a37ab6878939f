package io.trilith.rules.api;

import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.promql.parser.QueryParser;
import io.trilith.query.json.JsonWriter;
import io.trilith.query.prometheus.Envelope;
import io.trilith.query.prometheus.PrometheusApi;
import io.trilith.rules.eval.Alert;
import io.trilith.rules.eval.GroupReport;
import io.trilith.rules.eval.GroupReport.RuleReport;
import io.trilith.rules.eval.Ruler;
import io.trilith.rules.file.Problem;
import io.trilith.storage.text.FloatText;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What Prometheus tells of rules, alerts and Alertmanagers, in its form. Thread-safe. */
public final class RulesApi {
  private static final double NANOS = 1e9;
  private static final String NEVER = "0001-01-01T00:00:00Z";

  private final Ruler ruler;
  private final List<String> alertmanagers;
  private final QueryParser parser;
  private final Supplier<List<Problem>> reload;

  /**
   * An API.
   *
   * @param alertmanagers where alerts are posted to
   * @param reload reads all files anew and says what is wrong with them
   */
  public RulesApi(
      Ruler ruler, List<String> alertmanagers, QueryParser parser, Supplier<List<Problem>> reload) {
    this.reload = reload;
    this.ruler = ruler;
    this.alertmanagers = alertmanagers;
    this.parser = parser;
  }

  public void register(Routes routes) {
    ScopedRoutes reads = routes.needs(Scope.READ_METRICS);
    for (String prefix : PrometheusApi.PREFIXES) {
      reads.read(prefix + "/rules", Envelope.guard(this::rules));
      reads.read(prefix + "/alerts", Envelope.guard(this::alerts));
      reads.read(prefix + "/alertmanagers", Envelope.guard(_ -> alertmanagers()));
    }
    ScopedRoutes admin = routes.needs(Scope.ADMIN).open();
    admin.post("/-/reload", _ -> reload()).put("/-/reload", _ -> reload());
  }

  private HttpAnswer reload() {
    List<Problem> problems = reload.get();
    return problems.isEmpty()
        ? HttpAnswer.text(200, "")
        : HttpAnswer.text(
            500,
            "failed to reload config: files are wrong, what was read before stays\n"
                + problems.stream().map(problem -> problem + "\n").collect(Collectors.joining()));
  }

  private HttpAnswer rules(HttpRequest request) {
    RuleFilter filter = RuleFilter.of(request, parser);
    RuleFilter.Page page = filter.page(ruler.reports(request.tenant()));
    return Envelope.success(
        json -> {
          json.beginObject().name("groups").beginArray();
          for (GroupReport group : page.groups()) {
            write(json, group, filter.excludeAlerts());
          }
          json.endArray();
          if (!page.nextToken().isEmpty()) {
            json.name("groupNextToken").value(page.nextToken());
          }
          json.endObject();
        });
  }

  private HttpAnswer alerts(HttpRequest request) {
    List<GroupReport> groups = ruler.reports(request.tenant());
    return Envelope.success(
        json -> {
          json.beginObject().name("alerts").beginArray();
          for (GroupReport group : groups) {
            for (RuleReport rule : group.rules()) {
              for (Alert alert : rule.alerts()) {
                write(json, alert);
              }
            }
          }
          json.endArray().endObject();
        });
  }

  private HttpAnswer alertmanagers() {
    return Envelope.success(
        json -> {
          json.beginObject().name("activeAlertmanagers").beginArray();
          for (String url : alertmanagers) {
            json.beginObject().name("url").value(url).endObject();
          }
          json.endArray().name("droppedAlertmanagers").beginArray().endArray().endObject();
        });
  }

  private static void write(JsonWriter json, GroupReport group, boolean excludeAlerts)
      throws IOException {
    json.beginObject().name("name").value(group.key().group());
    json.name("file").value(group.key().namespace());
    json.name("rules").beginArray();
    for (RuleReport rule : group.rules()) {
      if (rule.rule().alerting()) {
        alerting(json, rule, excludeAlerts);
      } else {
        recording(json, rule);
      }
    }
    json.endArray();
    json.name("interval").raw(FloatText.json(group.intervalMillis() / 1000.0));
    json.name("limit").value(group.group().limit());
    times(json, group.nanos(), group.lastTick());
    json.endObject();
  }

  private static void alerting(JsonWriter json, RuleReport report, boolean excludeAlerts)
      throws IOException {
    boolean unknown = report.health() == GroupReport.Health.UNKNOWN && report.alerts().isEmpty();
    json.beginObject().name("state").value(unknown ? "unknown" : report.state().text());
    json.name("name").value(report.rule().name());
    json.name("query").value(report.rule().query().text());
    json.name("duration").raw(FloatText.json(report.rule().forMillis() / 1000.0));
    json.name("keepFiringFor").raw(FloatText.json(report.rule().keepFiringForMillis() / 1000.0));
    json.name("labels");
    texts(json, report.rule().labels());
    json.name("annotations");
    texts(json, report.rule().annotations());
    json.name("alerts");
    if (excludeAlerts) {
      json.raw("null");
    } else {
      json.beginArray();
      for (Alert alert : report.alerts()) {
        write(json, alert);
      }
      json.endArray();
    }
    health(json, report);
    json.name("type").value("alerting").endObject();
  }

  private static void recording(JsonWriter json, RuleReport report) throws IOException {
    json.beginObject().name("name").value(report.rule().name());
    json.name("query").value(report.rule().query().text()).name("labels");
    texts(json, report.rule().labels());
    health(json, report);
    json.name("type").value("recording").endObject();
  }

  private static void health(JsonWriter json, RuleReport report) throws IOException {
    json.name("health").value(report.health().name().toLowerCase(Locale.ROOT));
    String error = report.error();
    if (error != null) {
      json.name("lastError").value(error);
    }
    times(json, report.nanos(), report.lastMillis());
  }

  private static void times(JsonWriter json, long nanos, long lastMillis) throws IOException {
    json.name("evaluationTime").raw(FloatText.json(nanos / NANOS));
    json.name("lastEvaluation").value(time(lastMillis));
  }

  private static String time(long millis) {
    return millis == Alert.NEVER ? NEVER : Instant.ofEpochMilli(millis).toString();
  }

  private static void write(JsonWriter json, Alert alert) throws IOException {
    json.beginObject().name("labels");
    texts(json, alert.labels().toMap());
    json.name("annotations");
    texts(json, alert.annotations());
    json.name("state").value(alert.state().text());
    json.name("activeAt").value(time(alert.activeAt()));
    if (alert.keepFiringSince() != Alert.NEVER) {
      json.name("keepFiringSince").value(time(alert.keepFiringSince()));
    }
    json.name("value").value(FloatText.exponent(alert.value())).endObject();
  }

  private static void texts(JsonWriter json, Map<String, String> texts) throws IOException {
    json.beginObject();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      json.name(text.getKey()).value(text.getValue());
    }
    json.endObject();
  }
}

package io.trilith.query.loki;

import io.trilith.engine.Admission;
import io.trilith.logql.QueryPrinter;
import io.trilith.logql.parser.QueryParser;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What needs no data. Thread-safe. */
final class LokiStatus {
  private final QueryParser parser;
  private final Admission.Limits shared;
  private final LokiLimits limits;
  private final LokiFacts facts;

  LokiStatus(QueryParser parser, Admission.Limits shared, LokiLimits limits, LokiFacts facts) {
    this.shared = shared;
    this.parser = parser;
    this.limits = limits;
    this.facts = facts;
  }

  HttpAnswer formatQuery(HttpRequest request) throws IOException {
    try {
      String printed = QueryPrinter.print(parser.parse(LokiParameters.query(request)));
      return LokiEnvelope.success(json -> json.value(printed));
    } catch (InvalidRequestException e) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      JsonWriter json = new JsonWriter(bytes);
      json.beginObject().name("status").value("invalid-query");
      json.name("error").value(String.valueOf(e.getMessage())).endObject();
      json.flush();
      return HttpAnswer.bytes(400, "application/json; charset=utf-8", bytes.toByteArray());
    }
  }

  HttpAnswer buildInfo() {
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("version").value(facts.version());
          for (String name :
              new String[] {"revision", "branch", "buildUser", "buildDate", "goVersion"}) {
            json.name(name).value("");
          }
          json.endObject();
        });
  }

  /** What Logs Drilldown wants to know of Loki's limits, as they are here. */
  HttpAnswer drilldownLimits() {
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("limits").beginObject();
          json.name("discover_log_levels").value(facts.discoverLogLevels());
          texts(json.name("discover_service_name"), facts.discoverServiceName());
          texts(json.name("log_level_fields"), facts.logLevelFields());
          json.name("max_entries_limit_per_query").value(limits.entriesMax());
          json.name("max_line_size").value(facts.maxLineSize() + "B");
          json.name("max_line_size_truncate").value(facts.maxLineSizeTruncate());
          json.name("max_query_bytes_read").value("0B");
          json.name("max_query_length").value(duration(limits.rangeMax()));
          json.name("max_query_lookback").value(duration(facts.retention()));
          json.name("max_query_range").value("0s");
          json.name("max_query_series").value(facts.seriesMax());
          json.name("metric_aggregation_enabled").value(false);
          otlp(json.name("otlp_config"));
          json.name("pattern_persistence_enabled").value(true);
          json.name("query_timeout").value(duration(shared.timeout()));
          json.name("retention_period").value(duration(facts.retention()));
          json.name("volume_enabled").value(true);
          json.name("volume_max_series").value(shared.seriesMax()).endObject();
          json.name("pattern_ingester_enabled").value(true);
          json.name("version").value(facts.version()).endObject();
        });
  }

  private void otlp(JsonWriter json) throws IOException {
    json.beginObject().name("resource_attributes").beginObject();
    json.name("attributes_config").beginArray().beginObject();
    texts(json.name("action").value("index_label").name("attributes"), facts.otlpIndexLabels());
    json.endObject().endArray().endObject().endObject();
  }

  private static void texts(JsonWriter json, List<String> texts) throws IOException {
    json.beginArray();
    for (String text : texts) {
      json.value(text);
    }
    json.endArray();
  }

  /** As Prometheus writes durations; 0s for none. */
  private static String duration(Duration duration) {
    long millis = duration.toMillis();
    StringBuilder text = new StringBuilder();
    long[] lengths = {86_400_000L, 3_600_000L, 60_000L, 1000L, 1L};
    String[] units = {"d", "h", "m", "s", "ms"};
    for (int i = 0; i < units.length; i++) {
      if (millis >= lengths[i]) {
        text.append(millis / lengths[i]).append(units[i]);
        millis %= lengths[i];
      }
    }
    return text.isEmpty() ? "0s" : text.toString();
  }
}

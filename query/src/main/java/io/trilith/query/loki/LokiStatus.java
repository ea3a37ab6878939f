package io.trilith.query.loki;

import io.trilith.logql.QueryPrinter;
import io.trilith.logql.parser.QueryParser;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** What needs no data. Thread-safe. */
final class LokiStatus {
  private final QueryParser parser;
  private final LokiLimits limits;
  private final String version;

  LokiStatus(QueryParser parser, LokiLimits limits, String version) {
    this.parser = parser;
    this.limits = limits;
    this.version = version;
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
          json.beginObject().name("version").value(version);
          for (String name :
              new String[] {"revision", "branch", "buildUser", "buildDate", "goVersion"}) {
            json.name(name).value("");
          }
          json.endObject();
        });
  }

  HttpAnswer drilldownLimits() {
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("limits").beginObject();
          json.name("max_entries_limit_per_query").value(limits.entriesMax());
          json.name("max_query_length").value(limits.rangeMax().toSeconds() + "s");
          json.name("query_timeout").value(limits.timeout().toSeconds() + "s").endObject();
          json.name("pattern_ingester_enabled").value(true);
          json.name("version").value(version).endObject();
        });
  }
}

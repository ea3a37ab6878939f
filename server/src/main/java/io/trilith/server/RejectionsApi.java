package io.trilith.server;

import io.trilith.config.Scope;
import io.trilith.ingest.RefusedItems;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.query.json.JsonWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** Tells a tenant which of its items were refused lately: names, no values. Thread-safe. */
final class RejectionsApi {
  private final RefusedItems refused;

  RejectionsApi(RefusedItems refused) {
    this.refused = refused;
  }

  void register(Routes routes) {
    for (String prefix : List.of("", "/prometheus")) {
      routes.needs(Scope.READ_METRICS).read(prefix + "/api/v1/status/rejections", this::list);
    }
  }

  private HttpAnswer list(HttpRequest request) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject();
    json.name("status").value("success");
    json.name("data");
    json.beginArray();
    for (RefusedItems.Example one : refused.last(request.tenant())) {
      json.beginObject();
      json.name("time").value(Instant.ofEpochMilli(one.timeMillis()).toString());
      json.name("signal").value(one.signal().text());
      json.name("service").value(one.service());
      json.name("reason").value(one.reason());
      json.name("limit").value(one.limit());
      json.name("name").value(one.name());
      json.name("items").value(one.items());
      json.endObject();
    }
    json.endArray();
    json.endObject();
    json.flush();
    return HttpAnswer.bytes(200, "application/json", bytes.toByteArray());
  }
}

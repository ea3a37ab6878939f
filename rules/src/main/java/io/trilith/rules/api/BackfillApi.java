package io.trilith.rules.api;

import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.query.json.JsonWriter;
import io.trilith.rules.eval.Backfill;
import io.trilith.rules.eval.Ruler;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Rfc3339;
import io.trilith.tsdb.store.MetricAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.OptionalDouble;

/**
 * Evaluates groups over the past, a slice with each request: {@code POST
 * /api/v1/rules/backfill?start=&end=&namespace=&group=}, whose body is the token of the slice
 * before. Thread-safe.
 */
public final class BackfillApi {
  private static final double SECONDS_MAX = 1e11;

  private final Ruler ruler;
  private final MetricAppender appender;

  public BackfillApi(Ruler ruler, MetricAppender appender) {
    this.ruler = ruler;
    this.appender = appender;
  }

  public void register(Routes routes) {
    for (String prefix : new String[] {"", "/prometheus"}) {
      routes.needs(Scope.RULES).post(prefix + "/api/v1/rules/backfill", this::answer);
    }
  }

  private HttpAnswer answer(HttpRequest request) throws InterruptedException, IOException {
    Backfill.Slice slice =
        ruler.backfill(
            new Backfill.Request(
                request.tenant(),
                time(request, "start"),
                time(request, "end"),
                request.parameter("namespace").orElse(""),
                request.parameter("group").orElse(""),
                new String(request.body(), StandardCharsets.UTF_8).strip()),
            appender);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("status").value("success").name("data").beginObject();
    json.name("groups").value(slice.groups()).name("done").value(slice.done());
    json.name("time").value(Instant.ofEpochMilli(slice.time()).toString());
    json.name("ticks").value(slice.ticks()).name("samples").value(slice.samples());
    json.name("refused").value(slice.refused()).name("errors").beginArray();
    for (String error : slice.errors()) {
      json.value(error);
    }
    json.endArray().name("token").value(slice.token()).endObject().endObject();
    json.flush();
    return HttpAnswer.bytes(200, "application/json; charset=utf-8", bytes.toByteArray());
  }

  private static long time(HttpRequest request, String name) {
    String text = request.parameter(name).orElse("");
    OptionalDouble seconds = GoNumber.real(text);
    if (seconds.isPresent() && Math.abs(seconds.getAsDouble()) < SECONDS_MAX) {
      return Math.round(seconds.getAsDouble() * 1000);
    }
    return Rfc3339.parse(text)
        .map(Instant::toEpochMilli)
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "invalid parameter \""
                        + name
                        + "\": '"
                        + text
                        + "' is neither unix seconds nor RFC 3339"));
  }
}

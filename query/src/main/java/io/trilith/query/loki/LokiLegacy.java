package io.trilith.query.loki;

import io.trilith.logql.LogqlResult.LogEntry;
import io.trilith.logql.LogqlResult.LogStream;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.Stage;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoText;
import io.trilith.storage.text.RegexText;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The forms of Loki's first API, below {@code /api/prom}: labels as one text, times in RFC 3339.
 */
final class LokiLegacy {
  private static final long SECOND = 1_000_000_000L;

  private LokiLegacy() {}

  /** The log query of a request, with what its parameter {@code regexp} asks of the lines. */
  static Expr.Logs query(HttpRequest request, Expr parsed) {
    if (!(parsed instanceof Expr.Logs logs)) {
      throw new InvalidRequestException(
          "/api/prom/query takes log queries only; ask /loki/api/v1/query_range for metrics");
    }
    Optional<String> regexp = request.parameter("regexp");
    if (regexp.isEmpty()) {
      return logs;
    }
    Regex _ = RegexText.compile(regexp.get());
    List<Stage> stages = new ArrayList<>(logs.stages());
    stages.addFirst(
        new Stage.LineFilter(
            Stage.LineOp.MATCHES, List.of(new Stage.Operand(regexp.get(), false))));
    return new Expr.Logs(logs.matchers(), stages);
  }

  /** {@code {"values":[…]}}, absent when there are none. */
  static HttpAnswer values(Iterable<String> texts) {
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("values").beginArray();
          for (String text : texts) {
            json.value(text);
          }
          json.endArray().endObject();
        });
  }

  static void streams(JsonWriter json, List<LogStream> streams) throws IOException {
    json.beginArray();
    for (LogStream stream : streams) {
      json.beginObject().name("labels").value(labels(stream.labels()));
      json.name("entries").beginArray();
      for (LogEntry entry : stream.entries()) {
        entry(json, entry.time(), entry.line());
      }
      json.endArray().endObject();
    }
    json.endArray();
  }

  static void entry(JsonWriter json, long time, String line) throws IOException {
    json.beginObject().name("ts").value(time(time)).name("line").value(line).endObject();
  }

  static String time(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND))
        .toString();
  }

  static String labels(Map<String, String> labels) {
    StringJoiner text = new StringJoiner(", ", "{", "}");
    labels.forEach((name, value) -> text.add(name + "=" + GoText.quote(value)));
    return text.toString();
  }
}

package io.trilith.query.loki;

import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.LogqlResult;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.pipeline.JsonKeys;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.query.loki.LokiParameters.Span;
import io.trilith.storage.text.Conversions;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What can be found in a sample of a query's entries. Thread-safe. */
final class LokiFields {
  private static final int LINES_DEFAULT = 1000;
  private static final int FIELDS_DEFAULT = 1000;
  private static final int VALUES_MAX = 1000;

  private final LokiQueries queries;
  private final LogqlEngine engine;
  private final InstantSource clock;
  private final LokiLimits limits;

  LokiFields(LokiQueries queries, LogqlEngine engine, InstantSource clock, LokiLimits limits) {
    this.queries = queries;
    this.engine = engine;
    this.clock = clock;
    this.limits = limits;
  }

  /** A field with the values seen and the parsers that find it. */
  private record Field(Set<String> values, Set<String> parsers, List<String> jsonPath) {
    void add(String value, String parser) {
      if (values.size() < VALUES_MAX) {
        values.add(value);
      }
      if (!parser.isEmpty()) {
        parsers.add(parser);
      }
    }
  }

  private Map<String, Field> sample(HttpRequest request) throws InterruptedException {
    Span span = LokiParameters.span(request, clock, LokiQueries.HOUR);
    int lines = LokiParameters.limit(request, "line_limit", LINES_DEFAULT);
    int limit = Math.min(lines, limits.entriesMax());
    Expr.Logs logs = engine.parser().parseLogs(LokiParameters.query(request));
    LogOptions options =
        new LogOptions(span.start(), span.end(), Direction.BACKWARD, limit, 0, true);
    Map<String, Field> fields = new TreeMap<>();
    collect(request, logs, options, "", fields);
    collect(request, with(logs, new Stage.Json(List.of())), options, "json", fields);
    collect(
        request, with(logs, new Stage.Logfmt(true, false, List.of())), options, "logfmt", fields);
    return fields;
  }

  private static Expr.Logs with(Expr.Logs logs, Stage parser) {
    List<Stage> stages = new ArrayList<>(logs.stages());
    stages.add(parser);
    return new Expr.Logs(logs.matchers(), stages);
  }

  private void collect(
      HttpRequest request,
      Expr.Logs logs,
      LogOptions options,
      String parser,
      Map<String, Field> fields)
      throws InterruptedException {
    LogqlResult.Answer answer =
        queries.run(request, (reader, context) -> engine.logs(logs, options, reader, context));
    if (!(answer.result() instanceof LogqlResult.Streams(List<LogqlResult.LogStream> streams))) {
      throw new IllegalStateException("a log query without streams");
    }
    Map<String, List<String>> paths = new HashMap<>();
    JsonKeys keys = new JsonKeys(paths);
    for (LogqlResult.LogStream stream : streams) {
      for (LogqlResult.LogEntry entry : stream.entries()) {
        if (parser.equals("json")) {
          keys.add(entry.line());
        }
        if (parser.isEmpty()) {
          entry.metadata().forEach((name, value) -> field(fields, name).add(value, ""));
        } else if (!entry.parsed().containsKey("__error__")) {
          entry.parsed().forEach((name, value) -> field(fields, name).add(value, parser));
        }
      }
    }
    remember(paths, fields);
  }

  private static void remember(Map<String, List<String>> paths, Map<String, Field> fields) {
    paths.forEach(
        (name, path) -> {
          Field field = fields.get(name);
          if (field != null && field.jsonPath().isEmpty() && field.parsers().contains("json")) {
            field.jsonPath().addAll(path);
          }
        });
  }

  private static Field field(Map<String, Field> fields, String name) {
    return fields.computeIfAbsent(
        name, _ -> new Field(new TreeSet<>(), new TreeSet<>(), new ArrayList<>()));
  }

  HttpAnswer detectedFields(HttpRequest request) throws InterruptedException {
    int limit = LokiParameters.limit(request, "limit", FIELDS_DEFAULT);
    Map<String, Field> fields = sample(request);
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("fields").beginArray();
          int written = 0;
          for (Map.Entry<String, Field> field : fields.entrySet()) {
            if (written++ == limit) {
              break;
            }
            json.beginObject().name("label").value(field.getKey());
            json.name("type").value(type(field.getValue().values()));
            json.name("cardinality").value(field.getValue().values().size());
            json.name("parsers");
            if (field.getValue().parsers().isEmpty()) {
              json.raw("null");
            } else {
              texts(json, field.getValue().parsers());
            }
            if (!field.getValue().jsonPath().isEmpty()) {
              json.name("jsonPath");
              texts(json, field.getValue().jsonPath());
            }
            json.endObject();
          }
          json.endArray().name("limit").value(limit).endObject();
        });
  }

  private static void texts(JsonWriter json, Collection<String> texts) throws IOException {
    json.beginArray();
    for (String text : texts) {
      json.value(text);
    }
    json.endArray();
  }

  HttpAnswer fieldValues(HttpRequest request) throws InterruptedException {
    int limit = LokiParameters.limit(request, "limit", FIELDS_DEFAULT);
    Field field = sample(request).get(request.pathVariable("name"));
    Set<String> values = field == null ? Set.of() : field.values();
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("values").beginArray();
          int written = 0;
          for (String value : values) {
            if (written++ == limit) {
              break;
            }
            json.value(value);
          }
          json.endArray().name("limit").value(limit).endObject();
        });
  }

  private static String type(Set<String> values) {
    String common = "";
    for (String value : values) {
      String type = type(value);
      if (!common.isEmpty() && !common.equals(type)) {
        return "string";
      }
      common = type;
    }
    return common.isEmpty() ? "string" : common;
  }

  private static String type(String value) {
    if (value.equals("true") || value.equals("false")) {
      return "boolean";
    }
    try {
      double number = Conversions.number(value);
      boolean whole = value.indexOf('.') < 0 && number == Math.rint(number);
      return whole ? "int" : "float";
    } catch (Conversions.Failure notANumber) {
      return measure(value);
    }
  }

  private static String measure(String value) {
    try {
      return Conversions.durationNanos(value) >= 0 ? "duration" : "string";
    } catch (Conversions.Failure notADuration) {
      try {
        return Conversions.bytes(value) >= 0 ? "bytes" : "string";
      } catch (Conversions.Failure notBytes) {
        return "string";
      }
    }
  }
}

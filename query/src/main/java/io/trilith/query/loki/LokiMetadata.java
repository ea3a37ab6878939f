package io.trilith.query.loki;

import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.loki.LokiParameters.Span;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Labels, series and sizes. Thread-safe. */
final class LokiMetadata {
  private static final long DEFAULT_SPAN = 6 * LokiQueries.HOUR;
  private static final int VOLUMES_DEFAULT = 100;

  private final Function<TenantId, StreamReader> readers;
  private final QueryParser parser;
  private final InstantSource clock;

  LokiMetadata(Function<TenantId, StreamReader> readers, QueryParser parser, InstantSource clock) {
    this.readers = readers;
    this.parser = parser;
    this.clock = clock;
  }

  private Span span(HttpRequest request) {
    return LokiParameters.span(request, clock, DEFAULT_SPAN);
  }

  /** The selector of the parameter {@code query}; none means all streams. */
  private List<List<Matcher>> selectors(HttpRequest request) {
    String query = LokiParameters.query(request);
    return query.isBlank() || query.equals("{}")
        ? List.of()
        : List.of(parser.parseLogs(query).matchers());
  }

  private static HttpAnswer texts(Collection<String> texts) {
    return LokiEnvelope.success(
        json -> {
          json.beginArray();
          for (String text : texts) {
            json.value(text);
          }
          json.endArray();
        });
  }

  /** Reads what a request wants to know; no block goes meanwhile. */
  private <T> T read(HttpRequest request, Function<StreamReader, T> question) {
    try (StreamReader reader = readers.apply(request.tenant())) {
      return question.apply(reader);
    }
  }

  HttpAnswer labels(HttpRequest request) {
    Span span = span(request);
    return texts(
        read(request, reader -> reader.labelNames(selectors(request), span.start(), span.end())));
  }

  HttpAnswer labelValues(HttpRequest request) {
    Span span = span(request);
    return texts(
        read(
            request,
            reader ->
                reader.labelValues(
                    request.pathVariable("name"), selectors(request), span.start(), span.end())));
  }

  HttpAnswer series(HttpRequest request) {
    Span span = span(request);
    List<String> texts = new ArrayList<>(request.parameters("match[]"));
    texts.addAll(request.parameters("match"));
    List<List<Matcher>> selectors = new ArrayList<>();
    for (String text : texts) {
      selectors.add(parser.parseSelector(text));
    }
    List<Labels> found =
        read(request, reader -> reader.streams(selectors, span.start(), span.end()));
    return LokiEnvelope.success(
        json -> {
          json.beginArray();
          for (Labels labels : found) {
            LokiResultWriter.labels(json, labels);
          }
          json.endArray();
        });
  }

  HttpAnswer stats(HttpRequest request) {
    Span span = span(request);
    List<Matcher> matchers = parser.parseLogs(LokiParameters.query(request)).matchers();
    StreamReader.Volume volume =
        read(request, reader -> reader.volume(matchers, span.start(), span.end()));
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("streams").value(volume.streams());
          json.name("chunks").value(volume.chunks()).name("bytes").value(volume.bytes());
          json.name("entries").value(volume.entries()).endObject();
        });
  }

  HttpAnswer detectedLabels(HttpRequest request) {
    Span span = span(request);
    Map<String, Set<String>> values = new TreeMap<>();
    for (Labels labels :
        read(request, reader -> reader.streams(selectors(request), span.start(), span.end()))) {
      for (int i = 0; i < labels.size(); i++) {
        values.computeIfAbsent(labels.name(i), _ -> new TreeSet<>()).add(labels.value(i));
      }
    }
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("detectedLabels").beginArray();
          for (Map.Entry<String, Set<String>> label : values.entrySet()) {
            json.beginObject().name("label").value(label.getKey());
            json.name("cardinality").value(label.getValue().size()).endObject();
          }
          json.endArray().endObject();
        });
  }

  /** Bytes of one group of streams. */
  private record Size(Labels labels, long bytes) {}

  HttpAnswer volume(HttpRequest request) {
    Span span = span(request);
    int limit = LokiParameters.limit(request, "limit", VOLUMES_DEFAULT);
    String query = LokiParameters.query(request);
    List<Matcher> matchers =
        query.isBlank() || query.equals("{}") ? List.of() : parser.parseSelector(query);
    List<Size> sizes =
        new ArrayList<>(read(request, reader -> sizes(request, reader, matchers, span)));
    sizes.sort((a, b) -> Long.compare(b.bytes(), a.bytes()));
    List<Size> shown = sizes.subList(0, Math.min(limit, sizes.size()));
    String time = LokiResultWriter.seconds(Math.floorDiv(span.end(), 1_000_000L));
    return LokiEnvelope.success(
        json -> {
          json.beginObject().name("resultType").value("vector").name("result").beginArray();
          for (Size size : shown) {
            json.beginObject().name("metric");
            LokiResultWriter.labels(json, size.labels());
            json.name("value").beginArray().raw(time).value(Long.toString(size.bytes()));
            json.endArray().endObject();
          }
          json.endArray().endObject();
        });
  }

  private static List<Size> sizes(
      HttpRequest request, StreamReader reader, List<Matcher> matchers, Span span) {
    List<Size> sizes = new ArrayList<>();
    for (Map.Entry<Labels, List<Matcher>> group : groups(request, reader, matchers, span)) {
      List<Matcher> narrowed = new ArrayList<>(matchers);
      narrowed.addAll(group.getValue());
      long bytes = reader.volume(narrowed, span.start(), span.end()).bytes();
      if (bytes > 0) {
        sizes.add(new Size(group.getKey(), bytes));
      }
    }
    return sizes;
  }

  /** The labels that make the groups: those asked for, else those of the selector. */
  static Set<String> targets(HttpRequest request, List<Matcher> matchers) {
    Set<String> targets = new TreeSet<>();
    for (String name : request.parameter("targetLabels").orElse("").split(",", -1)) {
      if (!name.isBlank()) {
        targets.add(name.strip());
      }
    }
    if (targets.isEmpty()) {
      matchers.forEach(matcher -> targets.add(matcher.name()));
    }
    return targets;
  }

  /** The matchers that, added to the selector's, select each group. */
  private static Set<Map.Entry<Labels, List<Matcher>>> groups(
      HttpRequest request, StreamReader reader, List<Matcher> matchers, Span span) {
    Map<Labels, List<Matcher>> groups = new TreeMap<>();
    String by = request.parameter("aggregateBy").orElse("series");
    if (!by.equals("series") && !by.equals("labels")) {
      throw new InvalidRequestException("invalid aggregateBy: " + by);
    }
    Set<String> targets = targets(request, matchers);
    List<List<Matcher>> selectors = matchers.isEmpty() ? List.of() : List.of(matchers);
    for (Labels stream : reader.streams(selectors, span.start(), span.end())) {
      if (by.equals("labels")) {
        for (int i = 0; i < stream.size(); i++) {
          String name = stream.name(i);
          groups.put(labelOnly(name), List.of(Matcher.of(name, Matcher.Op.NOT_EQUAL, "")));
        }
        continue;
      }
      Labels group = targets.isEmpty() ? stream : stream.filter(targets::contains);
      List<Matcher> exact = new ArrayList<>();
      for (String name : targets) {
        exact.add(Matcher.equal(name, group.get(name)));
      }
      if (targets.isEmpty()) {
        for (int i = 0; i < stream.size(); i++) {
          exact.add(Matcher.equal(stream.name(i), stream.value(i)));
        }
      }
      groups.put(group, exact);
    }
    return groups.entrySet();
  }

  /** A label without a value, which Labels cannot hold, is shown with its name as value. */
  private static Labels labelOnly(String name) {
    return Labels.of(name, name);
  }
}

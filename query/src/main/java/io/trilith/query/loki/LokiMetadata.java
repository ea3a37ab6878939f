package io.trilith.query.loki;

import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.loki.LokiParameters.Span;
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

  private static HttpAnswer texts(HttpRequest request, Collection<String> texts) {
    return LokiEnvelope.success(
        request,
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
      T answer = question.apply(reader);
      reader.warnings().forEach(request::warn);
      return answer;
    }
  }

  HttpAnswer labels(HttpRequest request) {
    Span span = span(request);
    return texts(
        request,
        read(request, reader -> reader.labelNames(selectors(request), span.start(), span.end())));
  }

  HttpAnswer labelValues(HttpRequest request) {
    Span span = span(request);
    return texts(
        request,
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
        request,
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
}

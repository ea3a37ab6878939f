package io.trilith.query.loki;

import io.trilith.engine.QueryContext;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.loki.LokiParameters.Span;
import io.trilith.regex.Regex;
import io.trilith.storage.memory.ChargedTexts;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.Conversions;
import io.trilith.storage.text.RegexText;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Labels, series and sizes. Thread-safe. */
final class LokiMetadata {
  private static final Set<String> ALWAYS_SHOWN = Set.of("cluster", "namespace", "instance", "pod");
  private static final Set<String> FLAGS = Set.of("0", "1");
  private static final Regex UUID =
      RegexText.compile(
          "[0-9a-fA-F]{32}|(urn:uuid:|\\{)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\}?");

  private static final long DEFAULT_SPAN = 6 * LokiQueries.HOUR;

  private final LokiQueries queries;
  private final QueryParser parser;
  private final InstantSource clock;

  LokiMetadata(LokiQueries queries, QueryParser parser, InstantSource clock) {
    this.queries = queries;
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

  HttpAnswer labels(HttpRequest request) throws InterruptedException {
    return texts(request, names(request));
  }

  HttpAnswer legacyLabels(HttpRequest request) throws InterruptedException {
    return LokiLegacy.values(names(request));
  }

  private Collection<String> names(HttpRequest request) throws InterruptedException {
    Span span = span(request);
    return queries.run(
        request,
        (reader, context) ->
            reader.labelNames(
                selectors(request), span.start(), span.end(), context.budget()::addBytes));
  }

  HttpAnswer labelValues(HttpRequest request) throws InterruptedException {
    return texts(request, values(request));
  }

  HttpAnswer legacyLabelValues(HttpRequest request) throws InterruptedException {
    return LokiLegacy.values(values(request));
  }

  private Collection<String> values(HttpRequest request) throws InterruptedException {
    Span span = span(request);
    return queries.run(
        request,
        (reader, context) ->
            reader.labelValues(
                request.pathVariable("name"),
                selectors(request),
                span.start(),
                span.end(),
                context.budget()::addBytes));
  }

  HttpAnswer series(HttpRequest request) throws InterruptedException {
    Span span = span(request);
    List<String> texts = new ArrayList<>(request.parameters("match[]"));
    texts.addAll(request.parameters("match"));
    List<List<Matcher>> selectors = new ArrayList<>();
    for (String text : texts) {
      selectors.add(parser.parseSelector(text));
    }
    List<Labels> found =
        queries.run(
            request,
            (reader, context) ->
                reader.streams(selectors, span.start(), span.end(), context.budget()::addBytes));
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

  HttpAnswer stats(HttpRequest request) throws InterruptedException {
    Span span = span(request);
    List<Matcher> matchers = parser.parseLogs(LokiParameters.query(request)).matchers();
    StreamReader.Volume volume =
        queries.run(
            request,
            (reader, context) ->
                reader.volume(matchers, span.start(), span.end(), context.budget()::addBytes));
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("streams").value(volume.streams());
          json.name("chunks").value(volume.chunks()).name("bytes").value(volume.bytes());
          json.name("entries").value(volume.entries()).endObject();
        });
  }

  HttpAnswer detectedLabels(HttpRequest request) throws InterruptedException {
    Span span = span(request);
    Map<String, Set<String>> values =
        queries.run(request, (reader, context) -> valuesByName(request, span, reader, context));
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("detectedLabels").beginArray();
          for (Map.Entry<String, Set<String>> label : values.entrySet()) {
            if (!tells(label.getKey(), label.getValue())) {
              continue;
            }
            json.beginObject().name("label").value(label.getKey());
            json.name("cardinality").value(label.getValue().size()).endObject();
          }
          json.endArray().endObject();
        });
  }

  /** Whether a label is more than an id: some value is neither a number nor a UUID. */
  private static boolean tells(String name, Set<String> values) {
    return ALWAYS_SHOWN.contains(name)
        || FLAGS.containsAll(values)
        || !values.stream().allMatch(LokiMetadata::isId);
  }

  private static boolean isId(String value) {
    try {
      double _ = Conversions.number(value);
      return true;
    } catch (Conversions.Failure e) {
      return UUID.matches(value);
    }
  }

  private Map<String, Set<String>> valuesByName(
      HttpRequest request, Span span, StreamReader reader, QueryContext context) {
    Map<String, Set<String>> values = new TreeMap<>();
    LongConsumer charge = context.budget()::addBytes;
    for (Labels labels : reader.streams(selectors(request), span.start(), span.end(), charge)) {
      for (int i = 0; i < labels.size(); i++) {
        values.computeIfAbsent(labels.name(i), _ -> new ChargedTexts(charge)).add(labels.value(i));
      }
    }
    return values;
  }
}

package io.trilith.query.prometheus;

import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.promql.parser.QueryParser;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;

/** What there is: series, labels, metadata, exemplars. Thread-safe. */
final class MetadataEndpoints {
  private final SeriesQueries queries;
  private final QueryParser parser;

  MetadataEndpoints(SeriesQueries queries, QueryParser parser) {
    this.queries = queries;
    this.parser = parser;
  }

  private List<List<Matcher>> selectors(HttpRequest request) {
    List<List<Matcher>> selectors = new ArrayList<>();
    for (String selector : request.parameters("match[]")) {
      selectors.add(parser.parseSelector(selector));
    }
    return selectors;
  }

  private static long start(HttpRequest request) {
    return QueryParameters.time(request, "start", -QueryParameters.MILLIS_MAX);
  }

  private static long end(HttpRequest request) {
    return QueryParameters.time(request, "end", QueryParameters.MILLIS_MAX);
  }

  private <T> T read(HttpRequest request, BiFunction<SeriesReader, LongConsumer, T> question)
      throws InterruptedException {
    return queries.ask(
        request, (reader, context) -> question.apply(reader, context.budget()::addBytes));
  }

  HttpAnswer labels(HttpRequest request) throws InterruptedException {
    int limit = QueryParameters.limit(request, "limit");
    SortedSet<String> names =
        read(
            request,
            (reader, charge) ->
                reader.labelNames(selectors(request), start(request), end(request), charge));
    return Envelope.success(request, json -> texts(json, names, limit), names.size() > limit);
  }

  HttpAnswer labelValues(HttpRequest request) throws InterruptedException {
    String name = QueryParameters.labelName(request.pathVariable("name"));
    if (name.isEmpty()) {
      throw new InvalidRequestException("invalid label name: \"\"");
    }
    int limit = QueryParameters.limit(request, "limit");
    SortedSet<String> values =
        read(
            request,
            (reader, charge) ->
                reader.labelValues(name, selectors(request), start(request), end(request), charge));
    return Envelope.success(request, json -> texts(json, values, limit), values.size() > limit);
  }

  private static void texts(JsonWriter json, SortedSet<String> texts, int limit)
      throws IOException {
    json.beginArray();
    int written = 0;
    for (String text : texts) {
      if (written++ == limit) {
        break;
      }
      json.value(text);
    }
    json.endArray();
  }

  HttpAnswer series(HttpRequest request) throws InterruptedException {
    List<List<Matcher>> selectors = selectors(request);
    if (selectors.isEmpty()) {
      throw new InvalidRequestException("no match[] parameter provided");
    }
    int limit = QueryParameters.limit(request, "limit");
    List<Labels> series =
        queries.ask(
            request,
            (reader, context) ->
                reader.series(selectors, start(request), end(request), context.budget()::addBytes));
    return Envelope.success(
        request,
        json -> {
          json.beginArray();
          for (Labels labels : series.subList(0, Math.min(limit, series.size()))) {
            ResultWriter.labels(json, labels);
          }
          json.endArray();
        },
        series.size() > limit);
  }

  HttpAnswer metadata(HttpRequest request) throws InterruptedException {
    int limit = QueryParameters.limit(request, "limit");
    QueryParameters.limit(request, "limit_per_metric");
    String wanted = request.parameter("metric").orElse("");
    Map<String, MetricMetadata> found = read(request, (reader, _) -> reader.metadata());
    Map<String, MetricMetadata> metadata = new TreeMap<>(found);
    return Envelope.success(
        request,
        json -> {
          json.beginObject();
          int written = 0;
          for (Map.Entry<String, MetricMetadata> entry : metadata.entrySet()) {
            if (!wanted.isEmpty() && !wanted.equals(entry.getKey())) {
              continue;
            }
            if (written++ == limit) {
              break;
            }
            MetricMetadata one = entry.getValue();
            json.name(entry.getKey()).beginArray().beginObject();
            json.name("type").value(one.type().text()).name("help").value(one.help());
            json.name("unit").value(one.unit()).endObject().endArray();
          }
          json.endObject();
        },
        false);
  }

  HttpAnswer exemplars(HttpRequest request) throws InterruptedException {
    List<List<Matcher>> selectors = parser.selectors(QueryParameters.required(request, "query"));
    long start = start(request);
    long end = end(request);
    if (end < start) {
      throw new InvalidRequestException("end timestamp must not be before start timestamp");
    }
    // No selector would mean every series, and is a query about none.
    Map<Labels, List<Exemplar>> exemplars = new TreeMap<>();
    if (!selectors.isEmpty()) {
      exemplars.putAll(
          read(request, (reader, charge) -> reader.exemplars(selectors, start, end, charge)));
    }
    return Envelope.success(
        request,
        json -> {
          json.beginArray();
          for (Map.Entry<Labels, List<Exemplar>> series : exemplars.entrySet()) {
            if (!series.getValue().isEmpty()) {
              exemplars(json, series.getKey(), series.getValue());
            }
          }
          json.endArray();
        },
        false);
  }

  private static void exemplars(JsonWriter json, Labels labels, List<Exemplar> exemplars)
      throws IOException {
    json.beginObject().name("seriesLabels");
    ResultWriter.labels(json, labels);
    json.name("exemplars").beginArray();
    for (Exemplar exemplar : exemplars) {
      json.beginObject().name("labels");
      ResultWriter.labels(json, exemplar.labels());
      json.name("value").value(io.trilith.storage.text.FloatText.json(exemplar.value()));
      json.name("timestamp").raw(ResultWriter.seconds(exemplar.timestamp())).endObject();
    }
    json.endArray().endObject();
  }
}

package io.trilith.query.prometheus;

import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/** What the server says of itself. Thread-safe. */
final class StatusEndpoints {
  private static final int LISTED_MAX = 10_000;

  private final String version;
  private final Instant started;
  private final Function<TenantId, SeriesReader> readers;

  StatusEndpoints(String version, Instant started, Function<TenantId, SeriesReader> readers) {
    this.version = version;
    this.started = started;
    this.readers = readers;
  }

  /** Without {@code features}: with them Grafana would take this for Mimir. */
  HttpAnswer buildInfo() {
    return Envelope.success(
        json -> {
          json.beginObject().name("version").value(version).name("revision").value("unknown");
          json.name("branch").value("HEAD").name("buildUser").value("trilith");
          json.name("buildDate").value("unknown");
          json.name("goVersion").value("java" + Runtime.version().feature());
          json.name("application").value("Trilith").endObject();
        });
  }

  HttpAnswer runtimeInfo() {
    return Envelope.success(
        json -> {
          json.beginObject().name("startTime").value(started.toString());
          json.name("reloadConfigSuccess").value(true).name("corruptionCount").value(0);
          json.endObject();
        });
  }

  HttpAnswer flags() {
    return Envelope.success(json -> json.beginObject().endObject());
  }

  /** The log is replayed before the first request is taken. */
  HttpAnswer walReplay() {
    return Envelope.success(
        json -> {
          json.beginObject().name("min").value(0).name("max").value(0).name("current").value(0);
          json.name("state").value("done").endObject();
        });
  }

  /** What is in the tenant's head, and what makes it large. */
  HttpAnswer tsdb(HttpRequest request) {
    int limit =
        request.parameter("limit").isPresent() ? QueryParameters.limit(request, "limit") : 10;
    Cardinality head = readers.apply(request.tenant()).cardinality(Math.min(limit, LISTED_MAX));
    return Envelope.success(
        json -> {
          json.beginObject().name("headStats").beginObject();
          json.name("numSeries").value(head.series());
          json.name("numLabelPairs").value(head.labelPairs()).name("chunkCount").value(0);
          json.name("minTime").value(head.minTime()).name("maxTime").value(head.maxTime());
          json.endObject();
          counts(json.name("seriesCountByMetricName"), head.byMetric());
          counts(json.name("labelValueCountByLabelName"), head.valuesByName());
          counts(json.name("memoryInBytesByLabelName"), head.bytesByName());
          counts(json.name("seriesCountByLabelValuePair"), head.byLabel());
          json.endObject();
        });
  }

  private static void counts(JsonWriter json, List<Cardinality.Count> counts) throws IOException {
    json.beginArray();
    for (Cardinality.Count one : counts) {
      json.beginObject().name("name").value(one.name()).name("value").value(one.count());
      json.endObject();
    }
    json.endArray();
  }

  HttpAnswer rules() {
    return Envelope.success(
        json -> json.beginObject().name("groups").beginArray().endArray().endObject());
  }

  HttpAnswer alerts() {
    return Envelope.success(
        json -> json.beginObject().name("alerts").beginArray().endArray().endObject());
  }
}

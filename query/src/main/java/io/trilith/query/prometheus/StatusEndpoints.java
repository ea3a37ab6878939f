package io.trilith.query.prometheus;

import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.tsdb.Cardinality;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** What the server says of itself. Thread-safe. */
final class StatusEndpoints {
  private static final int LISTED_MAX = 10_000;

  private final ServerFacts facts;
  private final InstantSource clock;
  private final SeriesQueries queries;

  StatusEndpoints(ServerFacts facts, InstantSource clock, SeriesQueries queries) {
    this.facts = facts;
    this.clock = clock;
    this.queries = queries;
  }

  /** By its feature Grafana takes this for Mimir as far as rules go, and lets people edit them. */
  HttpAnswer buildInfo() {
    return Envelope.success(
        json -> {
          json.beginObject()
              .name("version")
              .value(facts.version())
              .name("revision")
              .value("unknown");
          json.name("branch").value("HEAD").name("buildUser").value("trilith");
          json.name("buildDate").value("unknown");
          json.name("goVersion").value("java" + Runtime.version().feature());
          json.name("application").value("Trilith");
          json.name("features").beginObject().name("ruler_config_api").value("true").endObject();
          json.endObject();
        });
  }

  HttpAnswer runtimeInfo() {
    return Envelope.success(
        json -> {
          Runtime runtime = Runtime.getRuntime();
          json.beginObject().name("startTime").value(facts.started().toString());
          json.name("CWD").value(Path.of("").toAbsolutePath().toString());
          json.name("hostname").value(hostname());
          json.name("serverTime").value(clock.instant().toString());
          json.name("reloadConfigSuccess").value(true);
          json.name("lastConfigTime").value(facts.started().toString());
          json.name("corruptionCount").value(0);
          json.name("goroutineCount").value(Thread.activeCount());
          json.name("GOMAXPROCS").value(runtime.availableProcessors());
          json.name("GOMEMLIMIT").value(runtime.maxMemory());
          json.name("GOGC").value("").name("GODEBUG").value("");
          json.name("storageRetention").value(retention()).endObject();
        });
  }

  private static String hostname() {
    String name = System.getenv("HOSTNAME");
    return name == null ? "" : name;
  }

  private String retention() {
    long seconds = facts.retention().toSeconds();
    if (seconds == 0) {
      return "unlimited";
    }
    return seconds % 86_400 == 0 ? seconds / 86_400 + "d" : seconds + "s";
  }

  HttpAnswer flags() {
    return Envelope.success(
        json -> {
          json.beginObject();
          for (Map.Entry<String, String> setting : facts.settings().entrySet()) {
            json.name(setting.getKey()).value(setting.getValue());
          }
          json.endObject();
        });
  }

  /** The settings in force as a configuration file. */
  HttpAnswer config() {
    StringBuilder yaml = new StringBuilder();
    String section = "";
    for (Map.Entry<String, String> setting : facts.settings().entrySet()) {
      int dot = setting.getKey().indexOf('.');
      String next = setting.getKey().substring(0, dot + 1);
      if (!next.equals(section)) {
        section = next;
        yaml.append(next, 0, dot).append(":\n");
      }
      yaml.append(dot < 0 ? "" : "  ").append(setting.getKey(), dot + 1, setting.getKey().length());
      yaml.append(": \"").append(setting.getValue().replace("\\", "\\\\").replace("\"", "\\\""));
      yaml.append("\"\n");
    }
    return Envelope.success(
        json -> json.beginObject().name("yaml").value(yaml.toString()).endObject());
  }

  /** Nothing is scraped: samples are sent here. */
  HttpAnswer targets() {
    return Envelope.success(
        json -> {
          json.beginObject().name("activeTargets").beginArray().endArray();
          json.name("droppedTargets").beginArray().endArray();
          json.name("droppedTargetCounts").beginObject().endObject().endObject();
        });
  }

  HttpAnswer targetsMetadata() {
    return Envelope.success(json -> json.beginArray().endArray());
  }

  HttpAnswer notifications() {
    return Envelope.success(json -> json.beginArray().endArray());
  }

  HttpAnswer scrapePools() {
    return Envelope.success(
        json -> json.beginObject().name("scrapePools").beginArray().endArray().endObject());
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
  HttpAnswer tsdb(HttpRequest request) throws InterruptedException {
    int limit =
        request.parameter("limit").isPresent() ? QueryParameters.limit(request, "limit") : 10;
    int most = Math.min(limit, LISTED_MAX);
    Cardinality head = queries.ask(request, (reader, _) -> reader.cardinality(most));
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
}

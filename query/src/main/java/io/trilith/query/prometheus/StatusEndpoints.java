package io.trilith.query.prometheus;

import io.trilith.net.HttpAnswer;
import java.time.Instant;

/** What the server says of itself. Thread-safe. */
final class StatusEndpoints {
  private final String version;
  private final Instant started;

  StatusEndpoints(String version, Instant started) {
    this.version = version;
    this.started = started;
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

  HttpAnswer rules() {
    return Envelope.success(
        json -> json.beginObject().name("groups").beginArray().endArray().endObject());
  }

  HttpAnswer alerts() {
    return Envelope.success(
        json -> json.beginObject().name("alerts").beginArray().endArray().endObject());
  }
}

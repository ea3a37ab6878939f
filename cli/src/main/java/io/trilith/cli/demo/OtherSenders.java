package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import io.trilith.net.wire.ProtoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.xerial.snappy.Snappy;

/**
 * The senders of a company that are no OpenTelemetry SDK: a Prometheus that writes to us and an
 * agent that ships logs.
 */
final class OtherSenders {
  private static final List<String> MODES = List.of("idle", "user", "system", "iowait");
  private static final double DISK = 64e9;

  private final Api api;
  private int workerErrors;

  OtherSenders(Api api) {
    this.api = api;
  }

  /** Entries of level error that the worker wrote. */
  int workerErrors() {
    return workerErrors;
  }

  /** Sends what node exporter shows at one moment: CPU seconds by mode and a disk that fills up. */
  void remoteWrite(long millis, double secondsSinceStart) {
    ProtoWriter request = new ProtoWriter();
    for (int i = 0; i < MODES.size(); i++) {
      double share = i == 0 ? 0.7 : 0.1;
      series(
          request,
          List.of("__name__", "node_cpu_seconds_total", "cpu", "0", "mode", MODES.get(i)),
          millis,
          1000 + share * secondsSinceStart);
    }
    series(
        request,
        List.of("__name__", "node_filesystem_avail_bytes", "mountpoint", "/var"),
        millis,
        DISK / 4 - secondsSinceStart * 3e6);
    series(
        request,
        List.of("__name__", "node_filesystem_size_bytes", "mountpoint", "/var"),
        millis,
        DISK);
    try {
      api.post(
          "/api/v1/write", "application/x-protobuf", "snappy", Snappy.compress(request.toBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void series(ProtoWriter request, List<String> labels, long millis, double value) {
    int series = request.begin(1);
    for (int i = 0; i < labels.size(); i += 2) {
      int label = request.begin(1);
      request.string(1, labels.get(i));
      request.string(2, labels.get(i + 1));
      request.end(label);
    }
    int sample = request.begin(2);
    request.fixed64(1, Double.doubleToRawLongBits(value));
    request.varint(2, millis);
    request.end(sample);
    request.end(series);
  }

  /** Pushes the lines of a worker that logs JSON. */
  void lokiPush(long nanos, int step) {
    boolean error = step % 6 == 0;
    workerErrors += error ? 1 : 0;
    String level = error ? "error" : "info";
    String line =
        "{\\\"level\\\":\\\"%s\\\",\\\"msg\\\":\\\"%s\\\",\\\"detail\\\":\\\"%s\\\",\\\"tenantId\\\":\\\"acme\\\",\\\"context\\\":\\\"job-%d\\\",\\\"route\\\":\\\"/sync\\\",\\\"durationMs\\\":%d}"
            .formatted(
                level,
                error ? "out of memory" : "synced",
                error ? "timeout while syncing" : "done",
                step % 3,
                20 + step);
    String body =
        "{\"streams\":[{\"stream\":{\"app\":\"worker\",\"job\":\"sync\",\"level\":\"%s\"},\"values\":[[\"%d\",\"%s\"]]}]}"
            .formatted(level, nanos, line);
    api.post("/loki/api/v1/push", "application/json", "", body.getBytes(StandardCharsets.UTF_8));
  }
}

package io.trilith.cli;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.net.Snappy;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * A directory with a bucket that a server filled: three signals, tenants 'a' and 'b', some flushes.
 */
final class SmallBucket {
  static final long START_MILLIS = 1_700_000_000_000L;
  static final int ROUNDS = 3;
  static final int SERIES = 20;
  static final int SAMPLES = 30;
  static final int LINES = 40;
  static final int SPANS = 6;

  private SmallBucket() {}

  /** Settings of a server that takes data of any age, on free ports. */
  static List<String> settings(Path directory) {
    return List.of(
        "storage.data-dir=" + directory,
        "server.http-listen=127.0.0.1:0",
        "server.otlp-grpc-listen=127.0.0.1:0",
        "server.otlp-http-listen=127.0.0.1:0",
        "tenancy.multi=true",
        "metrics-generator.enabled=false",
        "retention.default=0");
  }

  static TrilithServer serve(Path directory) {
    return new TrilithServer(
        new ConfigReader(Map.of()).read(null, settings(directory)), InstantSource.system());
  }

  /** Fills an empty directory. */
  static void fill(Path directory) {
    fill(directory, ROUNDS);
  }

  static void fill(Path directory, int rounds) {
    try (TrilithServer server = serve(directory)) {
      for (int round = 0; round < rounds; round++) {
        for (String tenant : List.of("a", "b")) {
          try (Api api = new Api("http://127.0.0.1:" + server.httpPort(), tenant)) {
            send(api, round);
          }
        }
        flush(server);
      }
    }
  }

  static void flush(TrilithServer server) {
    try (Api api = Api.local(server.httpPort())) {
      api.post("/admin/flush", "text/plain", "", new byte[0]);
    }
  }

  static void send(Api api, int round) {
    api.post("/api/v1/write", "application/x-protobuf", "snappy", samples(round));
    api.post("/loki/api/v1/push", "application/json", "", text(lines(round)));
    api.post("/v1/traces", "application/json", "", text(spans(round)));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] samples(int round) {
    ProtoWriter request = new ProtoWriter();
    for (int series = 0; series < SERIES; series++) {
      int begin = request.begin(1);
      label(request, "__name__", series % 2 == 0 ? "requests_total" : "temperature");
      label(request, "instance", "host-" + series);
      label(request, "job", "shop");
      for (int i = 0; i < SAMPLES; i++) {
        int sample = request.begin(2);
        double value = series % 2 == 0 ? i * 3 + round * 100 : Math.sin(i + series);
        long millis = START_MILLIS + (round * SAMPLES + i) * 15_000L;
        request.fixed64(1, Double.doubleToRawLongBits(value)).varint(2, millis).end(sample);
      }
      request.end(begin);
    }
    return Snappy.encode(request.toBytes());
  }

  private static void label(ProtoWriter request, String name, String value) {
    int label = request.begin(1);
    request.string(1, name).string(2, value).end(label);
  }

  private static String lines(int round) {
    StringBuilder streams = new StringBuilder();
    for (String app : List.of("web", "db")) {
      streams.append(streams.isEmpty() ? "" : ",");
      streams.append("{\"stream\":{\"app\":\"").append(app).append("\"},\"values\":[");
      for (int i = 0; i < LINES; i++) {
        long nanos = START_MILLIS * 1_000_000 + (round * LINES + i) * 1_000_000_000L;
        streams.append(i == 0 ? "" : ",").append("[\"").append(nanos).append("\",\"order ");
        streams.append(i * 7).append(" took ").append(i).append("ms\",{\"user\":\"u");
        streams.append(i % 5).append("\"}]");
      }
      streams.append("]}");
    }
    return "{\"streams\":[" + streams + "]}";
  }

  private static String spans(int round) {
    StringBuilder spans = new StringBuilder();
    for (int i = 0; i < SPANS; i++) {
      long start = START_MILLIS * 1_000_000 + (round * SPANS + i) * 1_000_000_000L;
      spans.append(i == 0 ? "" : ",");
      spans.append(
          "{\"traceId\":\"%032x\",\"spanId\":\"%016x\",\"name\":\"step %d\",\"kind\":2,"
              .formatted(round * 10 + i / 2 + 1, i + 1, i % 3));
      spans.append(
          "\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\",\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"%d\"}}]}"
              .formatted(start, start + 1_000_000, i));
    }
    return "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]},\"scopeSpans\":[{\"spans\":["
        + spans
        + "]}]}]}";
  }

  /** What a run of the command line gave. */
  record Ran(int status, String out, String err) {
    List<String> lines() {
      return out.lines().toList();
    }
  }

  /** Runs the command line. */
  static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    int status = line.execute(arguments);
    return new Ran(status, out.toString(), err.toString());
  }

  /** Runs it on a directory. */
  static Ran on(Path directory, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data-dir", directory.toString(), "--set", "retention.default=0"));
    return run(all.toArray(String[]::new));
  }

  static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

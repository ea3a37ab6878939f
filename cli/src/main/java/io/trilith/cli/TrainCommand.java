package io.trilith.cli;

import io.trilith.config.TrilithConfig;
import io.trilith.net.Snappy;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * A day in the life of a server in some seconds: what comes in, is asked, flushed and replayed
 * every day. It is the training run of the AOT cache when the distribution is made: classes are
 * loaded from the cache afterwards, and what was hot here is compiled sooner, from the profiles of
 * this run. It speaks HTTP by hand, because the classes of a client would be loaded at every start
 * too.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {
  private static final int INSTANCES = 40;
  private static final int SERIES = 500;
  private static final int SCRAPES = 20;
  private static final int ROUNDS = 3;
  private static final int STEP_MILLIS = 15_000;
  private static final List<String> PROMQL =
      List.of(
          "sum by (mode) (rate(train_seconds_total[5m]))",
          "topk(5, train_seconds_total)",
          "histogram_quantile(0.9, sum by (le) (rate(train_seconds_total[5m])))",
          "count by (__name__) ({__name__=~\"train.+\"})",
          "max_over_time(train_seconds_total{instance=~\"host-1.*\"}[2m]) / 2");
  private static final List<String> LOGQL =
      List.of(
          "{app=\"train\"} |= \"order 7\" | json | status >= 400",
          "sum by (app) (count_over_time({app=~\"tr.*\"} |~ \"order [0-9]+\" [5m]))");
  private static final List<String> TRACEQL =
      List.of(
          "{ resource.service.name = \"train\" && duration > 1ms }",
          "{ span.n > 3 }",
          "{ .n = 7 || name =~ `step [12]` }",
          "{ name = `step 1` } >> { span.n >= 5 }",
          "{ } | by(name) | count() > 1 | select(span.n)");
  private static final List<String> TRACE_METRICS =
      List.of(
          "{ } | rate() by (name)",
          "{ } | count_over_time() by (span.n)",
          "{ kind = server } | quantile_over_time(duration, .5, .9)",
          "{ } | compare({ span.n > 15 })");

  @Mixin private ConfigOptions options = new ConfigOptions();

  @Override
  public Integer call() throws IOException {
    options.anyPort();
    TrilithConfig config = options.read();
    InstantSource clock = InstantSource.system();
    try (TrilithServer server = new TrilithServer(config, clock)) {
      Port port = new Port(server.httpPort());
      write(port, clock.millis(), 0, SCRAPES);
      port.post("/admin/flush", "text/plain", new byte[0]);
      ask(port, clock.millis());
      port.post("/admin/compact", "text/plain", new byte[0]);
      write(port, clock.millis(), SCRAPES, SCRAPES * 2);
      ask(port, clock.millis());
    }
    // What was not flushed is replayed.
    try (TrilithServer server = new TrilithServer(config, clock)) {
      ask(new Port(server.httpPort()), clock.millis());
    }
    return 0;
  }

  /** Of a server on this machine. */
  private record Port(int number) {
    void get(String path) throws IOException {
      call("GET " + path, "", new byte[0]);
    }

    void post(String path, String contentType, byte[] body) throws IOException {
      call("POST " + path, "content-type: " + contentType + "\r\n", body);
    }

    private void call(String request, String headers, byte[] body) throws IOException {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), number)) {
        String head =
            request
                + " HTTP/1.1\r\nhost: train\r\nconnection: close\r\n"
                + headers
                + "content-length: "
                + body.length
                + "\r\n\r\n";
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
        InputStream in = socket.getInputStream();
        String status = new String(in.readNBytes(12), StandardCharsets.ISO_8859_1);
        in.transferTo(OutputStream.nullOutputStream());
        if (!status.startsWith("HTTP/1.1 2")) {
          throw new IOException(request + ": " + status);
        }
      }
    }
  }

  private static void write(Port port, long now, int from, int to) throws IOException {
    for (int scrape = from; scrape < to; scrape++) {
      long millis = now - (long) (2 * SCRAPES - scrape) * STEP_MILLIS;
      for (int instance = 0; instance < INSTANCES; instance++) {
        port.post("/api/v1/write", "application/x-protobuf", samples(scrape, instance, millis));
        if (instance % 4 == 0) {
          long nanos = millis * 1_000_000 + instance;
          port.post("/loki/api/v1/push", "application/json", lines(scrape, nanos));
          port.post(
              "/loki/api/v1/push",
              "application/x-protobuf",
              TrainingLogs.push(scrape, instance, nanos));
          port.post("/v1/logs", "application/x-protobuf", otlpLogs(scrape, nanos));
          port.post("/v1/traces", "application/x-protobuf", spans(scrape, instance, nanos));
        }
      }
    }
  }

  /** A scrape of one instance, as Prometheus sends it. */
  private static byte[] samples(int scrape, int instance, long millis) {
    ProtoWriter request = new ProtoWriter();
    for (int series = 0; series < SERIES; series++) {
      int begin = request.begin(1);
      label(request, "__name__", "train_seconds_total");
      label(request, "instance", "host-" + instance + ":9100");
      label(request, "le", Integer.toString(series % 10));
      label(request, "mode", "mode-" + series / 10);
      int sample = request.begin(2);
      double value = series % 3 == 0 ? scrape * 0.25 : scrape * (long) series;
      request.fixed64(1, Double.doubleToRawLongBits(value)).varint(2, millis).end(sample);
      request.end(begin);
    }
    return Snappy.encode(request.toBytes());
  }

  private static void label(ProtoWriter request, String name, String value) {
    int label = request.begin(1);
    request.string(1, name).string(2, value).end(label);
  }

  private static byte[] lines(int scrape, long nanos) {
    StringBuilder values = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      values.append(i == 0 ? "" : ",").append("[\"").append(nanos + i * 1000L).append("\",\"{");
      values.append("\\\"msg\\\":\\\"order ").append(scrape * i).append("\\\",\\\"status\\\":");
      values.append(200 + i * 5).append("}\"]");
    }
    return ("{\"streams\":[{\"stream\":{\"app\":\"train\"},\"values\":[" + values + "]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] otlpLogs(int scrape, long nanos) {
    ProtoWriter out = new ProtoWriter();
    for (int i = 0; i < 50; i++) {
      int log = out.begin(2);
      out.fixed64(1, nanos + i).varint(2, 9);
      int body = out.begin(5);
      out.string(1, "level=info msg=\"order " + scrape * i + "\" took=" + i + "ms").end(body);
      attribute(out, 6, i);
      out.end(log);
    }
    return request(out);
  }

  private static byte[] spans(int scrape, int instance, long nanos) {
    ProtoWriter out = new ProtoWriter();
    for (int i = 0; i < 20; i++) {
      int span = out.begin(2);
      byte[] trace = new byte[16];
      trace[0] = 1;
      trace[1] = (byte) scrape;
      trace[2] = (byte) instance;
      out.bytes(1, trace).bytes(2, spanId(i));
      if (i > 0) {
        out.bytes(4, spanId(i / 2));
      }
      out.string(5, "step " + i % 5).varint(6, 2);
      out.fixed64(7, nanos).fixed64(8, nanos + i * 1_000_000L);
      attribute(out, 9, i);
      out.end(span);
    }
    return request(out);
  }

  private static byte[] spanId(int span) {
    return new byte[] {1, 0, 0, 0, 0, 0, 0, (byte) span};
  }

  /** A request of one resource and one scope with the records given. */
  private static byte[] request(ProtoWriter records) {
    ProtoWriter out = new ProtoWriter();
    int request = out.begin(1);
    int resource = out.begin(1);
    int attribute = out.begin(1);
    out.string(1, "service.name");
    int value = out.begin(2);
    out.string(1, "train").end(value);
    out.end(attribute);
    out.end(resource);
    out.bytes(2, records.toBytes()).end(request);
    return out.toBytes();
  }

  private static void attribute(ProtoWriter out, int field, int number) {
    int attribute = out.begin(field);
    out.string(1, "n");
    int value = out.begin(2);
    out.varint(3, number).end(value);
    out.end(attribute);
  }

  private static void ask(Port port, long now) throws IOException {
    String range = "&start=" + (now / 1000 - 600) + "&end=" + now / 1000;
    for (int round = 0; round < ROUNDS; round++) {
      for (String question : PROMQL) {
        port.get("/api/v1/query?query=" + encoded(question));
        port.get("/api/v1/query_range?step=15&query=" + encoded(question) + range);
      }
      for (String question : LOGQL) {
        port.get("/loki/api/v1/query_range?query=" + encoded(question) + range);
      }
      for (String question : round == 0 ? TrainingLogs.QUESTIONS : List.<String>of()) {
        port.get("/loki/api/v1/query_range?step=15&query=" + encoded(question) + range);
        if (!question.startsWith("{")) {
          port.get("/loki/api/v1/query?query=" + encoded(question));
        }
      }
      for (String question : TRACEQL) {
        port.get("/tempo/api/search?limit=100&q=" + encoded(question) + range);
      }
      for (String question : TRACE_METRICS) {
        port.get("/tempo/api/metrics/query_range?step=15s&q=" + encoded(question) + range);
      }
      for (String path :
          List.of(
              "/ready",
              "/metrics",
              "/api/v1/labels",
              "/api/v1/label/mode/values",
              "/api/v1/series?match[]=train_seconds_total%7Bmode%3D%22mode-1%22%7D",
              "/loki/api/v1/labels",
              "/tempo/api/v2/search/tags",
              "/tempo/api/v2/search/tag/span.n/values",
              "/tempo/api/v2/traces/01010000000000000000000000000000")) {
        port.get(path);
      }
    }
  }

  private static String encoded(String question) {
    return URLEncoder.encode(question, StandardCharsets.UTF_8);
  }
}

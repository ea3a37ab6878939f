package io.trilith.cli;

import io.trilith.net.Snappy;
import io.trilith.net.wire.ProtoWriter;
import java.util.List;
import java.util.Locale;

/**
 * Log lines of the kinds that servers write, and what is asked of them, for {@link TrainCommand}.
 */
final class TrainingLogs {
  private static final int LINES = 50;
  private static final List<String> LEVELS = List.of("info", "info", "info", "warn", "error");
  private static final List<String> WORDS =
      List.of("checkout", "payment", "timeout after", "deadlock detected", "request failed");

  /** In a range of time, or over the last minutes. */
  static final List<String> QUESTIONS =
      List.of(
          "{app=~\".+\"}",
          "{app=~\".+\"} |= \"8f3c1d2e-0000-4000-8000-000000000000\"",
          "{app=~\".+\"} |= \"0f3a9c1e5b7d2468ace013579bdf8642\"",
          "{app=~\".+\"} | trace_id=\"0f3a9c1e5b7d2468ace013579bdf8642\"",
          "{app=\"shop\"} |= \"request failed\"",
          "{app=\"shop\"} | json | status>=500 | durationMs>200",
          "sum(count_over_time({app=~\".+\"} |= \"deadlock detected\" [10m]))",
          "sum(count_over_time({app=~\".+\"} |~ \"timeout after [0-9]{4,}ms\" [10m]))",
          "sum(count_over_time({app=\"ingress\"} |~ \"[0-9]{3}\\\\.[0-9]{3}\\\\.[0-9]{3}\" [10m]))",
          "sum(count_over_time({app=~\".+\"} |~ \"(?i)outofmemory\" [10m]))",
          "sum(count_over_time({app=\"ingress\"} != \"\\\"GET \" [10m]))",
          "sum by (app) (count_over_time({app=~\".+\"}[10m]))",
          "sum by (app) (bytes_over_time({app=~\".+\"}[10m]))",
          "sum by (route) (count_over_time({app=\"shop\"} | json | status>=400 [10m]))",
          "topk(5, sum by (msg) (count_over_time({app=\"shop\"} | json [10m])))",
          "quantile_over_time(0.95, {app=\"shop\"} | json | unwrap durationMs"
              + " | __error__=\"\" [10m]) by (app)",
          "sum(count_over_time({app=\"backend\"} | logfmt | duration>1s [10m]))",
          "sum by (method) (count_over_time({app=\"ingress\"}"
              + " | pattern \"<_> - - [<_>] \\\"<method> <_> <_>\\\" <status> <_>\""
              + " | status>=500 [10m]))",
          "sum by (level) (rate({app=~\"shop|backend\"}[1m]))",
          "sum by (detected_level) (count_over_time({app=~\".+\"}[1m]))",
          "sum by (app) (rate({app=~\".+\"} |~ \"error|failed|timeout\" [1m]))");

  private TrainingLogs() {}

  /** A push request as an agent sends it. */
  static byte[] push(int scrape, int instance, long nanos) {
    ProtoWriter request = new ProtoWriter();
    stream(request, "ingress", scrape, instance, nanos);
    stream(request, "shop", scrape, instance, nanos);
    stream(request, "backend", scrape, instance, nanos);
    stream(request, "node", scrape, instance, nanos);
    return Snappy.encode(request.toBytes());
  }

  private static void stream(
      ProtoWriter request, String app, int scrape, int instance, long nanos) {
    int stream = request.begin(1);
    request.string(1, "{app=\"" + app + "\", pod=\"" + app + "-" + instance + "\"}");
    for (int i = 0; i < LINES; i++) {
      long time = nanos + i * 1_000_000L;
      long random = (scrape * 1_000_003L + instance * 10_007L + i) * 0x9e3779b97f4a7c15L;
      int entry = request.begin(2);
      int timestamp = request.begin(1);
      request.varint(1, time / 1_000_000_000L).varint(2, time % 1_000_000_000L).end(timestamp);
      request.string(2, line(app, random, time));
      if (app.equals("shop")) {
        int pair = request.begin(3);
        request.string(1, "trace_id").string(2, id(random)).end(pair);
      }
      request.end(entry);
    }
    request.end(stream);
  }

  private static String id(long random) {
    return String.format(Locale.ROOT, "%016x%016x", random, random * 31);
  }

  private static String line(String app, long random, long time) {
    int a = (int) (random >>> 40) & 0xff;
    String level = LEVELS.get(a % LEVELS.size());
    String words = WORDS.get((a >>> 3) % WORDS.size());
    return switch (app) {
      case "ingress" ->
          "10.0.%d.%d - - [21/Nov/2026:10:%02d:%02d +0000] \"%s /api/v1/orders/%d HTTP/1.1\" %d %d"
                  .formatted(
                      a, a / 2, a % 60, a % 59, a % 3 == 0 ? "POST" : "GET", a, 200 + a, a * 37)
              + " \"-\" \"curl/8.%d\" 0.%03d".formatted(a % 9, a);
      case "shop" ->
          "{\"level\":\"%s\",\"msg\":\"%s order\",\"route\":\"/r/%d\",\"status\":%d,"
                  .formatted(level, words, a % 9, 200 + a)
              + "\"durationMs\":%d.5,\"traceId\":\"%s\"}".formatted(a, id(random));
      case "backend" ->
          "ts=2026-11-21T10:00:00.%03dZ level=%s caller=main.go:%d msg=\"%s job\" "
                  .formatted(time / 1_000_000 % 1000, level, a, words)
              + "duration=%d.%dms job_id=%s".formatted(a * 9, a % 10, id(random));
      default ->
          "I1121 10:00:00.%06d %7d node.go:%d] \"%s\" pod=\"ns/p-%d\" err=\"OutOfMemory %d\""
              .formatted(time / 1000 % 1_000_000, a, a, words, a % 7, a);
    };
  }
}

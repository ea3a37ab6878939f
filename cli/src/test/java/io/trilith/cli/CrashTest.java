package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.net.wire.ProtoWriter;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xerial.snappy.Snappy;

/** Kills a server under load again and again: what was acknowledged is there, once. */
class CrashTest {
  private static final long BASE_SECONDS = 1_795_200_000L;

  @TempDir Path directory;

  private final AtomicInteger number = new AtomicInteger();
  private final ConcurrentLinkedQueue<Integer> metrics = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Integer> lines = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Integer> traces = new ConcurrentLinkedQueue<>();

  /** Sends one item; true when it was acknowledged. */
  private interface Sender {
    HttpResponse<byte[]> send(ServerProcess server, int item)
        throws IOException, InterruptedException;
  }

  private static HttpResponse<byte[]> sendMetric(ServerProcess server, int item)
      throws IOException, InterruptedException {
    ProtoWriter request = new ProtoWriter();
    int series = request.begin(1);
    int label = request.begin(1);
    request.string(1, "__name__").string(2, "crash").end(label);
    int sample = request.begin(2);
    request.fixed64(1, Double.doubleToRawLongBits(item));
    request.varint(2, BASE_SECONDS * 1000 + item);
    request.end(sample);
    request.end(series);
    return server.post(
        "/api/v1/write", "application/x-protobuf", Snappy.compress(request.toBytes()));
  }

  private static HttpResponse<byte[]> sendLine(ServerProcess server, int item)
      throws IOException, InterruptedException {
    String body =
        "{\"streams\":[{\"stream\":{\"app\":\"crash\"},\"values\":[[\"%d\",\"line %d\"]]}]}"
            .formatted(BASE_SECONDS * 1_000_000_000L + item, item);
    return server.post(
        "/loki/api/v1/push", "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  private static HttpResponse<byte[]> sendTrace(ServerProcess server, int item)
      throws IOException, InterruptedException {
    long start = BASE_SECONDS * 1_000_000_000L + item;
    String body =
        ("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"crash\"}}]},"
                + "\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%032x\",\"spanId\":\"%016x\",\"name\":\"span-%d\",\"kind\":1,"
                + "\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\"}]}]}]}")
            .formatted(item + 1, item + 1, item, start, start + 5);
    return server.post(
        "/otlp/v1/traces", "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  private Thread writer(
      ServerProcess server,
      Sender sender,
      ConcurrentLinkedQueue<Integer> acked,
      CountDownLatch enough) {
    return Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                int item = number.getAndIncrement();
                try {
                  if (sender.send(server, item).statusCode() / 100 == 2) {
                    acked.add(item);
                    enough.countDown();
                  }
                } catch (IOException | InterruptedException e) {
                  return; // the server was killed: nobody knows what became of this item
                }
              }
            });
  }

  @Test
  void whatWasAcknowledgedIsThereOnceAfterEachKill() throws Exception {
    SplittableRandom random = Seeds.random("whatWasAcknowledgedIsThereOnceAfterEachKill");
    int cycles = Seeds.iterations(4);
    for (int cycle = 0; cycle < cycles; cycle++) {
      try (ServerProcess server = new ServerProcess(directory, "--set", "retention.default=0")) {
        check(server);
        CountDownLatch enough = new CountDownLatch(random.nextInt(30, 300));
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          writers.add(writer(server, CrashTest::sendMetric, metrics, enough));
          writers.add(writer(server, CrashTest::sendLine, lines, enough));
          writers.add(writer(server, CrashTest::sendTrace, traces, enough));
        }
        enough.await();
        if (random.nextBoolean()) {
          server.post("/admin/flush", "text/plain", new byte[0]);
        }
        server.kill();
        for (Thread writer : writers) {
          writer.join();
        }
      }
    }
    try (ServerProcess server = new ServerProcess(directory, "--set", "retention.default=0")) {
      check(server);
      assertThat(server.terminate()).isZero();
    }
  }

  private void check(ServerProcess server) throws IOException, InterruptedException {
    int sent = number.get();
    checkOnce(
        metrics,
        texts(
            server.get("/api/v1/query?query=crash%5B1d%5D&time=" + (BASE_SECONDS + 3600)),
            ",\"",
            "\"]"));
    checkOnce(
        lines,
        texts(
            server.get(
                "/loki/api/v1/query_range?query=%7Bapp%3D%22crash%22%7D&limit=5000&start="
                    + BASE_SECONDS
                    + "&end="
                    + (BASE_SECONDS + 3600)),
            "\"line ",
            "\""));
    for (int item : traces) {
      HttpResponse<byte[]> answer = server.get("/api/traces/" + "%032x".formatted(item + 1));
      assertThat(answer.statusCode()).as("trace %d of %d", item, sent).isEqualTo(200);
      String text = new String(answer.body(), StandardCharsets.UTF_8);
      assertThat(text.split("span-" + item + "\"", -1)).as("trace %d", item).hasSize(2);
    }
  }

  private static void checkOnce(ConcurrentLinkedQueue<Integer> acked, List<Integer> found) {
    assertThat(found).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(found)).containsAll(acked);
  }

  /** The numbers that stand between two marks. */
  private static List<Integer> texts(HttpResponse<byte[]> answer, String before, String after) {
    String body = new String(answer.body(), StandardCharsets.UTF_8);
    assertThat(answer.statusCode()).as(body).isEqualTo(200);
    List<Integer> numbers = new ArrayList<>();
    for (int at = body.indexOf(before); at >= 0; at = body.indexOf(before, at + 1)) {
      int from = at + before.length();
      int to = body.indexOf(after, from);
      String text = to < 0 ? "" : body.substring(from, to);
      if (!text.isEmpty() && text.chars().allMatch(Character::isDigit)) {
        numbers.add(Integer.parseInt(text));
      }
    }
    return numbers;
  }
}

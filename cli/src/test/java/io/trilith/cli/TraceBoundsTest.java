package io.trilith.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.net.wire.ProtoWriter;
import io.trilith.testing.Seeds;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What no sane program sends: it ends in an error or an answer, in a heap of 256 MB. */
class TraceBoundsTest {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final int TRACE_SPANS_MAX = 200_000;
  private static final int BATCH = 5_000;

  private final long start = Instant.now().getEpochSecond() - 600;
  private ServerProcess server;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server =
        new ServerProcess(
            directory,
            "--set",
            "trace-limits.attributes-max=10000",
            "--set",
            "memory.queries=30%",
            "--set",
            "memory.heads=20%");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] id(long id) {
    return ByteBuffer.allocate(8).putLong(id).array();
  }

  private static byte[] traceId(long id) {
    return ByteBuffer.allocate(16).putLong(0x0123456789abcdefL).putLong(id).array();
  }

  private static String hex(long id) {
    return "0123456789abcdef%016x".formatted(id);
  }

  /** A span of a millisecond that starts this many microseconds after the start. */
  private byte[] span(byte[] trace, byte[] id, byte[] parent, String name, int after, int values) {
    long begin = start * 1_000_000_000L + after * 1_000L;
    ProtoWriter out = new ProtoWriter();
    out.bytes(1, trace).bytes(2, id);
    if (parent.length > 0) {
      out.bytes(4, parent);
    }
    out.string(5, name).varint(6, 1).fixed64(7, begin).fixed64(8, begin + 1_000_000);
    for (int i = 0; i < values; i++) {
      int attribute = out.begin(9);
      out.string(1, "key" + i);
      int value = out.begin(2);
      out.string(1, "value" + i);
      out.end(value);
      out.end(attribute);
    }
    return out.toBytes();
  }

  /** What the server says of spans: 400 when it takes none of them. */
  private String send(List<byte[]> spans) throws Exception {
    ProtoWriter out = new ProtoWriter();
    int resource = out.begin(1);
    int scope = out.begin(2);
    spans.forEach(span -> out.bytes(2, span));
    out.end(scope);
    out.end(resource);
    HttpResponse<byte[]> answer = server.post("/v1/traces", PROTOBUF, out.toBytes());
    String text = new String(answer.body(), UTF_8);
    assertThat(answer.statusCode()).as(text).isIn(200, 400);
    return answer.statusCode() + text;
  }

  private void taken(List<byte[]> spans) throws Exception {
    assertThat(send(spans)).startsWith("200").doesNotContain("rejected");
  }

  private void admin(String what) throws Exception {
    HttpResponse<byte[]> answer = server.post("/admin/" + what, "text/plain", new byte[0]);
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isBetween(200, 204);
  }

  private record Answer(int status, String text) {
    int count(String part) {
      int count = 0;
      for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
        count++;
      }
      return count;
    }
  }

  private Answer get(String path) throws Exception {
    HttpResponse<byte[]> answer = server.get(path);
    return new Answer(answer.statusCode(), new String(answer.body(), UTF_8));
  }

  private Answer search(String query) throws Exception {
    return get(
        "/api/search?start=%d&end=%d&q=%s"
            .formatted(start - 10, start + 3_600, URLEncoder.encode(query, UTF_8)));
  }

  /** A million with {@code -Dtests.iters=1000000}. */
  @Test
  void aTraceOfManySpansIsTakenFoundAskedAndMerged() throws Exception {
    int count = Seeds.iterations(20_000);
    for (int part = 0; part < 2; part++) {
      for (int from = part * count / 2; from < (part + 1) * count / 2; from += BATCH) {
        taken(chain(from, Math.min((part + 1) * count / 2, from + BATCH)));
      }
      check(count * (part + 1) / 2);
      // The last batch again: now some spans are in two blocks.
      admin("flush");
      taken(chain(count * (part + 1) / 2 - BATCH, count * (part + 1) / 2));
      admin("flush");
      check(count * (part + 1) / 2);
    }
    admin("compact");
    check(count);
    Answer counted =
        get(
            "/api/metrics/query_range?step=3600s&start=%d&end=%d&q=%s"
                .formatted(
                    start / 3_600 * 3_600,
                    start / 3_600 * 3_600 + 7_200,
                    URLEncoder.encode("{ } | count_over_time()", UTF_8)));
    assertThat(counted.status()).as(counted.text()).isEqualTo(200);
    int sum = 0;
    String[] points = counted.text().split("\"value\":", -1);
    for (int i = 1; i < points.length; i++) {
      String point = points[i].strip();
      int end = 0;
      while (Character.isDigit(point.charAt(end))) {
        end++;
      }
      // Labels have a value too, which is an object.
      sum += end == 0 ? 0 : Integer.parseInt(point.substring(0, end));
    }
    assertThat(sum).as(counted.text()).isEqualTo(count);
  }

  /** Each span is the parent of the next one. */
  private List<byte[]> chain(int from, int to) {
    List<byte[]> spans = new ArrayList<>();
    for (int i = from; i < to; i++) {
      byte[] parent = i == 0 ? new byte[0] : id(i);
      spans.add(span(traceId(1), id(i + 1), parent, i == 0 ? "first" : "op" + i % 7, i, 3));
    }
    return spans;
  }

  private void check(int count) throws Exception {
    boolean whole = count < TRACE_SPANS_MAX;
    Answer byId = get("/api/v2/traces/" + hex(1));
    if (whole) {
      assertThat(byId.status()).as(byId.text()).isEqualTo(200);
      assertThat(byId.count("\"spanId\"")).isEqualTo(count);
    } else {
      assertThat(byId.status()).isIn(200, 400, 413, 422);
      assertThat(byId.text()).containsAnyOf("PARTIAL", "query.", "trace-query.");
    }
    Answer below = search("{ name = \"first\" } >> { name = \"op6\" }");
    if (whole) {
      assertThat(below.status()).as(below.text()).isEqualTo(200);
      assertThat(below.text()).contains(hex(1).substring(1), "\"matched\":" + count / 7);
    } else {
      assertThat(below.status()).isIn(200, 400, 413, 422);
    }
  }

  @Test
  void aSpanOfManyAttributesIsTakenUpToTheLimit() throws Exception {
    byte[] none = new byte[0];
    String refused = send(List.of(span(traceId(1), id(1), none, "more", 0, 10_001)));
    assertThat(refused).contains("attributes-max", "10000");
    for (int i = 0; i < 20; i++) {
      taken(List.of(span(traceId(2 + i), id(1), none, "many", i, 10_000)));
    }
    for (String state : List.of("fresh", "flush", "compact")) {
      if (!state.equals("fresh")) {
        admin(state);
      }
      Answer found = search("{ span.key9999 = \"value9999\" && span.key0 = \"value0\" }");
      assertThat(found.status()).as(found.text()).isEqualTo(200);
      assertThat(found.count("\"traceID\"")).as(state).isEqualTo(20);
      Answer trace = get("/api/v2/traces/" + hex(2));
      assertThat(trace.count("\"key\":\"key")).as(state).isEqualTo(10_000);
      Answer tags = get("/api/v2/search/tags?scope=span");
      assertThat(tags.status()).as(tags.text()).isEqualTo(200);
    }
  }

  @Test
  void aCycleOfParentsEnds() throws Exception {
    byte[] trace = traceId(1);
    taken(
        List.of(
            span(trace, id(1), id(3), "a", 0, 0),
            span(trace, id(2), id(1), "b", 1, 0),
            span(trace, id(3), id(2), "c", 2, 0),
            span(trace, id(4), id(4), "self", 3, 0),
            span(trace, id(5), id(4), "below", 4, 0)));
    for (String state : List.of("fresh", "flush", "compact")) {
      if (!state.equals("fresh")) {
        admin(state);
      }
      for (String query :
          List.of(
              "{ name = \"a\" } >> { name = \"c\" }",
              "{ name = \"a\" } << { name = \"c\" }",
              "{ name = \"a\" } ~ { name = \"b\" }",
              "{ } !>> { name = \"self\" }",
              "{ nestedSetParent < 0 }",
              "{ } &>> { } | count() > 1")) {
        assertThat(search(query).status()).as(state + " " + query).isEqualTo(200);
      }
      // What does not hang on a root has no place in the tree.
      assertThat(search("{ name = \"self\" } > { name = \"below\" }").text())
          .contains("\"traces\":[]");
      assertThat(get("/api/v2/traces/" + hex(1)).count("\"spanId\"")).isEqualTo(5);
      String part = "?match_depth=-1&ancestor_depth=-1&q=";
      Answer cut =
          get("/api/v2/traces/" + hex(1) + part + URLEncoder.encode("{ name = \"b\" }", UTF_8));
      assertThat(cut.count("\"spanId\"")).as(cut.text()).isEqualTo(3);
    }
  }

  @Test
  void idsOfWrongLengthAreRefusedOneByOne() throws Exception {
    byte[] none = new byte[0];
    for (int length : new int[] {0, 1, 7, 9, 15, 17, 1_000}) {
      byte[] bad = new byte[length];
      Arrays.fill(bad, (byte) 7);
      String answer =
          send(
              List.of(
                  span(bad, id(1), none, "trace", 0, 0),
                  span(traceId(1), bad, none, "span", 0, 0),
                  span(traceId(1), id(9 + length), none, "good", 0, 0)));
      assertThat(answer).as("length " + length).contains(length + " bytes");
    }
    String parent = send(List.of(span(traceId(2), id(1), new byte[] {1, 2, 3}, "child", 0, 0)));
    assertThat(parent + get("/api/v2/traces/" + hex(2)).text()).containsAnyOf("3 bytes", "child");
    assertThat(get("/api/v2/traces/" + hex(1)).count("\"spanId\"")).isEqualTo(7);
    for (String bad : List.of("xyz", "0".repeat(33) + "1", "1".repeat(33), "%20", "-1")) {
      Answer answer = get("/api/v2/traces/" + bad);
      assertThat(answer.status()).as(bad + ": " + answer.text()).isIn(400, 404);
      assertThat(get("/api/traces/" + bad).status()).as(bad).isIn(400, 404);
    }
    assertThat(get("/api/traces/1").status()).isEqualTo(404);
    Answer json =
        new Answer(
            server
                .post(
                    "/v1/traces",
                    "application/json",
                    """
                    {"resourceSpans":[{"scopeSpans":[{"spans":[
                      {"traceId":"abc","spanId":"0102030405060708","name":"x"}]}]}]}
                    """
                        .getBytes(UTF_8))
                .statusCode(),
            "");
    assertThat(json.status()).isIn(200, 400);
  }
}

package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lines of every nasty kind come back as they were sent, over HTTP, from heads, blocks, merged
 * blocks and after a restart. {@code -Dtests.iters} is the number of lines.
 */
class LogRoundTripTest {
  private static final long START = 1_795_000_000L * 1_000_000_000L;
  private static final long MILLI = 1_000_000L;
  private static final int BATCH = 500;
  private static final int STREAMS = 4;

  @TempDir Path directory;

  private final long seed = Seeds.random("LogRoundTripTest").nextLong();
  private final int lines = Math.ceilDiv(Seeds.iterations(4000), BATCH) * BATCH;

  /** The bytes of a line, always the same for a number. */
  private byte[] line(int number) {
    SplittableRandom random = new SplittableRandom(seed + number);
    return switch (random.nextInt(14)) {
      case 0 -> {
        byte[] bytes = new byte[random.nextInt(200)]; // hardly ever UTF-8
        random.nextBytes(bytes);
        yield bytes;
      }
      case 1 -> utf8("nul \0 \0\0 " + number);
      case 2 -> utf8("\u001b[3" + random.nextInt(8) + "mERROR\u001b[0m " + number + "\r\n");
      case 3 -> utf8("emoji \ud83d\ude00\ud83d\udc68\u200d\ud83d\udc69 über 中文 " + number);
      case 4 -> new byte[0];
      case 5 -> utf8(" \t " + number + " \n\n");
      case 6 ->
          random.nextInt(100) == 0
              ? utf8("0123456789abcdef".repeat(1 << 14)) // 256 KiB
              : utf8("x".repeat(random.nextInt(3000)));
      case 7 -> utf8("{\"n\":" + number + ",\"t\":\"\\u0000 \\\"q\\\" \\\\ </script>\u2028\"}");
      case 8 -> utf8("level=info n=" + number + " took=" + random.nextDouble() + "ms q=\"a\\\"b\"");
      case 9 -> utf8("-0 007 1e400 0x1F 00:00:60 +1 .5 5. 9223372036854775808 " + number);
      case 10 -> utf8("%s %d \\ \\n <_> ${x} {{.y}} '\"` \u007f\u0080\ufffd\ufffe\uffff");
      case 11 -> new byte[] {(byte) 0xc3, 'a', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '\n'};
      default -> utf8("GET /item/" + random.nextInt(1000) + " 200 " + random.nextInt() + "us");
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** As an answer shows it: what is not UTF-8 is replaced. */
  private String shown(int number) {
    return new String(line(number), StandardCharsets.UTF_8);
  }

  private static long time(int number) {
    return START + number * MILLI;
  }

  private byte[] push(int from) {
    ProtoWriter out = new ProtoWriter();
    for (int stream = 0; stream < STREAMS; stream++) {
      int open = out.begin(1);
      out.string(1, "{app=\"nasty\", part=\"" + stream + "\"}");
      for (int i = from; i < from + BATCH; i++) {
        if (i % STREAMS == stream) {
          int entry = out.begin(2);
          int time = out.begin(1);
          out.varint(1, time(i) / 1_000_000_000L).varint(2, time(i) % 1_000_000_000L);
          out.end(time);
          out.bytes(2, line(i));
          out.end(entry);
        }
      }
      out.end(open);
    }
    return snappy(out.toBytes());
  }

  /** Snappy of literals only. */
  private static byte[] snappy(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + bytes.length / 1000 + 10);
    int rest = bytes.length;
    while (rest >= 0x80) {
      out.write(rest | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
    for (int at = 0; at < bytes.length; at += 1 << 16) {
      int length = Math.min(1 << 16, bytes.length - at) - 1;
      out.write(61 << 2);
      out.write(length);
      out.write(length >>> 8);
      out.write(bytes, at, length + 1);
    }
    return out.toByteArray();
  }

  @Test
  void linesComeBackByteForByteFromAnyState() throws Exception {
    String[] settings = {"--set", "retention.default=0", "--set", "wal.sync=interval"};
    try (ServerProcess server = new ServerProcess(directory, settings)) {
      for (int from = 0; from < lines; from += BATCH) {
        HttpResponse<byte[]> answer =
            server.post("/loki/api/v1/push", "application/x-protobuf", push(from));
        assertThat(answer.statusCode())
            .as(new String(answer.body(), StandardCharsets.UTF_8))
            .isEqualTo(204);
        if (from / BATCH % 2 == 0 && from < lines / 2) {
          assertThat(server.post("/admin/flush", "", new byte[0]).statusCode()).isEqualTo(200);
        }
      }
      check(server);
      server.post("/admin/flush", "", new byte[0]);
      check(server);
      assertThat(server.post("/admin/compact", "", new byte[0]).statusCode()).isEqualTo(200);
      check(server);
      assertThat(server.terminate()).isZero();
    }
    try (ServerProcess server = new ServerProcess(directory, settings)) {
      check(server);
    }
  }

  private void check(ServerProcess server) {
    long[] bytes = new long[STREAMS];
    try (Api api = new Api(server.url(""), "")) {
      for (int from = 0; from < lines; from += BATCH) {
        Map<Long, String> found = new TreeMap<>();
        Api.Node answer =
            api.get(
                "/loki/api/v1/query_range",
                "query",
                "{app=\"nasty\"}",
                "start",
                Long.toString(time(from)),
                "end",
                Long.toString(time(from + BATCH)),
                "limit",
                "5000");
        for (Api.Node stream : answer.at("data").at("result").list()) {
          for (Api.Node value : stream.at("values").list()) {
            found.put(Long.parseLong(value.at(0).text()), value.at(1).text());
          }
        }
        assertThat(found).hasSize(BATCH);
        for (int i = from; i < from + BATCH; i++) {
          assertThat(found.get(time(i))).as("line %d of seed %d", i, seed).isEqualTo(shown(i));
          bytes[i % STREAMS] += line(i).length;
        }
      }
      // What was replaced in the answer has the length it had.
      Api.Node answer =
          api.get(
              "/loki/api/v1/index/volume",
              "query",
              "{app=\"nasty\"}",
              "targetLabels",
              "part",
              "start",
              Long.toString(START),
              "end",
              Long.toString(time(lines)));
      for (Api.Node group : answer.at("data").at("result").list()) {
        int part = Integer.parseInt(group.at("metric").at("part").text());
        assertThat(group.at("value").at(1).text()).isEqualTo(Long.toString(bytes[part]));
        bytes[part] = 0;
      }
      assertThat(bytes).containsOnly(0);
    }
  }
}

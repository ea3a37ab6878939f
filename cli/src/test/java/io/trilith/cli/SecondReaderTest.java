package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.net.Snappy;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.server.TrilithServer;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Python program beside the format pages, which was written from them alone, reads blocks as
 * they were stored. Where Python or the zstd command is missing it says so and does not run.
 */
class SecondReaderTest {
  private static final long START = SmallBucket.START_MILLIS;

  @TempDir Path directory;

  @BeforeAll
  static void findPython() {
    Assumptions.assumeTrue(
        runs("python3", "--version") && runs("zstd", "--version"),
        "not run: it needs python3 and the zstd command");
  }

  private static boolean runs(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The items that the program finds in all blocks of a signal, by column. */
  private List<String[]> read(String signal) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", reader(), "--items"));
    try (Stream<Path> files = Files.walk(directory.resolve("objects/blocks/" + signal))) {
      files.filter(Files::isRegularFile).map(Path::toString).sorted().forEach(command::add);
    }
    assertThat(command).hasSizeGreaterThan(3);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String[]> lines;
    try (Stream<String> said = process.inputReader(StandardCharsets.UTF_8).lines()) {
      lines = said.map(line -> line.split("\t", -1)).toList();
    }
    assertThat(process.waitFor()).isZero();
    return lines;
  }

  private static String reader() {
    return Path.of(
            System.getProperty("trilith.root", ".."), "docs/formats/reader/trilith_blocks.py")
        .toString();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Sends in some requests with a flush between them, so that there are blocks to merge too. */
  private void fill(int rounds, Send send) throws Exception {
    try (TrilithServer server = SmallBucket.serve(directory);
        Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
      for (int round = 0; round < rounds; round++) {
        send.send(api, round);
        SmallBucket.flush(server);
      }
    }
  }

  private interface Send {
    void send(Api api, int round) throws Exception;
  }

  @Test
  void samplesOfEveryShapeAreReadFromTheFormatPagesAlone() throws Exception {
    SplittableRandom random = Seeds.random("samplesOfEveryShapeAreReadFromTheFormatPagesAlone");
    Set<String> sent = new TreeSet<>();
    fill(
        2,
        (api, round) -> {
          ProtoWriter request = new ProtoWriter();
          for (int series = 0; series < 40; series++) {
            series(request, series, round, random, sent);
          }
          api.post(
              "/api/v1/write",
              "application/x-protobuf",
              "snappy",
              Snappy.encode(request.toBytes()));
        });
    Set<String> read = new TreeSet<>();
    for (String[] sample : read("metrics")) {
      String series = sample[0].replaceAll(".*\"series\": \"(s\\d+)\".*", "$1");
      read.add(series + " " + sample[1] + " " + Double.valueOf(sample[2]));
    }
    assertThat(read).isEqualTo(sent);
  }

  /** A counter, a gauge, noise, a constant or one with outliers, at even or uneven times. */
  private static void series(
      ProtoWriter request, int number, int round, SplittableRandom random, Set<String> sent) {
    int begin = request.begin(1);
    label(request, "__name__", "m" + number % 3);
    label(request, "series", "s" + number);
    if (number % 4 == 0) {
      label(request, "zone", "z" + number % 7);
    }
    int count = random.nextInt(1, 700);
    double total = 0;
    for (int i = 0; i < count; i++) {
      total += random.nextInt(50);
      double value =
          switch (number % 6) {
            case 0 -> total;
            case 1 -> Math.round(Math.sin(i / 9.0) * 1000) / 100.0;
            case 2 -> random.nextDouble();
            case 3 -> 7;
            case 4 -> random.nextInt(40) == 0 ? 1e15 + i : i % 5;
            default -> random.nextInt(3) * 0.25 - 1;
          };
      long jitter = number % 5 == 0 ? random.nextInt(2000) : 0;
      long millis = START + (round * 1000L + i) * 15_000L + jitter;
      int sample = request.begin(2);
      request.fixed64(1, Double.doubleToRawLongBits(value)).varint(2, millis).end(sample);
      sent.add("s" + number + " " + millis + " " + value);
    }
    request.end(begin);
  }

  private static void label(ProtoWriter request, String name, String value) {
    int label = request.begin(1);
    request.string(1, name).string(2, value).end(label);
  }

  @Test
  void linesOfEveryShapeAreReadFromPlainAndSplitPages() throws Exception {
    SplittableRandom random = Seeds.random("linesOfEveryShapeAreReadFromPlainAndSplitPages");
    Set<String> sent = new TreeSet<>();
    fill(
        3,
        (api, round) -> {
          StringBuilder values = new StringBuilder();
          for (int i = 0; i < 600; i++) {
            long nanos = START * 1_000_000 + (round * 600L + i) * 1_000_003L;
            String line = line(random, i);
            sent.add(nanos + " " + line + " u" + i % 9);
            values.append(values.isEmpty() ? "" : ",");
            values.append("[\"").append(nanos).append("\",\"").append(line);
            values.append("\",{\"user\":\"u").append(i % 9).append("\"}]");
          }
          String streams = "{\"streams\":[{\"stream\":{\"app\":\"web\"},\"values\":[" + values;
          api.post("/loki/api/v1/push", "application/json", "", text(streams + "]}]}"));
        });
    assertThat(entries()).isEqualTo(sent);
    SmallBucket.Ran merged =
        SmallBucket.on(directory, "compact", "run", "--set", "retention.delete-delay=0");
    assertThat(merged.status()).as(merged.out() + merged.err()).isZero();
    assertThat(entries()).isEqualTo(sent);
  }

  private Set<String> entries() throws Exception {
    Set<String> read = new TreeSet<>();
    for (String[] entry : read("logs")) {
      String user = entry[2].replaceAll(".*\"user\": \"(u\\d+)\".*", "$1");
      read.add(entry[1] + " " + entry[3] + " " + user);
    }
    return read;
  }

  private static String line(SplittableRandom random, int i) {
    return switch (i % 6) {
      case 0 -> "took " + random.nextInt(10_000) + " ms, user=" + random.nextInt(50);
      case 1 ->
          "from 10.0."
              + random.nextInt(256)
              + "."
              + random.nextInt(256)
              + " at 2023-11-14T22:13:"
              + "%02d.%03dZ".formatted(i % 60, random.nextInt(1000));
      case 2 ->
          "id %08x-%04x-4000-8000-%012x".formatted(random.nextInt(), i, random.nextLong(1L << 40));
      case 3 -> "ratio 0." + random.nextInt(100, 1000) + " code=%05d".formatted(random.nextInt(99));
      case 4 -> "hash %032x".formatted(random.nextLong() >>> 1) + " größe=" + i;
      default -> "x".repeat(random.nextInt(40)) + random.nextInt();
    };
  }

  @Test
  void spansAreReadFromTheFormatPagesAlone() throws Exception {
    Set<String> sent = new TreeSet<>();
    fill(
        2,
        (api, round) -> {
          StringBuilder spans = new StringBuilder();
          for (int i = 0; i < 300; i++) {
            long start = START * 1_000_000 + i * 1_000_000L;
            long end = i % 10 == 3 ? start - 5 : start + i;
            String trace = "%032x".formatted(round * 1000 + i / 5 + 1);
            String id = "%016x".formatted(i + 1);
            spans.append(i == 0 ? "" : ",");
            spans.append(
                "{\"traceId\":\"%s\",\"spanId\":\"%s\",\"name\":\"step %d\",\"kind\":%d,"
                    .formatted(trace, id, i % 7, i % 6));
            spans.append(
                "\"startTimeUnixNano\":\"%d\",\"endTimeUnixNano\":\"%d\",\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"%d\"}}]}"
                    .formatted(start, end, i));
            sent.add(trace + " " + id + " step " + i % 7 + " " + i % 6 + " " + start + " " + end);
          }
          String body = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + spans + "]}]}]}";
          api.post("/v1/traces", "application/json", "", text(body));
        });
    Set<String> read = new TreeSet<>();
    for (String[] span : read("traces")) {
      read.add(String.join(" ", span[1], span[0], span[2], span[3], span[5], span[6]));
    }
    assertThat(read).isEqualTo(sent);
  }
}

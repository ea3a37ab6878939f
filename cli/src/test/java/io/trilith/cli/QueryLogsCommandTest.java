package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import io.trilith.testing.Seeds;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line against a server in this process. */
class QueryLogsCommandTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path directory;
  private TrilithServer server;

  @BeforeEach
  void start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0",
            "retention.default=0",
            "log-query.entries-max=7",
            "log-query.entries-default=7");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of("query", "logs"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--server", "http://127.0.0.1:" + server.httpPort()));
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private void push(String stream, List<String> values) {
    String body =
        "{\"streams\":[{\"stream\":" + stream + ",\"values\":[" + String.join(",", values) + "]}]}";
    try (Api api = Api.local(server.httpPort())) {
      api.post("/loki/api/v1/push", "application/json", "", body.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String entry(long nanos, String line) {
    return "[\"" + nanos + "\",\"" + line + "\"]";
  }

  @Test
  void showsTimeLevelServiceAndLineWithNothingThatMovesTheCursor() {
    push(
        "{\"app\":\"web\"}",
        List.of(
            entry(1000 * SECOND + 5_000_000, "level=error it broke"),
            entry(1001 * SECOND, "red \\u001b[31m text")));
    assertThat(run("{app=\"web\"}", "--from", "0", "--to", "2000", "--forward")).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "1970-01-01T00:16:40.005Z ERROR web: level=error it broke",
            "1970-01-01T00:16:41.000Z UNKNOWN web: red \\x1b[31m text");
    assertThat(run("{app=\"web\"}", "--from", "0", "--to", "2000", "--limit", "1", "-o", "raw"))
        .isZero();
    assertThat(out.toString()).isEqualTo("red \u001b[31m text\n");
    assertThat(run("{app=\"web\"}", "--from", "0", "--to", "1001", "-o", "jsonl")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            "{\"timestamp\":\"1970-01-01T00:16:40.005Z\",\"nanos\":\"1000005000000\",\"labels\":"
                + "{\"app\":\"web\",\"detected_level\":\"error\",\"service_name\":\"web\"},"
                + "\"line\":\"level=error it broke\"}\n");
  }

  /** Many entries share a time, more at once than one answer may have. */
  @Test
  void pagesThroughAnyAmountWithoutLossOrDoubling() {
    SplittableRandom random = Seeds.random("QueryLogsCommandTest");
    List<String> lines = new ArrayList<>();
    List<Long> times = new ArrayList<>();
    for (int stream = 0; stream < 3; stream++) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        long time = (1000 + random.nextInt(6)) * SECOND;
        String line = "line " + stream + "-" + i;
        values.add(entry(time, line));
        lines.add(line);
        times.add(time);
      }
      push("{\"app\":\"a" + stream + "\"}", values);
    }
    for (boolean forward : new boolean[] {true, false}) {
      List<String> arguments =
          new ArrayList<>(
              List.of("{app=~\".+\"}", "--from", "0", "--to", "2000", "-o", "raw", "--limit", "0"));
      if (forward) {
        arguments.add("--forward");
      }
      assertThat(run(arguments.toArray(String[]::new))).isZero();
      List<String> shown = out.toString().lines().toList();
      assertThat(shown).containsExactlyInAnyOrderElementsOf(lines);
      List<Long> order = new ArrayList<>();
      shown.forEach(line -> order.add(times.get(lines.indexOf(line))));
      assertThat(order)
          .isSortedAccordingTo(forward ? Comparator.naturalOrder() : Collections.reverseOrder());
    }
    assertThat(run("{app=~\".+\"}", "--from", "0", "--to", "2000", "-o", "raw", "--limit", "100"))
        .isZero();
    List<String> some = out.toString().lines().toList();
    assertThat(some).hasSize(100);
    assertThat(new HashSet<>(some)).hasSize(100);
  }

  @Test
  void saysWhatTheServerSaid() {
    assertThat(run("{app=")).isEqualTo(1);
    assertThat(err.toString()).startsWith("trilith: ").contains("parse error");
    assertThat(run("rate({app=\"a\"}[1m])")).isEqualTo(2);
    assertThat(err.toString()).contains("numbers and not lines");
  }

  @Test
  void tailsUntilTheServerEndsAndSaysWhatIsWrongWithAQuery() {
    assertThat(run("{app=", "--tail")).isEqualTo(1);
    assertThat(err.toString()).contains("parse error");
    List<String> seen = new ArrayList<>();
    try (Api api = Api.local(server.httpPort())) {
      push("{\"app\":\"t\"}", List.of(entry(System.currentTimeMillis() * 1_000_000, "before")));
      api.follow(
          "/loki/api/v1/tail",
          message -> {
            message
                .at("streams")
                .list()
                .forEach(
                    stream ->
                        stream.at("values").list().forEach(value -> seen.add(value.at(1).text())));
            if (seen.size() == 1) {
              push(
                  "{\"app\":\"t\"}",
                  List.of(entry(1, "wrong"), entry(System.currentTimeMillis() * 1_000_000, "b2")));
            } else {
              throw new IllegalStateException("enough");
            }
          },
          "query",
          "{app=\"t\"} |= \"b\"");
    } catch (RuntimeException e) {
      assertThat(e).hasMessageContaining("enough");
    }
    assertThat(seen).containsExactly("before", "b2");
  }
}

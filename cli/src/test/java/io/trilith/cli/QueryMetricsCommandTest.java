package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line against a server in this process. */
class QueryMetricsCommandTest {
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
            "server.otlp-http-listen=127.0.0.1:0");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("query", "metrics"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--server", "http://127.0.0.1:" + server.httpPort()));
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(all.toArray(String[]::new));
  }

  private static String labelled(String value) {
    return "label_replace(vector(" + value + "), \"job\", \"a,b\", \"\", \"\")";
  }

  @Test
  void showsInstantAnswersAsATable() {
    assertThat(run(labelled("1.5"))).isZero();
    assertThat(out.toString().lines()).containsExactly("job  value", "a,b    1.5");
  }

  @Test
  void showsAnswersOverTimeAsATableWithARowPerTime() {
    assertThat(run(labelled("time()"), "--start", "0", "--end", "60", "--step", "30s")).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "                time  {job=\"a,b\"}",
            "1970-01-01T00:00:00Z            0",
            "1970-01-01T00:00:30Z           30",
            "1970-01-01T00:01:00Z           60");
  }

  @Test
  void writesCsvAndJson() {
    assertThat(run(labelled("7"), "--time", "60", "-o", "csv")).isZero();
    assertThat(out.toString().lines())
        .containsExactly("time,value,job", "1970-01-01T00:01:00Z,7,\"a,b\"");
    assertThat(run("1 + 1", "--time", "60", "-o", "json")).isZero();
    assertThat(out.toString()).endsWith("\"resultType\":\"scalar\",\"result\":[60,\"2\"]}}\n");
  }

  @Test
  void drawsGraphs() {
    assertThat(run("vector(time())", "--start", "0", "--end", "600", "-o", "graph")).isZero();
    assertThat(out.toString()).contains("600 ┤", "0 ┤", "1970-01-01T00:10:00Z", "━━ {}  600");
    assertThat(out.toString().chars().filter(c -> c > 0x2800 && c < 0x2900).count())
        .isGreaterThan(40);
  }

  @Test
  void saysWhatTheServerSaid() {
    assertThat(run("sum(")).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("trilith: 1:5: parse error: unexpected end of input\n");
  }

  @Test
  void saysWhichTimeItCannotRead() {
    assertThat(run("up", "--start", "yesterday")).isEqualTo(2);
    assertThat(err.toString()).startsWith("'yesterday' is no time; give now, 1h (ago)");
  }
}

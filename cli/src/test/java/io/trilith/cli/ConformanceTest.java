package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays the black-box conformance cases that stand beside the checkout against a real server; every
 * one must pass.
 */
class ConformanceTest {
  @TempDir static Path directory;
  private static @Nullable ServerProcess server;

  @BeforeAll
  static void start() throws IOException {
    Shared.path("conformance");
    Assumptions.assumeTrue(
        Path.of("/usr/bin/env").toFile().canExecute()
            && status(List.of("python3", "--version")) == 0,
        "python3 is not there: skipped");
    server = new ServerProcess(directory, "--multi-tenant", "--set", "retention.default=0");
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static int status(List<String> command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  private static String url(String path) {
    if (server == null) {
      throw new IllegalStateException("no server");
    }
    return server.url(path);
  }

  /** Runs a player and wants its last line to say that nothing failed. */
  private static void play(String player, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", Shared.path(player).toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    String last = output.strip().substring(output.strip().lastIndexOf('\n') + 1);
    System.out.println(player + ": " + last);
    assertThat(last).as(output).endsWith(" passed, 0 failed");
    assertThat(status).isZero();
  }

  @Test
  void promql() throws Exception {
    String cases = Shared.path("conformance/promql/cases").toString();
    play("conformance/promql/run.py", cases, "--url", url(""), "--tenants");
  }

  @Test
  void logql() throws Exception {
    play("conformance/logql/run.py", "--url", url(""));
  }

  @Test
  void traceql() throws Exception {
    play(
        "conformance/traceql/run.py",
        "--query",
        url(""),
        "--otlp",
        url("/otlp/v1/traces"),
        "--strict");
  }

  /**
   * What Grafana's data sources need, but for what later issues bring: rules, live tail, streaming.
   */
  @Test
  void grafana() throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--prom",
                url("/prometheus"),
                "--loki",
                url(""),
                "--tempo",
                url("/tempo"),
                "--otlp",
                url("/otlp"),
                "--write",
                url("/api/v1/write"),
                "--header",
                "X-Scope-OrgID: grafana",
                "--generator"));
    for (String group :
        List.of(
            "prom",
            "loki-health",
            "loki-query",
            "loki-meta",
            "loki-drilldown",
            "loki-logql",
            "loki-errors",
            "loki-common",
            "tempo-health",
            "tempo-trace",
            "tempo-search",
            "tempo-traceql",
            "tempo-tags",
            "tempo-metrics",
            "tempo-common",
            "generator",
            "correlation")) {
      arguments.add("--only");
      arguments.add(group);
    }
    play("conformance/grafana/check.py", arguments.toArray(String[]::new));
  }
}

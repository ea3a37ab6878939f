package io.trilith.cli.demo;

import io.trilith.cli.client.Api;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/** The demo against a running server: lives through the shop's half hour, then asks. */
public final class Demo {
  private final Screen screen;
  private final int httpPort;
  private final int otlpGrpcPort;
  private final int otlpHttpPort;
  private final Path slos;
  private final InstantSource clock;

  /**
   * A demo that writes to the given terminal.
   *
   * @param slos the folder in which the server looks for files of SLOs
   */
  public Demo(
      PrintWriter out,
      int httpPort,
      int otlpGrpcPort,
      int otlpHttpPort,
      Path slos,
      InstantSource clock) {
    this.screen = new Screen(out);
    this.httpPort = httpPort;
    this.otlpGrpcPort = otlpGrpcPort;
    this.otlpHttpPort = otlpHttpPort;
    this.slos = slos;
    this.clock = clock;
  }

  /** Sends, asks and shows. True when every answer was right. */
  public boolean run() {
    Instant end = clock.instant().minusSeconds(10);
    long start = end.minus(Shop.LENGTH).getEpochSecond() * 1_000_000_000L;
    try (Api api = Api.local(httpPort);
        Shop shop =
            new Shop(
                new Service.Endpoint(true, otlpGrpcPort),
                new Service.Endpoint(false, otlpHttpPort),
                start)) {
      OtherSenders others = new OtherSenders(api);
      live(shop, others, start);
      return ask(api, shop, others);
    }
  }

  private void live(Shop shop, OtherSenders others, long start) {
    screen.title("Half an hour of a small shop: OpenTelemetry SDK, remote write, Loki push");
    for (int step = 0; step < shop.steps(); step++) {
      shop.step(step);
      long now = start + (step + 1) * Shop.STEP.toNanos();
      others.remoteWrite(now / 1_000_000L, (now - start) / 1e9);
      others.lokiPush(now, step);
      if ((step + 1) % 10 == 0) {
        screen.line("  sent %d of %d minutes".formatted((step + 1) / 2, shop.steps() / 2));
      }
    }
    Shop.Counts counts = shop.counts();
    screen.line(
        "  %d requests, %d spans, %d log lines, %d failures"
            .formatted(counts.requests, counts.spans, counts.logs, counts.failures));
  }

  private boolean ask(Api api, Shop shop, OtherSenders others) {
    Verdict verdict = new Verdict(screen);
    TraceQuestions traces = new TraceQuestions(api, screen, verdict, shop);
    LogQuestions logs =
        new LogQuestions(api, screen, verdict, shop, shop.steps(), others.workerErrors());
    screen.title("Metrics");
    new MetricQuestions(api, screen, verdict, shop).ask();
    screen.title("Logs");
    logs.ask();
    screen.title("Traces");
    traces.ask();
    new IncidentWalk(api, screen, verdict, shop, traces, logs).walk();
    screen.title("On call: who would have been woken, and what it cost");
    new OnCallQuestions(api, screen, verdict, shop, slos).ask();
    screen.title("%d answers right, %d wrong".formatted(verdict.right(), verdict.wrong().size()));
    verdict.wrong().forEach(what -> screen.line("  ✗ " + what));
    return verdict.wrong().isEmpty();
  }
}

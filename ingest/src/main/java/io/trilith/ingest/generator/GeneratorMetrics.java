package io.trilith.ingest.generator;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What the generator tells of itself. Thread-safe. */
final class GeneratorMetrics {
  private final Counter spans;
  private final Counter edges;
  private final Counter failures;

  GeneratorMetrics(PrometheusRegistry registry) {
    spans =
        Counter.builder()
            .name("trilith_generator_spans_total")
            .help("Spans of which metrics were made.")
            .register(registry);
    edges =
        Counter.builder()
            .name("trilith_generator_edges_total")
            .help(
                "Requests between services: paired, virtual (one side sends no spans), expired"
                    + " (the other side did not come) and dropped (too many waited).")
            .labelNames("outcome")
            .register(registry);
    failures =
        Counter.builder()
            .name("trilith_generator_write_failures_total")
            .help("Intervals that could not be written; the next one has their counts too.")
            .register(registry);
  }

  void spans(int count) {
    spans.inc(count);
  }

  void paired() {
    edges.labelValues("paired").inc();
  }

  void virtual() {
    edges.labelValues("virtual").inc();
  }

  void expired() {
    edges.labelValues("expired").inc();
  }

  void dropped() {
    edges.labelValues("dropped").inc();
  }

  void failed() {
    failures.inc();
  }
}

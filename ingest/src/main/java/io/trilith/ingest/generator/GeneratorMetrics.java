package io.trilith.ingest.generator;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What the generator tells of itself. Thread-safe. */
final class GeneratorMetrics {
  private final Counter spans;
  private final CounterDataPoint paired;
  private final CounterDataPoint virtual;
  private final CounterDataPoint expired;
  private final CounterDataPoint dropped;
  private final Counter failures;

  GeneratorMetrics(PrometheusRegistry registry) {
    spans =
        Counter.builder()
            .name("trilith_generator_spans_total")
            .help("Spans of which metrics were made.")
            .register(registry);
    Counter edges =
        Counter.builder()
            .name("trilith_generator_edges_total")
            .help(
                "Requests between services: paired, virtual (one side sends no spans), expired"
                    + " (the other side did not come) and dropped (too many waited).")
            .labelNames("outcome")
            .register(registry);
    paired = edges.labelValues("paired");
    virtual = edges.labelValues("virtual");
    expired = edges.labelValues("expired");
    dropped = edges.labelValues("dropped");
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
    paired.inc();
  }

  void virtual() {
    virtual.inc();
  }

  void expired() {
    expired.inc();
  }

  void dropped() {
    dropped.inc();
  }

  void failed() {
    failures.inc();
  }
}

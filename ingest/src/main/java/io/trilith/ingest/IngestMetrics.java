package io.trilith.ingest;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.model.Signal;

/** Counts what came in and what was refused, by signal and reason. Thread-safe. */
public final class IngestMetrics {
  private final Counter ingested;
  private final Counter rejected;
  private final Counter deduplicated;

  public IngestMetrics(PrometheusRegistry registry) {
    ingested =
        Counter.builder()
            .name("trilith_ingested_items_total")
            .help("Samples, log entries and spans stored.")
            .labelNames("signal")
            .register(registry);
    rejected =
        Counter.builder()
            .name("trilith_rejected_items_total")
            .help("Samples, log entries and spans refused.")
            .labelNames("signal", "reason")
            .register(registry);
    deduplicated =
        Counter.builder()
            .name("trilith_deduplicated_samples_total")
            .help("Samples of replicas that were not the elected one of their pair, dropped.")
            .register(registry);
    for (Signal signal : Signal.values()) {
      ingested.initLabelValues(signal.text());
    }
  }

  public void ingested(Signal signal, long items) {
    ingested.labelValues(signal.text()).inc(items);
  }

  /** Samples that another replica of a pair had sent already. */
  public void deduplicated(long samples) {
    deduplicated.inc(samples);
  }

  public void rejected(Signal signal, Rejections rejections) {
    rejections.forEach((reason, items) -> rejected(signal, reason, items));
  }

  /** The reason is one of a few fixed words, never input. */
  public void rejected(Signal signal, String reason, long items) {
    rejected.labelValues(signal.text(), reason).inc(items);
  }
}

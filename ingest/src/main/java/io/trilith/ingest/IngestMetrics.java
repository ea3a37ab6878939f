package io.trilith.ingest;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;

/** Counts what came in and what was refused, by signal and reason. Thread-safe. */
public final class IngestMetrics {
  private final Counter ingested;
  private final Counter rejected;
  private final Counter deduplicated;
  private final RefusedItems refused;
  private final ShownTenants tenants = new ShownTenants();

  public IngestMetrics(PrometheusRegistry registry, InstantSource clock) {
    refused = new RefusedItems(registry, clock);
    ingested =
        Counter.builder()
            .name("trilith_ingested_items_total")
            .help("Samples, log entries and spans stored.")
            .labelNames("signal")
            .register(registry);
    rejected =
        Counter.builder()
            .name("trilith_rejected_items_total")
            .help("Samples, log entries and spans refused. Tenants beyond the first 500 are one.")
            .labelNames("signal", "reason", "tenant")
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

  /** What was refused of a request. */
  public void rejected(Signal signal, TenantId tenant, Rejections rejections) {
    if (rejections.isEmpty()) {
      return;
    }
    // The reason is one of a few fixed words, never input.
    String of = tenants.shown(tenant);
    rejections.forEach(
        (reason, items) -> rejected.labelValues(signal.text(), reason, of).inc(items));
    refused.refused(signal, tenant, rejections);
  }

  /** What was refused lately. */
  public RefusedItems refused() {
    return refused;
  }
}

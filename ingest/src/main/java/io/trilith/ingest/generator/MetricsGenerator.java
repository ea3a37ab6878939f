package io.trilith.ingest.generator;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.log.Applied;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tsdb.store.MetricAppender;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes metrics of what the trace store has taken, which it writes from time to time straight into
 * the metric store. Every stored span counts when it comes, however late that is; one that is sent
 * twice counts twice. Thread-safe.
 */
public final class MetricsGenerator implements Applied<SpanBatch> {
  private static final Logger log = LoggerFactory.getLogger(MetricsGenerator.class);

  /** Tenants that sent nothing for so long are forgotten. */
  private static final long IDLE_MILLIS = 3_600_000;

  private final MetricAppender metrics;
  private final GeneratorRules rules;
  private final InstantSource clock;
  private final GeneratorMetrics own;
  private final Map<TenantId, TenantGenerator> tenants = new ConcurrentHashMap<>();

  /** A generator that is to be told of what the trace store takes. */
  public MetricsGenerator(
      MetricAppender metrics,
      GeneratorRules rules,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.metrics = metrics;
    this.rules = rules;
    this.clock = clock;
    this.own = new GeneratorMetrics(registry);
    GaugeWithCallback.builder()
        .name("trilith_generator_active_series")
        .help("Series made of spans that have not ended.")
        .callback(callback -> callback.call(sum(TenantGenerator::activeSeries)))
        .register(registry);
    GaugeWithCallback.builder()
        .name("trilith_generator_open_edges")
        .help("Requests of which one side was seen and the other is awaited.")
        .callback(callback -> callback.call(sum(TenantGenerator::openEdges)))
        .register(registry);
    CounterWithCallback.builder()
        .name("trilith_generator_overflowed_total")
        .help("Spans, requests and resources counted in overflow series.")
        .callback(callback -> callback.call(sum(TenantGenerator::overflowed)))
        .register(registry);
  }

  private double sum(ToLongFunction<TenantGenerator> value) {
    return (double) tenants.values().stream().mapToLong(value).sum();
  }

  @Override
  public void applied(Partition partition, long offset, TenantId tenant, SpanBatch batch) {
    if (rules.writing().enabled()) {
      SpanView view = batch.columns().view();
      boolean counted = false;
      while (!counted) {
        TenantGenerator generator =
            tenants.computeIfAbsent(tenant, _ -> new TenantGenerator(rules, own));
        counted = generator.count(view, clock.millis());
        if (!counted) {
          boolean _ = tenants.remove(tenant, generator);
        }
      }
    }
  }

  /** Tenants of which anything is known. */
  int tenants() {
    return tenants.size();
  }

  /** Writes what all tenants' series are now. Called once per interval, by one thread. */
  public void write() {
    write(false);
  }

  /** Writes a last time, after the last span. */
  public void finish() {
    write(true);
  }

  private void write(boolean last) {
    tenants.forEach(
        (tenant, generator) -> {
          try {
            generator.write(
                clock.millis(),
                last,
                batch -> {
                  MetricAppender.AppendResult _ = metrics.append(tenant, batch);
                });
          } catch (RuntimeException e) {
            own.failed();
            log.warn("cannot write the metrics made of spans of tenant {}", tenant, e);
          }
          if (generator.retire(clock.millis() - IDLE_MILLIS)) {
            boolean _ = tenants.remove(tenant, generator);
          }
        });
  }
}

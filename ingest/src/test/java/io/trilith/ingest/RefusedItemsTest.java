package io.trilith.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RefusedItemsTest {
  private static final TenantId TENANT = new TenantId("a");

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private Instant now = Instant.ofEpochSecond(1000);
  private final IngestMetrics metrics = new IngestMetrics(registry, () -> now);

  private void refuse(TenantId tenant, String service, String reason, long items) {
    Rejections rejections = new Rejections();
    rejections.of(service);
    rejections.add(reason, items, "requests", "a message with a value");
    metrics.rejected(Signal.METRICS, tenant, rejections);
  }

  private long combinations() {
    return registry.scrape(name -> name.startsWith("trilith_refused_items")).stream()
        .mapToLong(metric -> metric.getDataPoints().size())
        .sum();
  }

  @Test
  void tellsTheLastOnesOfATenantWithTheKeyThatDecides() {
    refuse(TENANT, "api", "too_many_labels", 3);
    now = now.plusSeconds(1);
    refuse(TENANT, "web", "invalid_histogram", 1);
    refuse(new TenantId("b"), "other", "too_many_labels", 1);
    assertThat(metrics.refused().last(TENANT))
        .containsExactly(
            new RefusedItems.Example(
                1_001_000, Signal.METRICS, "web", "invalid_histogram", "", "requests", 1),
            new RefusedItems.Example(
                1_000_000,
                Signal.METRICS,
                "api",
                "too_many_labels",
                "limits.labels-per-series-max",
                "requests",
                3));
    assertThat(metrics.refused().last(new TenantId("c"))).isEmpty();
  }

  @Test
  void keepsABoundedNumberOfExamplesAndCounters() {
    for (int i = 0; i < 2000; i++) {
      refuse(new TenantId("t" + i % 700), "service" + i, "too_many_labels", 1);
      refuse(TENANT, "api", "too_many_labels", 1);
    }
    assertThat(combinations()).isBetween(100L, 501L);
    assertThat(metrics.refused().last(TENANT)).hasSize(50);
    assertThat(metrics.refused().last(new TenantId("t0"))).isEmpty();
  }

  @Test
  void keepsServicesOfOneRequestApart() {
    Rejections rejections = new Rejections();
    for (int i = 0; i < 1000; i++) {
      rejections.of("service" + i % 3);
      rejections.add("missing_name", 1, "no name");
    }
    metrics.rejected(Signal.TRACES, TENANT, rejections);
    assertThat(metrics.refused().last(TENANT))
        .extracting(RefusedItems.Example::service, RefusedItems.Example::items)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("service0", 334L),
            org.assertj.core.groups.Tuple.tuple("service1", 333L),
            org.assertj.core.groups.Tuple.tuple("service2", 333L));
  }
}

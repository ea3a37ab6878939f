package io.trilith.ingest;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes visible what was refused: a counter by reason, limit, tenant and service, one line a minute
 * and kind in the log, and the last ones of each tenant. Names only, never values. All of it is
 * bounded. Thread-safe.
 */
public final class RefusedItems {
  private static final Logger log = LoggerFactory.getLogger(RefusedItems.class);

  /** Examples kept of one tenant. */
  private static final int EXAMPLES_MAX = 50;

  /** Tenants of which examples are kept; the one refused longest ago is forgotten. */
  private static final int TENANTS_MAX = 200;

  /** Combinations of labels of the counter; beyond them tenant and service are "other". */
  private static final int COUNTED_MAX = 500;

  private static final String OTHER = "other";
  private static final long LOG_MILLIS = 60_000;

  private final Counter counter;
  private final InstantSource clock;

  // Guarded by this.
  private final Set<List<String>> counted = new HashSet<>();
  private final Map<String, Logged> logged = new HashMap<>();
  private final LinkedHashMap<TenantId, Deque<Example>> examples =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TenantId, Deque<Example>> eldest) {
          return size() > TENANTS_MAX;
        }
      };

  /** When a kind was logged last, and how many items were refused since. */
  private static final class Logged {
    private long atMillis = Long.MIN_VALUE;
    private long items;
  }

  /**
   * Items of one request that were refused for one reason.
   *
   * @param service that sent them, empty when it is not known
   * @param limit the key that decides, empty when none does
   * @param name of the metric, label or attribute of the first, empty when there is none
   * @param items 0 when something of an item was left out and the item stored
   */
  public record Example(
      long timeMillis,
      Signal signal,
      String service,
      String reason,
      String limit,
      String name,
      long items) {}

  RefusedItems(PrometheusRegistry registry, InstantSource clock) {
    this.clock = clock;
    this.counter =
        Counter.builder()
            .name("trilith_refused_items_total")
            .help(
                "Samples, log entries and spans refused, with the key that decides and who sent"
                    + " them; tenants and services beyond 500 kinds are \"other\".")
            .labelNames("signal", "reason", "limit", "tenant", "service")
            .register(registry);
  }

  /** What was refused of a tenant lately, the last one first. */
  public synchronized List<Example> last(TenantId tenant) {
    Deque<Example> found = examples.get(tenant);
    return found == null ? List.of() : List.copyOf(found);
  }

  void refused(Signal signal, TenantId tenant, Rejections rejections) {
    long now = clock.millis();
    List<Example> found = new ArrayList<>();
    for (Rejections.Kind kind : rejections.kinds()) {
      found.add(
          new Example(
              now,
              signal,
              Rejections.shown(kind.service()),
              kind.reason(),
              LimitKeys.of(signal, kind.reason()),
              Rejections.shown(kind.name()),
              kind.items()));
    }
    for (Example one : found) {
      remember(tenant, one);
    }
  }

  private synchronized void remember(TenantId tenant, Example one) {
    Deque<Example> ofTenant = examples.computeIfAbsent(tenant, _ -> new ArrayDeque<>());
    if (ofTenant.size() == EXAMPLES_MAX) {
      ofTenant.removeLast();
    }
    ofTenant.addFirst(one);
    if (one.items > 0) {
      count(tenant, one);
    }
    log(tenant, one);
  }

  private void count(TenantId tenant, Example one) {
    List<String> labels =
        List.of(one.signal.text(), one.reason, one.limit, tenant.value(), one.service);
    if (!counted.contains(labels)) {
      if (counted.size() < COUNTED_MAX) {
        counted.add(labels);
      } else {
        labels = List.of(one.signal.text(), one.reason, one.limit, OTHER, OTHER);
      }
    }
    counter.labelValues(labels.toArray(new String[0])).inc(one.items);
  }

  /** Reasons are a few fixed words: so are the kinds. */
  private void log(TenantId tenant, Example one) {
    Logged kind = logged.computeIfAbsent(one.signal.text() + one.reason, _ -> new Logged());
    kind.items += one.items;
    if (kind.atMillis != Long.MIN_VALUE && one.timeMillis - kind.atMillis < LOG_MILLIS) {
      return;
    }
    log.warn(
        "refused: signal={} reason={} items={} limit={}, last tenant={} service='{}' name='{}';"
            + " examples at /api/v1/status/rejections",
        one.signal.text(),
        one.reason,
        kind.items,
        one.limit.isEmpty() ? "none" : one.limit,
        tenant,
        one.service,
        one.name);
    kind.atMillis = one.timeMillis;
    kind.items = 0;
  }
}

package io.trilith.ingest.metrics;

import io.trilith.config.HaDedupeConfig;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Which replica of each cluster is the elected one: the first that sends, until nothing came from
 * it for the failover timeout. Kept in memory: after a restart the first that sends is elected.
 * Bounded: a tenant that is at its limit loses those of its clusters that any replica could take
 * over anyway. Thread-safe.
 */
final class HaElections {
  private final InstantSource clock;
  private final long failoverMillis;
  private final long updateMillis;
  private final int clustersMax;
  private final Map<TenantId, Map<String, AtomicReference<Elected>>> tenants =
      new ConcurrentHashMap<>();

  /** What becomes of a replica's samples. */
  enum Verdict {
    KEPT,
    DROPPED,
    TOO_MANY_CLUSTERS
  }

  /** The elected replica, and when it was last known to send. */
  private record Elected(String replica, long seenMillis) {}

  HaElections(HaDedupeConfig config, InstantSource clock) {
    this.clock = clock;
    this.failoverMillis = config.failoverTimeout().toMillis();
    this.updateMillis = config.updateTimeout().toMillis();
    this.clustersMax = config.clustersMax();
  }

  /** Says that a replica sends samples now, and elects it when nobody else is. */
  Verdict ask(TenantId tenant, String cluster, String replica) {
    long now = clock.millis();
    Map<String, AtomicReference<Elected>> clusters =
        tenants.computeIfAbsent(tenant, _ -> new ConcurrentHashMap<>());
    AtomicReference<Elected> known = clusters.get(cluster);
    if (known == null) {
      known = begin(clusters, cluster, new Elected(replica, now));
      if (known == null) {
        return Verdict.TOO_MANY_CLUSTERS;
      }
    }
    Elected elected = known.get();
    while (true) {
      boolean same = elected.replica().equals(replica);
      long age = now - elected.seenMillis();
      if (same ? age < updateMillis : age < failoverMillis) {
        return same ? Verdict.KEPT : Verdict.DROPPED;
      }
      if (known.compareAndSet(elected, new Elected(replica, now))) {
        return Verdict.KEPT;
      }
      elected = known.get();
    }
  }

  /** The cluster's entry, null when there is no room for one. */
  private @Nullable AtomicReference<Elected> begin(
      Map<String, AtomicReference<Elected>> clusters, String cluster, Elected first) {
    synchronized (clusters) {
      if (clusters.size() >= clustersMax && !clusters.containsKey(cluster)) {
        long now = first.seenMillis();
        clusters.values().removeIf(one -> now - one.get().seenMillis() >= failoverMillis);
      }
      if (clusters.size() >= clustersMax && !clusters.containsKey(cluster)) {
        return null;
      }
      AtomicReference<Elected> made = new AtomicReference<>(first);
      AtomicReference<Elected> before = clusters.putIfAbsent(cluster, made);
      return before == null ? made : before;
    }
  }
}

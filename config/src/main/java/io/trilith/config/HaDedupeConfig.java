package io.trilith.config;

import java.time.Duration;

/**
 * Metrics of pairs of Prometheus servers that scrape the same: of each cluster one replica's
 * samples are kept, the others' are dropped without an error.
 */
public record HaDedupeConfig(
    @Key(
            doc =
                "Keep one replica's samples of series that have both labels, and drop the replica label.",
            value = "false")
        boolean enabled,
    @Key(doc = "Label that names the pair, the same on both replicas.", value = "cluster")
        String clusterLabel,
    @Key(doc = "Label that tells the replicas of a pair apart.", value = "__replica__")
        String replicaLabel,
    @Key(
            doc = "Time without a sample from the elected replica after which another is elected.",
            value = "30s")
        Duration failoverTimeout,
    @Key(
            doc =
                "How exactly the elected replica's last sample is known; shorter than failover-timeout.",
            value = "15s")
        Duration updateTimeout,
    @Key(
            doc =
                "Clusters one tenant may have at once; series of more are refused. Silent ones are forgotten.",
            value = "100")
        int clustersMax) {
  public HaDedupeConfig {
    if (clusterLabel.isEmpty() || replicaLabel.isEmpty() || clusterLabel.equals(replicaLabel)) {
      throw new IllegalArgumentException(
          "ha-dedupe.cluster-label and ha-dedupe.replica-label must be two different names, not '"
              + clusterLabel
              + "' and '"
              + replicaLabel
              + "'");
    }
    if (replicaLabel.equals("__name__") || clusterLabel.equals("__name__")) {
      throw new IllegalArgumentException("ha-dedupe labels must not be __name__");
    }
    if (updateTimeout.isNegative() || failoverTimeout.compareTo(updateTimeout) <= 0) {
      throw new IllegalArgumentException(
          "ha-dedupe.failover-timeout must be longer than ha-dedupe.update-timeout");
    }
    if (clustersMax < 1) {
      throw new IllegalArgumentException("ha-dedupe.clusters-max must be at least 1");
    }
  }

  /** Off, everything else at its default. */
  public static HaDedupeConfig defaults() {
    return new HaDedupeConfig(
        false, "cluster", "__replica__", Duration.ofSeconds(30), Duration.ofSeconds(15), 100);
  }
}

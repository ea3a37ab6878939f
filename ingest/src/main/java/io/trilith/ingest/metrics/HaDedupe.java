package io.trilith.ingest.metrics;

import io.trilith.config.HaDedupeConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesKey;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Keeps the samples of one replica of each pair. Looks at each series' key, asks once per run of
 * series of the same replica, and cuts the replica label out of what is kept. Thread-safe.
 */
final class HaDedupe {
  private final boolean enabled;
  private final int clustersMax;
  private final byte[] clusterLabel;
  private final byte[] replicaLabel;
  private final HaElections elections;

  HaDedupe(HaDedupeConfig config, InstantSource clock) {
    enabled = config.enabled();
    clustersMax = config.clustersMax();
    clusterLabel = AttributeNames.bytes(config.clusterLabel());
    replicaLabel = AttributeNames.bytes(config.replicaLabel());
    elections = new HaElections(config, clock);
  }

  /** Whether batches must be filtered, for which their keys must be checked. */
  boolean isEnabled() {
    return enabled;
  }

  /**
   * Takes what other replicas sent out of a batch whose keys are all checked.
   *
   * @return how many samples and histograms that were
   */
  long filter(TenantId tenant, MetricBatch batch, Rejections rejections) {
    return enabled ? new Pass(tenant, batch).run(rejections) : 0;
  }

  /** One batch. Confined to one thread. */
  private final class Pass {
    private final TenantId tenant;
    private final MetricBatch batch;
    private final BitSet dropped = new BitSet();
    private final BitSet refused = new BitSet();

    // The series that is looked at: its labels, as slices; lengths -1 when not there.
    private int clusterAt;
    private int clusterLength;
    private int replicaAt;
    private int replicaLength;
    private int cutFrom;
    private int cutTo;

    // The replica that was asked about last.
    private byte[] cluster = new byte[0];
    private byte[] replica = new byte[0];
    private byte[] firstRefused = new byte[0];
    private HaElections.Verdict verdict = HaElections.Verdict.DROPPED;

    Pass(TenantId tenant, MetricBatch batch) {
      this.tenant = tenant;
      this.batch = batch;
    }

    long run(Rejections rejections) {
      int count = batch.seriesCount();
      for (int i = 0; i < count; i++) {
        find(i);
        if (clusterLength > 0 && replicaLength > 0) {
          judge(i);
        }
      }
      if (!refused.isEmpty()) {
        rejections.add(
            "too_many_ha_clusters",
            batch.removeSeries(refused),
            "cluster "
                + Rejections.quoted(new String(firstRefused, StandardCharsets.UTF_8))
                + " is one more than ha-dedupe.clusters-max of "
                + clustersMax);
      }
      return dropped.isEmpty() ? 0 : batch.removeSeries(dropped);
    }

    private void judge(int series) {
      byte[] bytes = batch.keyBytes(series);
      boolean same =
          Arrays.equals(bytes, replicaAt, replicaAt + replicaLength, replica, 0, replica.length)
              && Arrays.equals(
                  bytes, clusterAt, clusterAt + clusterLength, cluster, 0, cluster.length);
      if (!same) {
        cluster = Arrays.copyOfRange(bytes, clusterAt, clusterAt + clusterLength);
        replica = Arrays.copyOfRange(bytes, replicaAt, replicaAt + replicaLength);
        verdict =
            elections.ask(
                tenant,
                new String(cluster, StandardCharsets.UTF_8),
                new String(replica, StandardCharsets.UTF_8));
      }
      switch (verdict) {
        case KEPT -> cut(series, bytes);
        case DROPPED -> dropped.set(series);
        case TOO_MANY_CLUSTERS -> {
          firstRefused = refused.isEmpty() ? cluster : firstRefused;
          refused.set(series);
        }
      }
    }

    private void cut(int series, byte[] bytes) {
      ByteWriter own = batch.ownKeys();
      int from = own.size();
      int keyFrom = batch.keyOffset(series);
      int keyTo = keyFrom + batch.keyLength(series);
      own.putBytes(bytes, keyFrom, cutFrom - keyFrom);
      own.putBytes(bytes, cutTo, keyTo - cutTo);
      batch.replaceKey(series, from);
    }

    private void find(int series) {
      byte[] bytes = batch.keyBytes(series);
      int at = batch.keyOffset(series);
      int to = at + batch.keyLength(series);
      clusterLength = -1;
      replicaLength = -1;
      while (at < to) {
        long label = SeriesKey.field(bytes, at, to, SeriesKey.FIRST);
        int end = SeriesKey.end(label);
        long name = SeriesKey.field(bytes, SeriesKey.start(label), end, SeriesKey.FIRST);
        int nameFrom = SeriesKey.start(name);
        int nameTo = SeriesKey.end(name);
        if (is(clusterLabel, bytes, nameFrom, nameTo)) {
          long value = SeriesKey.field(bytes, nameTo, end, SeriesKey.SECOND);
          clusterAt = SeriesKey.start(value);
          clusterLength = (int) value;
        } else if (is(replicaLabel, bytes, nameFrom, nameTo)) {
          long value = SeriesKey.field(bytes, nameTo, end, SeriesKey.SECOND);
          replicaAt = SeriesKey.start(value);
          replicaLength = (int) value;
          cutFrom = at;
          cutTo = end;
        }
        at = end;
      }
    }

    private static boolean is(byte[] label, byte[] bytes, int from, int to) {
      return to - from == label.length && Arrays.equals(bytes, from, to, label, 0, label.length);
    }
  }
}

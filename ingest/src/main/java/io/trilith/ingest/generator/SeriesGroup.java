package io.trilith.ingest.generator;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SeriesKey;
import io.trilith.tsdb.StaleMarker;

/** The series of one set of labels: they begin and end together. Guarded by the tenant's lock. */
abstract class SeriesGroup {
  /** Written at least once. */
  private boolean announced;

  private final long born;
  private long touched;

  SeriesGroup(long nowMillis) {
    born = nowMillis;
    touched = nowMillis;
  }

  static byte[] key(Labels labels, String metric) {
    ByteWriter out = new ByteWriter();
    SeriesKey.put(labels.toBuilder().set(Labels.NAME, metric).build(), out);
    return out.toArray();
  }

  final long born() {
    return born;
  }

  final boolean fresh() {
    return !announced;
  }

  final void announced() {
    announced = true;
  }

  final void touch(long nowMillis) {
    touched = nowMillis;
  }

  final long touched() {
    return touched;
  }

  abstract void write(SampleWriter out);

  /** Says of each series that it has ended. */
  abstract void end(SampleWriter out);

  static void end(byte[] key, SampleWriter out) {
    out.gauge(key, StaleMarker.VALUE);
  }
}

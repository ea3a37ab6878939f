package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tsdb.Detail;

/** Where a block's aggregates of each series are, by resolution. Immutable. */
final class Aggregates {
  private final long[] resolutions;

  /** By resolution: where the records of series begin among all bytes of their kind of pages. */
  private final long[][] starts;

  /**
   * Reads the AGGREGATES section.
   *
   * <pre>
   * aggregates = count:varint ( resolution:varint ( length:varint )*series )*
   * </pre>
   */
  Aggregates(ByteReader in, int series) {
    int count = in.getIndex(MetricBlockFormat.RESOLUTIONS_MAX + 1);
    resolutions = new long[count];
    starts = new long[count][series + 1];
    for (int i = 0; i < count; i++) {
      resolutions[i] = in.getVarint();
      if (resolutions[i] <= 0) {
        throw in.corrupt("a resolution of " + resolutions[i] + " ms");
      }
      for (int number = 0; number < series; number++) {
        starts[i][number + 1] = starts[i][number] + in.getIndex(Integer.MAX_VALUE);
      }
    }
  }

  /** The coarsest resolution that allows for the detail, as its number; -1 when none does. */
  int choose(Detail detail) {
    int chosen = -1;
    for (int i = 0; i < resolutions.length; i++) {
      boolean coarser = chosen < 0 || resolutions[i] > resolutions[chosen];
      if (coarser && detail.allows(resolutions[i])) {
        chosen = i;
      }
    }
    return chosen;
  }

  long start(int resolution, int series) {
    return starts[resolution][series];
  }

  /** Bytes of a series' record; 0 when it has none. */
  int length(int resolution, int series) {
    return (int) (starts[resolution][series + 1] - starts[resolution][series]);
  }
}

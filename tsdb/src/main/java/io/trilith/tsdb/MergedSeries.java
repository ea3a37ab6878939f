package io.trilith.tsdb;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.index.SeriesSource.Samples;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/** Series of several sources, one entry per label set; sources are in order of writing. */
final class MergedSeries implements SeriesSet {
  private final Labels[] labels;
  private final List<List<Samples>> parts;
  private final long oldestMillis;

  private MergedSeries(Labels[] labels, List<List<Samples>> parts, long oldestMillis) {
    this.labels = labels;
    this.parts = parts;
    this.oldestMillis = oldestMillis;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Labels labels(int series) {
    return labels[series];
  }

  @Override
  public void read(int series, long minMillis, long maxMillis, SampleBuffer into) {
    into.clear();
    long from = Math.max(minMillis, oldestMillis);
    List<Samples> sources = parts.get(series);
    for (int i = 0; i < sources.size(); i++) {
      sources.get(i).addTo(from, maxMillis, into);
    }
    into.sortAndKeepLast();
  }

  /** Bytes that a series found takes: its labels, whose texts it shares, and the way to it. */
  static long bytes(Labels series) {
    return 200 + 8L * series.size();
  }

  /** Collects series; sources must be visited in order of writing. */
  static final class Builder {
    private final Map<Labels, List<Samples>> found = new HashMap<>();
    private final LongConsumer charge;

    Builder(LongConsumer charge) {
      this.charge = charge;
    }

    void add(Labels series, Samples samples) {
      List<Samples> known = found.get(series);
      if (known == null) {
        charge.accept(bytes(series));
        known = new ArrayList<>(1);
        found.put(series, known);
      }
      known.add(samples);
    }

    /** Samples before the given time are hidden: they have expired. */
    MergedSeries build(long oldestMillis) {
      Labels[] sorted = found.keySet().toArray(Labels[]::new);
      Arrays.sort(sorted);
      List<List<Samples>> parts = new ArrayList<>(sorted.length);
      for (Labels series : sorted) {
        parts.add(found.getOrDefault(series, List.of()));
      }
      return new MergedSeries(sorted, parts, oldestMillis);
    }
  }
}

package io.trilith.cli.bucket;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.SeriesCursor;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/** Samples in any order on their way to blocks of a day each. Not thread-safe. */
final class DayBuffer {
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final int SAMPLES_MAX = 2_000_000;

  /** What a series takes, in samples. */
  private static final int SERIES_COST = 200;

  private final TreeMap<Long, TreeMap<Labels, SampleBuffer>> days = new TreeMap<>();
  private long held;

  /** Takes a sample. */
  void add(Labels labels, long millis, double value) {
    SampleBuffer samples =
        days.computeIfAbsent(Math.floorDiv(millis, DAY), _ -> new TreeMap<>())
            .computeIfAbsent(
                labels,
                _ -> {
                  held += SERIES_COST;
                  return new SampleBuffer();
                });
    samples.add(millis, value);
    held++;
  }

  boolean isFull() {
    return held >= SAMPLES_MAX;
  }

  /** Hands everything over, the oldest day first. */
  void drain(ImportTarget target, Map<String, MetricMetadata> metadata) {
    while (!days.isEmpty()) {
      target.metrics(cursor(days.pollFirstEntry().getValue()), metadata);
    }
    held = 0;
  }

  private static SeriesCursor cursor(TreeMap<Labels, SampleBuffer> day) {
    Iterator<Map.Entry<Labels, SampleBuffer>> all = day.entrySet().iterator();
    return new SeriesCursor() {
      private Map.Entry<Labels, SampleBuffer> at = Map.entry(Labels.EMPTY, new SampleBuffer());

      @Override
      public boolean next() {
        if (!all.hasNext()) {
          return false;
        }
        at = all.next();
        return true;
      }

      @Override
      public Labels labels() {
        return at.getKey();
      }

      @Override
      public void read(SampleBuffer into) {
        into.clear();
        SampleBuffer from = at.getValue();
        for (int i = 0; i < from.size(); i++) {
          into.add(from.timestamps()[i], from.values()[i]);
        }
        into.sortAndKeepLast();
      }
    };
  }
}

package io.trilith.tsdb.head;

import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.LabelWalk;
import io.trilith.tsdb.index.NumberTable;
import io.trilith.tsdb.index.SeriesSelection;
import java.util.Arrays;

/** Series of a head that were found. Immutable, thread-safe. */
final class HeadSelection implements SeriesSelection {
  private final MetricHead head;
  private final SeriesRegistry.Snapshot registry;
  private final int[] numbers;

  /** Of series of a head, in order of labels. */
  HeadSelection(MetricHead head, SeriesRegistry.Snapshot registry, int[] numbers) {
    this.head = head;
    this.registry = registry;
    this.numbers = numbers;
  }

  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public void addTo(int place, long min, long max, SampleBuffer into) {
    head.read(numbers[place], min, max, into);
  }

  @Override
  public LabelWalk walk(LabelNumbers shared) {
    return new Walk(shared);
  }

  private final class Walk implements LabelWalk {
    private final LabelNumbers shared;
    private NumberTable known = new NumberTable(registry.pairs());
    private int count;
    private int[] pairs = new int[16];
    private int[] current = new int[16];

    Walk(LabelNumbers shared) {
      this.shared = shared;
    }

    @Override
    public int moveTo(int place) {
      SeriesTable.Snapshot series = registry.series();
      int number = numbers[place];
      int before = count;
      count = series.count(number);
      if (pairs.length < count) {
        pairs = Arrays.copyOf(pairs, count);
        current = Arrays.copyOf(current, count);
      }
      int[] page = series.page(number);
      int first = series.offset(number);
      int same = Math.min(before, count);
      for (int i = count - 1; i >= 0; i--) {
        int pair = page[first + i];
        if (i >= before || pair != pairs[i]) {
          pairs[i] = pair;
          current[i] = number(pair);
          same = Math.min(same, i);
        }
      }
      return same;
    }

    @Override
    public void renumber() {
      known = new NumberTable(registry.pairs());
      for (int i = 0; i < count; i++) {
        current[i] = number(pairs[i]);
      }
    }

    private int number(int pair) {
      int number = known.get(pair);
      if (number < 0) {
        number = registry.number(pair, shared);
        known.put(pair, number);
      }
      return number;
    }

    @Override
    public int count() {
      return count;
    }

    @Override
    public int[] labels() {
      return current;
    }
  }
}

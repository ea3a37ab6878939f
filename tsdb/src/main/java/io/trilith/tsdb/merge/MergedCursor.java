package io.trilith.tsdb.merge;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.SeriesCursor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The series of several blocks as one: those of equal labels joined, the sample of the later block
 * kept where two have one timestamp. Holds one series at a time. Not thread-safe.
 */
public final class MergedCursor implements SeriesCursor {
  /** A block's cursor at a series. */
  private static final class Input {
    private final BlockCursor series;
    private final int order;
    private Labels labels = Labels.EMPTY;

    Input(BlockCursor series, int order) {
      this.series = series;
      this.order = order;
    }

    Labels labels() {
      return labels;
    }

    int order() {
      return order;
    }

    boolean next() {
      if (!series.next()) {
        return false;
      }
      labels = series.labels();
      return true;
    }
  }

  private final PriorityQueue<Input> waiting =
      new PriorityQueue<>(Comparator.comparing(Input::labels).thenComparingInt(Input::order));
  private final List<Input> current = new ArrayList<>();

  /** The blocks in order of writing. */
  public MergedCursor(List<BlockCursor> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      current.add(new Input(inputs.get(i), i));
    }
  }

  @Override
  public boolean next() {
    for (Input input : current) {
      if (input.next()) {
        waiting.add(input);
      }
    }
    current.clear();
    Input first = waiting.poll();
    if (first == null) {
      return false;
    }
    current.add(first);
    while (true) {
      Input other = waiting.peek();
      if (other == null || !other.labels.equals(first.labels)) {
        return true;
      }
      current.add(waiting.remove());
    }
  }

  @Override
  public Labels labels() {
    return current.getFirst().labels;
  }

  @Override
  public void read(SampleBuffer into) {
    into.clear();
    for (Input input : current) {
      input.series.append(into);
    }
    into.sortAndKeepLast();
  }
}

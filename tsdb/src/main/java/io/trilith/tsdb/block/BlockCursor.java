package io.trilith.tsdb.block;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SampleBuffer;

/** All series of a block with their samples of a range, to be written anew. Not thread-safe. */
public final class BlockCursor implements SeriesCursor {
  private final SeriesTable.Cursor at;
  private final BlockData data;
  private final int count;
  private final long min;
  private final long max;
  private int number = -1;

  BlockCursor(SeriesTable.Cursor at, BlockData data, int count, long min, long max) {
    this.at = at;
    this.data = data;
    this.count = count;
    this.min = min;
    this.max = max;
  }

  @Override
  public boolean next() {
    if (++number >= count) {
      return false;
    }
    at.moveTo(number);
    return true;
  }

  @Override
  public Labels labels() {
    return at.labels();
  }

  @Override
  public void read(SampleBuffer into) {
    into.clear();
    append(into);
  }

  /** Appends the samples of the series. */
  public void append(SampleBuffer into) {
    data.read(at.place(), min, max, into);
  }
}

package io.trilith.tsdb.block;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SampleBuffer;

/** Series on their way into a block, in ascending order of labels, each once. Not thread-safe. */
public interface SeriesCursor {
  /** Moves to the next series; the first call moves to the first. False at the end. */
  boolean next();

  /** Of the series that the cursor is at. */
  Labels labels();

  /**
   * Clears the buffer and fills it with the samples of the series, ascending, one per timestamp;
   * with none the series is left out. Once per series.
   */
  void read(SampleBuffer into);
}

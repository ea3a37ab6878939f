package io.trilith.logstore.head;

import io.trilith.logstore.LogBatch;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;

/**
 * One stream of a head, in chunks of a page's size: what is full is not copied again when the
 * stream grows. Thread-safe by its own monitor.
 */
final class HeadStream {
  private static final int FIRST_BYTES = 1 << 10;
  private static final int NEXT_BYTES = 1 << 16;

  private final Labels labels;
  private final List<HeadChunk> chunks = new ArrayList<>(1);
  private HeadChunk open = new HeadChunk(FIRST_BYTES);

  HeadStream(Labels labels) {
    this.labels = labels;
    chunks.add(open);
  }

  Labels labels() {
    return labels;
  }

  /** Adds an entry and returns by how many bytes the stream grew, roughly. */
  synchronized int add(LogBatch batch, int entry) {
    if (open.isFull(batch.lineEnd(entry) - batch.lineStart(entry))) {
      open = new HeadChunk(NEXT_BYTES);
      chunks.add(open);
    }
    return open.add(batch, entry);
  }

  /**
   * All chunks in lists; in each list they follow one another in time, and no time is in two of
   * them. One list when entries came in order.
   */
  synchronized List<List<HeadChunk>> inOrder() {
    List<List<HeadChunk>> lists = new ArrayList<>(1);
    for (HeadChunk chunk : chunks) {
      List<HeadChunk> fitting = null;
      long min = chunk.minTime();
      for (List<HeadChunk> list : lists) {
        if (list.getLast().maxTime() < min) {
          fitting = list;
          break;
        }
      }
      if (fitting == null) {
        fitting = new ArrayList<>(chunks.size());
        lists.add(fitting);
      }
      fitting.add(chunk);
    }
    return lists;
  }

  synchronized boolean overlaps(long min, long max) {
    for (PageRef chunk : chunks) {
      if (chunk.minTime() <= max && chunk.maxTime() >= min) {
        return true;
      }
    }
    return false;
  }
}

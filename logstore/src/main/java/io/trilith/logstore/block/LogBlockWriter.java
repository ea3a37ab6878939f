package io.trilith.logstore.block;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageGroups;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.logstore.page.PageScan;
import io.trilith.logstore.page.SplitPageWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeSet;

/**
 * Writes one log block of the streams of some sources, see {@link LogBlockFormat}: duplicates once,
 * pages that are large enough and alone in their time as they are, all others made anew. One page
 * is in memory at a time. Used once, by one thread.
 */
public final class LogBlockWriter implements AutoCloseable {
  private static final long COPY_FROM = SplitPageWriter.LINE_BYTES / 3;
  private static final int CHECK_EVERY = 1 << 10;

  private final BlockParts block;
  private final SplitPageWriter page = new SplitPageWriter();
  private final ByteWriter bytes = new ByteWriter(1 << 18);
  private int sinceCheck;
  private long copied;

  /**
   * What was written: size of the block, entries after removal of duplicates, time range, pages
   * that were taken over as they were.
   */
  public record Written(long bytes, long entries, long minTime, long maxTime, long copied) {}

  private LogBlockWriter(ObjectOutput out) {
    this.block = new BlockParts(out);
  }

  @Override
  public void close() {
    page.close();
  }

  /**
   * Writes a whole block; the caller commits the output.
   *
   * @param sources in order of writing, of each its streams sorted by labels
   * @param oldest entries before it are left out
   */
  public static Written write(ObjectOutput out, List<List<StreamPages>> sources, long oldest) {
    try (LogBlockWriter writer = new LogBlockWriter(out)) {
      TreeSet<Labels> all = new TreeSet<>();
      sources.forEach(streams -> streams.forEach(stream -> all.add(stream.labels())));
      writer.block.begin(all);
      writer.putAll(sources, oldest);
      return writer.block.finish(writer.copied);
    }
  }

  private static final class Input {
    final int order;
    final List<StreamPages> streams;
    int at;

    Input(int order, List<StreamPages> streams) {
      this.order = order;
      this.streams = streams;
    }

    Labels labels() {
      return streams.get(at).labels();
    }
  }

  private void putAll(List<List<StreamPages>> sources, long oldest) {
    PriorityQueue<Input> inputs =
        new PriorityQueue<>(
            Comparator.comparing(Input::labels).thenComparingInt(input -> input.order));
    for (int i = 0; i < sources.size(); i++) {
      if (!sources.get(i).isEmpty()) {
        inputs.add(new Input(i, sources.get(i)));
      }
    }
    while (!inputs.isEmpty()) {
      Labels labels = inputs.element().labels();
      List<List<? extends PageRef>> ofStream = new ArrayList<>();
      while (!inputs.isEmpty() && inputs.element().labels().equals(labels)) {
        Input input = inputs.remove();
        ofStream.add(input.streams.get(input.at).pages());
        if (++input.at < input.streams.size()) {
          inputs.add(input);
        }
      }
      putStream(labels, ofStream, oldest);
    }
  }

  private void putStream(
      Labels labels, List<? extends List<? extends PageRef>> sources, long oldest) {
    for (PageGroups.Group group : PageGroups.of(sources, oldest, Long.MAX_VALUE)) {
      if (group.isSingle()) {
        for (PageRef one : group.sources().getFirst()) {
          if (one instanceof BlockPages.Split split
              && split.lineBytes() >= COPY_FROM
              && split.minTime() >= oldest) {
            closePage();
            copy(split);
          } else {
            add(List.of(List.of(one)), oldest);
          }
        }
      } else {
        add(group.sources(), oldest);
      }
    }
    closePage();
    block.endStream(labels);
  }

  private void add(List<? extends List<? extends PageRef>> sources, long oldest) {
    EntryCursor cursor =
        new MergeCursor(sources, oldest, Long.MAX_VALUE, Direction.FORWARD, PageScan.EVERYTHING);
    while (cursor.next()) {
      page.add(cursor);
      if (page.isFull()) {
        closePage();
      }
      if (++sinceCheck == CHECK_EVERY) {
        sinceCheck = 0;
        checkInterrupt();
      }
    }
  }

  /** Throws when the thread was interrupted: the process is stopping. */
  public static void checkInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException.Unavailable(
          "writing a log block was given up", new InterruptedException("the process is stopping"));
    }
  }

  private void copy(BlockPages.Split split) {
    checkInterrupt();
    ByteBuffer content = split.copy();
    block.putSplit(
        new BlockParts.Summary(split.minTime(), split.maxTime(), split.count(), split.lineBytes()),
        new SplitPageWriter.Written(
            split.filter(), split.times(), split.head(), content.remaining()),
        content);
    copied++;
  }

  private void closePage() {
    if (page.count() == 0) {
      return;
    }
    BlockParts.Summary summary =
        new BlockParts.Summary(page.minTime(), page.maxTime(), page.count(), page.lineBytes());
    bytes.clear();
    SplitPageWriter.Written written = page.finish(bytes);
    block.putSplit(summary, written, bytes.view());
  }
}

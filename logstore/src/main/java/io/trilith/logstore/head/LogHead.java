package io.trilith.logstore.head;

import io.trilith.logstore.LogBatch;
import io.trilith.logstore.chunk.DistinctEntries;
import io.trilith.logstore.chunk.StreamSource;
import io.trilith.logstore.page.PlainPage;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * One generation of a tenant's recent logs, in memory. Batches are added by one thread at a time
 * (the tenant's lock); queries run beside it.
 */
public final class LogHead implements StreamSource {
  private static final int STREAM_BYTES = 1800;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Map<Labels, HeadStream> byLabels = new HashMap<>();
  private final List<HeadStream> streams = new ArrayList<>();
  private final LabelIndex index = new LabelIndex();
  private long entries;

  /** Adds a batch and returns by how many bytes the head grew, roughly. */
  public long add(LogBatch batch) {
    lock.writeLock().lock();
    try {
      HeadStream[] known = new HeadStream[batch.streams().size()];
      long grown = 0;
      for (int i = 0; i < batch.entries(); i++) {
        int number = batch.stream(i);
        HeadStream stream = known[number];
        if (stream == null) {
          int before = streams.size();
          stream = byLabels.computeIfAbsent(batch.streams().get(number), this::create);
          known[number] = stream;
          grown += (long) (streams.size() - before) * STREAM_BYTES;
        }
        grown += stream.add(batch, i);
      }
      entries += batch.entries();
      return grown;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private HeadStream create(Labels labels) {
    HeadStream created = new HeadStream(labels);
    index.add(streams.size(), labels);
    streams.add(created);
    return created;
  }

  /** Whether it has entries of a stream. */
  public boolean has(Labels labels) {
    lock.readLock().lock();
    try {
      return byLabels.containsKey(labels);
    } finally {
      lock.readLock().unlock();
    }
  }

  public long entries() {
    lock.readLock().lock();
    try {
      return entries;
    } finally {
      lock.readLock().unlock();
    }
  }

  public int streamCount() {
    lock.readLock().lock();
    try {
      return streams.size();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Hands over the labels of all streams. */
  public void eachLabels(Consumer<Labels> visitor) {
    lock.readLock().lock();
    try {
      streams.forEach(stream -> visitor.accept(stream.labels()));
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Hands over the distinct entries of all streams, in order of labels and time. */
  public void eachEntry(EntryVisitor visitor) {
    List<HeadStream> sorted;
    lock.readLock().lock();
    try {
      sorted = new ArrayList<>(streams);
    } finally {
      lock.readLock().unlock();
    }
    sorted.sort(Comparator.comparing(HeadStream::labels));
    for (HeadStream stream : sorted) {
      DistinctEntries entries = new DistinctEntries(stream.inOrder());
      while (entries.next()) {
        visitor.entry(entries.page(), entries.entry());
      }
      visitor.end(stream.labels());
    }
  }

  /** Takes entries, stream by stream. */
  public interface EntryVisitor {
    void entry(PlainPage page, int entry);

    /** Told after the last entry of a stream. */
    void end(Labels labels);
  }

  @Override
  public void select(List<Matcher> matchers, long min, long max, StreamVisitor visitor) {
    List<HeadStream> found = new ArrayList<>();
    lock.readLock().lock();
    try {
      IntIterator numbers = index.find(matchers).getIntIterator();
      while (numbers.hasNext()) {
        found.add(streams.get(numbers.next()));
      }
    } finally {
      lock.readLock().unlock();
    }
    for (HeadStream stream : found) {
      if (stream.overlaps(min, max)) {
        stream.inOrder().forEach(chunks -> visitor.accept(stream.labels(), chunks));
      }
    }
  }

  private RoaringBitmap overlapping(List<Matcher> matchers, long min, long max) {
    RoaringBitmap inRange = new RoaringBitmap();
    IntIterator numbers = index.find(matchers).getIntIterator();
    while (numbers.hasNext()) {
      int number = numbers.next();
      if (streams.get(number).overlaps(min, max)) {
        inRange.add(number);
      }
    }
    return inRange;
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      index.addNames(overlapping(matchers, min, max), into);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void labelValues(
      String name, List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      index.addValues(name, overlapping(matchers, min, max), into);
    } finally {
      lock.readLock().unlock();
    }
  }
}

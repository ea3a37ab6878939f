package io.trilith.tsdb.head;

import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.LabelStrings;
import io.trilith.tsdb.SeriesKey;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.roaringbitmap.RoaringBitmap;

/**
 * Who a tenant's series are: keys, labels and postings by number. One head after the other uses the
 * same, so that a flush does not make every series new. Series are added by one thread at a time
 * (the tenant's lock), which alone uses keys and labels; queries use the postings beside it.
 */
public final class SeriesRegistry {
  /** Postings, entries of tables and labels of a series, beside what each label takes. */
  private static final int SERIES_BYTES = 120;

  private static final int LABEL_BYTES = 20;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final KeyIndex keys = new KeyIndex();
  private final LabelStrings strings = new LabelStrings();
  private Labels[] labels = new Labels[0];
  private final LabelIndex index = new LabelIndex();
  private long bytes;

  KeyIndex keys() {
    return keys;
  }

  Labels labels(int number) {
    return labels[number];
  }

  /** Bytes of everything, roughly. */
  long bytes() {
    return bytes;
  }

  /**
   * The number of a series, which gets one when it has none.
   *
   * @param previous the number that was asked for before this one, or -1
   * @return -1 when the bytes are not a key
   */
  int number(byte[] source, int from, int length, int previous) {
    int known = keys.find(source, from, length, previous);
    return known >= 0 ? known : add(source, from, length, previous);
  }

  private int add(byte[] source, int from, int length, int previous) {
    long stringBytes = strings.bytes();
    Labels made = SeriesKey.labels(source, from, length, strings);
    if (made == null) {
      return -1;
    }
    int number = keys.add(source, from, length, previous);
    if (number == labels.length) {
      labels = Arrays.copyOf(labels, Math.max(8, number * 2));
    }
    labels[number] = made;
    lock.writeLock().lock();
    try {
      index.add(number, made);
    } finally {
      lock.writeLock().unlock();
    }
    long own = SERIES_BYTES + (long) LABEL_BYTES * made.size() + length;
    bytes += own + strings.bytes() - stringBytes;
    return number;
  }

  RoaringBitmap find(List<Matcher> matchers) {
    lock.readLock().lock();
    try {
      return index.find(matchers);
    } finally {
      lock.readLock().unlock();
    }
  }

  void addNames(RoaringBitmap series, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      index.addNames(series, into);
    } finally {
      lock.readLock().unlock();
    }
  }

  void addValues(String name, RoaringBitmap series, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      index.addValues(name, series, into);
    } finally {
      lock.readLock().unlock();
    }
  }
}

package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.SeriesKey;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.TextSet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Who a tenant's series are: labels and postings by number. One head after the other uses the same,
 * so that a flush does not make every series new. Series are looked up and added by one thread at a
 * time (the tenant's lock); queries use labels and postings beside it.
 */
public final class SeriesRegistry {
  /** Labels of fewer than one in this many series are looked at series by series. */
  private static final int FEW = 8;

  private static final byte[] NAME = Labels.NAME.getBytes(StandardCharsets.UTF_8);

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final PairTable pairs = new PairTable();
  private final SeriesTable series = new SeriesTable(pairs);
  private final PairPostings postings = new PairPostings(pairs);
  private final SeriesOrder order = new SeriesOrder(series, postings);

  /** Labels of the series that is being added. */
  private int[] labels = new int[32];

  int size() {
    return series.size();
  }

  /** Bytes of everything, roughly. */
  long bytes() {
    return pairs.bytes() + series.bytes() + postings.bytes() + order.bytes();
  }

  /**
   * The number of a series.
   *
   * @param previous the number that was asked for before this one, or -1
   * @param before the key of {@code previous}
   * @return -1 when it has none
   */
  int find(KeySlice key, int previous, KeySlice before) {
    int known = previous >= 0 ? series.predicted(previous, before, key) : -1;
    return known >= 0 ? known : series.find(key, previous);
  }

  /**
   * Gives a number to a series that has none.
   *
   * @return -1 when the bytes are not a key
   */
  int add(KeySlice key, int previous, KeySlice before) {
    lock.writeLock().lock();
    try {
      int count = resolve(key.bytes, key.from, key.length);
      if (count < 0) {
        return -1;
      }
      int number = series.add(labels, count, key, previous, before);
      for (int i = 0; i < count; i++) {
        postings.add(labels[i], number);
      }
      postings.setSeriesCount(number + 1);
      return number;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Finds or adds the labels of a key; returns how many, -1 when the bytes are not a key. */
  private int resolve(byte[] bytes, int from, int length) {
    int count = 0;
    int at = from;
    int to = from + length;
    while (at < to) {
      long label = SeriesKey.field(bytes, at, to, SeriesKey.FIRST);
      if (label < 0) {
        return -1;
      }
      int end = SeriesKey.end(label);
      int pair = pairs.find(bytes, at, end - at);
      if (pair < 0) {
        pair = addPair(bytes, at, label);
      }
      if (pair < 0 || count > 0xffff - 1 || (count > 0 && !ascending(labels[count - 1], pair))) {
        return -1;
      }
      if (count == labels.length) {
        labels = Arrays.copyOf(labels, count * 2);
      }
      labels[count++] = pair;
      at = end;
    }
    return count;
  }

  private boolean ascending(int pair, int next) {
    int name = pairs.name(pair);
    int nextName = pairs.name(next);
    return name != nextName && postings.name(name).compareTo(postings.name(nextName)) < 0;
  }

  private int addPair(byte[] bytes, int at, long label) {
    int end = SeriesKey.end(label);
    long name = SeriesKey.field(bytes, SeriesKey.start(label), end, SeriesKey.FIRST);
    long value = name < 0 ? -1 : SeriesKey.field(bytes, SeriesKey.end(name), end, SeriesKey.SECOND);
    if (value < 0 || SeriesKey.end(value) != end) {
      return -1;
    }
    String text = new String(bytes, SeriesKey.start(name), (int) name, StandardCharsets.UTF_8);
    int pair = pairs.add(bytes, at, end - at, postings.nameNumber(text));
    postings.addPair(pair);
    return pair;
  }

  /** How many series have the metric name of a key. Only for the one who adds. */
  int ofMetric(KeySlice key) {
    int to = key.from + key.length;
    for (int at = key.from; at < to; ) {
      long label = SeriesKey.field(key.bytes, at, to, SeriesKey.FIRST);
      if (label < 0) {
        return 0;
      }
      int end = SeriesKey.end(label);
      long name = SeriesKey.field(key.bytes, SeriesKey.start(label), end, SeriesKey.FIRST);
      if (name >= 0
          && Arrays.equals(
              key.bytes, SeriesKey.start(name), SeriesKey.end(name), NAME, 0, NAME.length)) {
        int pair = pairs.find(key.bytes, at, end - at);
        return pair < 0 ? 0 : postings.count(pair);
      }
      at = end;
    }
    return 0;
  }

  /** Series of the metric that has the most. */
  int largestMetric() {
    lock.readLock().lock();
    try {
      return postings.largest(Labels.NAME);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Another one with some of the series only, which have other numbers there. */
  SeriesRegistry only(RoaringBitmap kept) {
    SeriesRegistry next = new SeriesRegistry();
    KeySlice key = new KeySlice();
    KeySlice before = new KeySlice();
    ByteWriter one = new ByteWriter(256);
    int previous = -1;
    PeekableIntIterator numbers = kept.getIntIterator();
    while (numbers.hasNext()) {
      one = new ByteWriter(256);
      putKey(numbers.next(), one);
      key.set(one.array(), 0, one.size());
      previous = next.add(key, previous, before);
      before.set(one.array(), 0, one.size());
    }
    return next;
  }

  /** Bytes of a series' key. Only for the one who adds. */
  int keyLength(int number) {
    return series.keyLength(number);
  }

  /** Appends a series' key. Only for the one who adds. */
  void putKey(int number, ByteWriter out) {
    series.putKey(number, out);
  }

  /** The labels of a series, made anew. */
  Labels labels(int number) {
    lock.readLock().lock();
    try {
      String[] texts = new String[2 * series.pairCount(number)];
      for (int i = 0; i < texts.length / 2; i++) {
        int pair = series.pair(number, i);
        texts[2 * i] = postings.name(pairs.name(pair));
        texts[2 * i + 1] = pairs.value(pair);
      }
      return Labels.ofSorted(texts);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Puts series, given in order of their numbers, into order of their labels. */
  void sort(int[] numbers) {
    lock.readLock().lock();
    try {
      order.sort(numbers);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The series that are there now. */
  Snapshot snapshot() {
    lock.readLock().lock();
    try {
      return new Snapshot(this, series.snapshot(), pairs.size());
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Series and labels that were there at some time, read mostly without a lock.
   *
   * @param pairs how many labels there were
   */
  record Snapshot(SeriesRegistry of, SeriesTable.Snapshot series, int pairs) {
    /** The number of a label among those of several sources. */
    int number(int pair, LabelNumbers numbers) {
      of.lock.readLock().lock();
      try {
        int name = numbers.name(of.postings.name(of.pairs.name(pair)));
        return of.pairs.number(pair, name, numbers);
      } finally {
        of.lock.readLock().unlock();
      }
    }
  }

  Cardinality cardinality(int limit) {
    lock.readLock().lock();
    try {
      return postings.cardinality(limit);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The series that satisfy all matchers; the caller owns the answer. */
  RoaringBitmap find(List<Matcher> matchers) {
    lock.readLock().lock();
    try {
      return postings.find(matchers);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Whether it is cheaper to look at each series than at lists of series. */
  private boolean isFew(RoaringBitmap found) {
    return found.getCardinality() < series.size() / FEW;
  }

  /** Adds the names of the labels that the given series, null for all, have. */
  void addNames(@Nullable RoaringBitmap matching, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      if (matching == null || !isFew(matching)) {
        postings.addNames(matching, into);
        return;
      }
      BitSet seen = new BitSet(postings.nameCount());
      for (int number : matching) {
        for (int i = 0; i < series.pairCount(number); i++) {
          seen.set(pairs.name(series.pair(number, i)));
        }
      }
      seen.stream().forEach(name -> into.add(postings.name(name)));
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Adds the values that a label has in the given series, null for all. */
  void addValues(String name, @Nullable RoaringBitmap matching, TextSet into) {
    lock.readLock().lock();
    try {
      int wanted = postings.find(name);
      if (wanted < 0) {
        return;
      }
      // A series has some ten labels to look at, a value one list: the values of the metric's name
      // are
      // few, however many series there are.
      if (matching == null || matching.getCardinality() >= postings.valueCount(wanted)) {
        postings.addValues(wanted, matching, into);
        return;
      }
      BitSet seen = new BitSet();
      for (int number : matching) {
        for (int i = 0; i < series.pairCount(number); i++) {
          int pair = series.pair(number, i);
          if (pairs.name(pair) == wanted) {
            seen.set(pair);
          }
        }
      }
      seen.stream().forEach(pair -> pairs.addTo(pair, into));
    } finally {
      lock.readLock().unlock();
    }
  }
}

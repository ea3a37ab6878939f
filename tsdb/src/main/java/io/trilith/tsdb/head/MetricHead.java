package io.trilith.tsdb.head;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.index.SeriesSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * One generation of a tenant's recent metrics, in memory. Batches are added by one thread at a time
 * (the tenant's lock); queries run beside it.
 */
public final class MetricHead implements SeriesSource {
  /** Exemplars kept per generation; the oldest arrival goes first. */
  private static final int EXEMPLARS_MAX = 20_000;

  /** The objects and the first window of a series. */
  private static final int SERIES_BYTES = 240;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final SeriesRegistry registry;

  /** By number in the registry; null for series without an item here. */
  private @Nullable HeadSeries[] series = new HeadSeries[0];

  private int seriesCount;
  private final Deque<SeriesExemplar> exemplars = new ArrayDeque<>();
  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private long samples;

  /** Bytes by which the head grew since it was asked last. */
  private long grown;

  /** A head whose series have their numbers from the registry. */
  public MetricHead(SeriesRegistry registry) {
    this.registry = registry;
  }

  SeriesRegistry registry() {
    return registry;
  }

  /** An exemplar and the series it belongs to. */
  public record SeriesExemplar(Labels series, Exemplar exemplar) {}

  /** A series ready to be written into a block. */
  public record SealedSeries(Labels labels, List<Chunk> chunks) {}

  /**
   * The numbers here of a batch's series, by their numbers there; those that are new get one. -1
   * for series without an item.
   */
  public int[] resolve(MetricBatch batch) {
    lock.writeLock().lock();
    try {
      int[] numbers = new int[batch.seriesCount()];
      Arrays.fill(numbers, -1);
      int last = -1;
      for (int i = 0; i < batch.samples(); i++) {
        last = resolve(batch, batch.sampleSeries(i), numbers, last);
      }
      for (MetricBatch.HistogramSample sample : batch.histograms()) {
        last = resolve(batch, sample.series(), numbers, last);
      }
      for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
        last = resolve(batch, exemplar.series(), numbers, last);
      }
      return numbers;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private int resolve(MetricBatch batch, int inBatch, int[] numbers, int previous) {
    if (numbers[inBatch] < 0) {
      numbers[inBatch] =
          number(
              batch.keyBytes(inBatch),
              batch.keyOffset(inBatch),
              batch.keyLength(inBatch),
              previous);
      if (numbers[inBatch] < 0) {
        throw new IllegalArgumentException("the key of a series is malformed");
      }
    }
    return numbers[inBatch];
  }

  private int number(byte[] bytes, int from, int length, int previous) {
    long before = registry.bytes();
    int number = registry.number(bytes, from, length, previous);
    if (number >= 0 && (number >= series.length || series[number] == null)) {
      if (number >= series.length) {
        series = Arrays.copyOf(series, Math.max(registry.keys().size(), series.length * 2));
      }
      series[number] = new HeadSeries(registry.labels(number));
      seriesCount++;
      grown += SERIES_BYTES + registry.bytes() - before;
    }
    return number;
  }

  private HeadSeries at(int number) {
    return Objects.requireNonNull(series[number]);
  }

  /**
   * The number of the series with a key, as it stands in a log record.
   *
   * @return -1 when the bytes are not a key
   */
  int numberOfKey(byte[] key) {
    lock.writeLock().lock();
    try {
      return number(key, 0, key.length, -1);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** The keys of the series, by number. Only for the one who adds. */
  KeyIndex keys() {
    return registry.keys();
  }

  /** Whether this is known of the metric already. Only for the one who adds. */
  boolean knows(String metric, MetricMetadata entry) {
    return entry.equals(metadata.get(metric));
  }

  /** Adds a batch whose series are resolved, and returns by how many bytes the head grew. */
  public long add(MetricBatch batch, int[] numbers) {
    lock.writeLock().lock();
    try {
      for (int i = 0; i < batch.samples(); i++) {
        HeadSeries target = at(numbers[batch.sampleSeries(i)]);
        grown += target.put(batch.sampleTime(i), batch.sampleStart(i), batch.sampleValue(i));
      }
      for (MetricBatch.HistogramSample sample : batch.histograms()) {
        HeadSeries target = at(numbers[sample.series()]);
        grown += target.put(sample.timestamp(), sample.startTimestamp(), sample.histogram());
      }
      for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
        addExemplar(at(numbers[exemplar.series()]).labels(), exemplar.exemplar());
      }
      metadata.putAll(batch.metadata());
      samples += batch.samples() + batch.histograms().size();
      return takeGrowth();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private long takeGrowth() {
    long taken = grown;
    grown = 0;
    return taken;
  }

  private void addExemplar(Labels labels, Exemplar exemplar) {
    SeriesExemplar added = new SeriesExemplar(labels, exemplar);
    if (exemplars.size() == EXEMPLARS_MAX) {
      exemplars.removeFirst();
    }
    exemplars.addLast(added);
  }

  public long samples() {
    return samples;
  }

  public int seriesCount() {
    lock.readLock().lock();
    try {
      return seriesCount;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** All series by labels. Only after the last batch: windows are sealed. */
  public List<SealedSeries> sealAll() {
    lock.writeLock().lock();
    try {
      List<HeadSeries> sorted = all();
      sorted.sort(Comparator.comparing(HeadSeries::labels));
      ChunkMerge merge = new ChunkMerge();
      List<SealedSeries> sealed = new ArrayList<>(sorted.size());
      for (HeadSeries one : sorted) {
        List<Chunk> chunks = one.sealAll(merge);
        if (!chunks.isEmpty()) {
          sealed.add(new SealedSeries(one.labels(), chunks));
        }
      }
      return sealed;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private List<HeadSeries> all() {
    List<HeadSeries> all = new ArrayList<>(seriesCount);
    for (HeadSeries one : series) {
      if (one != null) {
        all.add(one);
      }
    }
    return all;
  }

  /** All exemplars, in order of arrival. */
  public List<SeriesExemplar> allExemplars() {
    lock.readLock().lock();
    try {
      return List.copyOf(exemplars);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    lock.readLock().lock();
    try {
      return Map.copyOf(metadata);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void select(List<Matcher> matchers, long min, long max, SeriesVisitor visitor) {
    List<HeadSeries> found = new ArrayList<>();
    lock.readLock().lock();
    try {
      IntIterator numbers = registry.find(matchers).getIntIterator();
      while (numbers.hasNext()) {
        int number = numbers.next();
        HeadSeries one = number < series.length ? series[number] : null;
        if (one != null) {
          found.add(one);
        }
      }
    } finally {
      lock.readLock().unlock();
    }
    for (HeadSeries one : found) {
      if (one.overlaps(min, max)) {
        visitor.accept(one.labels(), one);
      }
    }
  }

  private RoaringBitmap overlapping(List<Matcher> matchers, long min, long max) {
    RoaringBitmap inRange = new RoaringBitmap();
    IntIterator numbers = registry.find(matchers).getIntIterator();
    while (numbers.hasNext()) {
      int number = numbers.next();
      HeadSeries one = number < series.length ? series[number] : null;
      if (one != null && one.overlaps(min, max)) {
        inRange.add(number);
      }
    }
    return inRange;
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      registry.addNames(overlapping(matchers, min, max), into);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void labelValues(
      String name, List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    lock.readLock().lock();
    try {
      registry.addValues(name, overlapping(matchers, min, max), into);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void exemplars(List<Matcher> matchers, long min, long max, ExemplarVisitor visitor) {
    for (SeriesExemplar one : allExemplars()) {
      long time = one.exemplar().timestamp();
      if (time >= min && time <= max && matchers.stream().allMatch(m -> m.matches(one.series()))) {
        visitor.accept(one.series(), one.exemplar());
      }
    }
  }
}

package io.trilith.tsdb.head;

import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.index.SeriesSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * One generation of a tenant's recent metrics, in memory. Batches are added by one thread at a time
 * (the tenant's lock); queries run beside it.
 */
public final class MetricHead implements SeriesSource {
  /** Exemplars kept per generation; the oldest arrival goes first. */
  private static final int EXEMPLARS_MAX = 20_000;

  private static final int SERIES_BYTES = 420;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Map<Labels, HeadSeries> byLabels = new HashMap<>();
  private final List<HeadSeries> series = new ArrayList<>();
  private final LabelIndex index = new LabelIndex();
  private final Deque<SeriesExemplar> exemplars = new ArrayDeque<>();
  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private long samples;

  /** An exemplar and the series it belongs to. */
  public record SeriesExemplar(Labels series, Exemplar exemplar) {}

  /** A series ready to be written into a block. */
  public record SealedSeries(Labels labels, List<Chunk> chunks) {}

  /** Adds a batch and returns by how many bytes the head grew, roughly. */
  public long add(MetricBatch batch) {
    lock.writeLock().lock();
    try {
      HeadSeries[] known = new HeadSeries[batch.series().size()];
      long grown = 0;
      int before = series.size();
      for (int i = 0; i < batch.samples(); i++) {
        HeadSeries target = find(batch, batch.sampleSeries(i), known);
        grown += target.put(batch.sampleTime(i), batch.sampleStart(i), batch.sampleValue(i));
      }
      for (MetricBatch.HistogramSample sample : batch.histograms()) {
        HeadSeries target = find(batch, sample.series(), known);
        grown += target.put(sample.timestamp(), sample.startTimestamp(), sample.histogram());
      }
      for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
        addExemplar(batch.series().get(exemplar.series()), exemplar.exemplar());
      }
      metadata.putAll(batch.metadata());
      samples += batch.samples() + batch.histograms().size();
      for (int i = before; i < series.size(); i++) {
        grown += SERIES_BYTES + 24L * series.get(i).labels().size();
      }
      return grown;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private HeadSeries find(MetricBatch batch, int number, HeadSeries[] known) {
    HeadSeries found = known[number];
    if (found == null) {
      found = byLabels.computeIfAbsent(batch.series().get(number), this::create);
      known[number] = found;
    }
    return found;
  }

  private HeadSeries create(Labels labels) {
    HeadSeries created = new HeadSeries(labels);
    index.add(series.size(), labels);
    series.add(created);
    return created;
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
      return series.size();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** All series by labels. Only after the last batch: windows are sealed. */
  public List<SealedSeries> sealAll() {
    lock.writeLock().lock();
    try {
      List<HeadSeries> sorted = new ArrayList<>(series);
      sorted.sort(Comparator.comparing(HeadSeries::labels));
      List<SealedSeries> sealed = new ArrayList<>(sorted.size());
      for (HeadSeries one : sorted) {
        sealed.add(new SealedSeries(one.labels(), one.sealAll()));
      }
      return sealed;
    } finally {
      lock.writeLock().unlock();
    }
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
      IntIterator numbers = index.find(matchers).getIntIterator();
      while (numbers.hasNext()) {
        found.add(series.get(numbers.next()));
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
    RoaringBitmap found = index.find(matchers);
    if (min == Long.MIN_VALUE && max == Long.MAX_VALUE) {
      return found;
    }
    RoaringBitmap inRange = new RoaringBitmap();
    IntIterator numbers = found.getIntIterator();
    while (numbers.hasNext()) {
      int number = numbers.next();
      if (series.get(number).overlaps(min, max)) {
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

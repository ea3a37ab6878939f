package io.trilith.tsdb.head;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Cardinality;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesLimits;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.block.SeriesExemplar;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.SeriesSource;
import io.trilith.tsdb.index.TextSet;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * One generation of a tenant's recent metrics, in memory: floats that come in order in streams, the
 * rest beside them. Batches are added by one thread at a time (the tenant's lock); queries run
 * beside it.
 */
public final class MetricHead implements SeriesSource {
  /** Exemplars kept per generation; the oldest arrival goes first. */
  private static final int EXEMPLARS_MAX = 20_000;

  /** The objects and windows of a series that has late samples or histograms. */
  private static final int SIDE_BYTES = 240;

  /** Stands for the number of a series that is one too many. */
  public static final int REFUSED = -2;

  /** The number of a series that is one too many of its metric. */
  public static final int REFUSED_BY_METRIC = -3;

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final SeriesRegistry registry;

  // Only for the one who adds.
  private final KeySlice key = new KeySlice();
  private final KeySlice before = new KeySlice();
  private SeriesLimits limits = SeriesLimits.NONE;

  private final FloatStreams streams;

  /** By number in the registry; null for series whose floats came in order. */
  private @Nullable SideSeries[] sides = new SideSeries[0];

  /** The series that have a sample here. */
  private final RoaringBitmap present = new RoaringBitmap();

  private long min = Long.MAX_VALUE;
  private long max = Long.MIN_VALUE;

  /** The earliest that came, be it gone by now. */
  private long exemplarMin = Long.MAX_VALUE;

  private final Deque<SeriesExemplar> exemplars = new ArrayDeque<>();
  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private long samples;

  /** Bytes of sides. */
  private long sideBytes;

  /** What streams, sides and registry took when it was asked last. */
  private long reported;

  /** A head whose series have their numbers from the registry. */
  public MetricHead(SeriesRegistry registry, PagePool pool) {
    this.registry = registry;
    this.streams = new FloatStreams(pool);
    this.reported = registry.bytes();
  }

  /** Gives its memory to the heads that follow: nobody reads it any more. */
  public void release() {
    lock.writeLock().lock();
    try {
      streams.release();
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Whether it knows series, be it from heads before. */
  public boolean knowsSeries() {
    return registry.size() > 0;
  }

  SeriesRegistry registry() {
    return registry;
  }

  /** As below; every new series gets a number. */
  public int[] resolve(MetricBatch batch) {
    return resolve(batch, SeriesLimits.NONE);
  }

  /**
   * The numbers here of a batch's series, by their numbers there; those that are new get one. -1
   * for series without an item.
   *
   * @param seriesLimits with this many known, a new one is {@link #REFUSED} or {@link
   *     #REFUSED_BY_METRIC}
   */
  public int[] resolve(MetricBatch batch, SeriesLimits seriesLimits) {
    limits = seriesLimits;
    int[] numbers = new int[batch.seriesCount()];
    Arrays.fill(numbers, -1);
    int last = -1;
    for (int i = 0; i < batch.samples(); i++) {
      int series = batch.sampleSeries(i);
      if (numbers[series] == -1) {
        resolve(batch, series, numbers, last);
      }
      last = series;
    }
    for (MetricBatch.HistogramSample sample : batch.histograms()) {
      if (numbers[sample.series()] == -1) {
        resolve(batch, sample.series(), numbers, last);
      }
      last = sample.series();
    }
    for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
      if (numbers[exemplar.series()] == -1) {
        resolve(batch, exemplar.series(), numbers, last);
      }
      last = exemplar.series();
    }
    return numbers;
  }

  private void resolve(MetricBatch batch, int series, int[] numbers, int last) {
    if (last >= 0) {
      before.set(batch, last);
    }
    key.set(batch, series);
    int previous = last >= 0 ? Math.max(-1, numbers[last]) : -1;
    int number = registry.find(key, previous, before);
    if (number < 0) {
      if (registry.size() >= limits.perTenant()) {
        numbers[series] = REFUSED;
        return;
      }
      batch.checkKey(series);
      if (limits.perMetric() < Integer.MAX_VALUE && registry.ofMetric(key) >= limits.perMetric()) {
        numbers[series] = REFUSED_BY_METRIC;
        return;
      }
      number = registry.add(key, previous, before);
      if (number < 0) {
        throw new IllegalArgumentException("the key of a series is malformed");
      }
    }
    numbers[series] = number;
  }

  /** Whether a number of {@link #resolve} says that the series was refused. */
  public static boolean isRefused(int number) {
    return number == REFUSED || number == REFUSED_BY_METRIC;
  }

  /** Series that are known, be it from heads before. */
  public int knownSeries() {
    return registry.size();
  }

  /** Known series of the metric that has the most. */
  public int largestMetric() {
    return registry.largestMetric();
  }

  /** The series that have a sample here. Only for the one who adds. */
  RoaringBitmap present() {
    return present;
  }

  /**
   * The number of the series with a key, as it stands in a log record.
   *
   * @return -1 when the bytes are not a key
   */
  int numberOfKey(byte[] bytes) {
    key.set(bytes, 0, bytes.length);
    int number = registry.find(key, -1, before);
    return number >= 0 ? number : registry.add(key, -1, before);
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
        int series = batch.sampleSeries(i);
        long time = batch.sampleTime(i);
        int number = numbers[series];
        if (!putInOrder(number, time, batch.sampleStart(i), batch.sampleValue(i))) {
          batch.noteUnordered(series);
          if (isOther(number, time, Double.doubleToRawLongBits(batch.sampleValue(i)))) {
            batch.noteReplacing(i);
          }
          sideBytes += side(number).put(time, batch.sampleStart(i), batch.sampleValue(i));
        }
        widen(time);
      }
      for (int i = 0; i < batch.histograms().size(); i++) {
        MetricBatch.HistogramSample sample = batch.histograms().get(i);
        int number = numbers[sample.series()];
        SideSeries side = side(number);
        if (sample.timestamp() <= side.max()
            || (!streams.isEmpty(number) && sample.timestamp() <= streams.max(number))) {
          batch.noteUnordered(sample.series());
          if (isOther(number, sample.timestamp(), sample.histogram())) {
            batch.noteReplacingHistogram(i);
          }
        }
        sideBytes += side.put(sample.timestamp(), sample.startTimestamp(), sample.histogram());
        widen(sample.timestamp());
      }
      for (MetricBatch.ExemplarOf exemplar : batch.exemplars()) {
        addExemplar(registry.labels(numbers[exemplar.series()]), exemplar.exemplar());
      }
      metadata.putAll(batch.metadata());
      samples += batch.samples() + batch.histograms().size();
      long bytes = streams.bytes() + sideBytes + registry.bytes();
      long grown = bytes - reported;
      reported = bytes;
      return grown;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Whether something else than this, the bits of a float or a histogram, stands at a time: where
   * that is known without reading streams and chunks, of which only the last float is.
   */
  private boolean isOther(int number, long time, Object content) {
    SideSeries side = sideOrNull(number);
    Object standing = side == null ? null : side.at(time);
    if (standing == null && !streams.isEmpty(number) && time == streams.max(number)) {
      standing = streams.lastBits(number);
    }
    return standing != null && !standing.equals(content);
  }

  /** Does nothing and gives false when the sample is not later than all of its series before. */
  private boolean putInOrder(int number, long time, long start, double value) {
    SideSeries side = sideOrNull(number);
    if (side != null && time <= side.max()) {
      return false;
    }
    boolean first = streams.isEmpty(number);
    if (streams.put(number, time, start, value)) {
      if (first) {
        present.add(number);
      }
      return true;
    }
    return side == null && streams.isLast(number, time, start, value);
  }

  private void widen(long time) {
    min = Math.min(min, time);
    max = Math.max(max, time);
  }

  private @Nullable SideSeries sideOrNull(int number) {
    return number < sides.length ? sides[number] : null;
  }

  private SideSeries side(int number) {
    SideSeries known = sideOrNull(number);
    if (known != null) {
      return known;
    }
    if (number >= sides.length) {
      sides = Arrays.copyOf(sides, Math.max(number + 1, sides.length * 2));
    }
    SideSeries made = new SideSeries();
    sides[number] = made;
    sideBytes += SIDE_BYTES;
    present.add(number);
    return made;
  }

  private void addExemplar(Labels labels, Exemplar exemplar) {
    SeriesExemplar added = new SeriesExemplar(labels, exemplar);
    if (exemplars.size() == EXEMPLARS_MAX) {
      exemplars.removeFirst();
    }
    exemplars.addLast(added);
    exemplarMin = Math.min(exemplarMin, exemplar.timestamp());
  }

  public long samples() {
    return samples;
  }

  /** No sample or exemplar is earlier; Long.MAX_VALUE when there is none. */
  public long minTime() {
    lock.readLock().lock();
    try {
      return Math.min(min, exemplarMin);
    } finally {
      lock.readLock().unlock();
    }
  }

  public int seriesCount() {
    lock.readLock().lock();
    try {
      return present.getCardinality();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** What makes the tenant's series many; those known from heads before are among them. */
  public Cardinality cardinality(int limit) {
    Cardinality found = registry.cardinality(limit);
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    lock.readLock().lock();
    try {
      for (int number = 0; number < registry.size(); number++) {
        if (!streams.isEmpty(number)) {
          min = Math.min(min, streams.min(number));
          max = Math.max(max, streams.max(number));
        }
        SideSeries side = sideOrNull(number);
        if (side != null) {
          min = Math.min(min, side.min());
          max = Math.max(max, side.max());
        }
      }
    } finally {
      lock.readLock().unlock();
    }
    return new Cardinality(
        found.series(),
        found.labelPairs(),
        min,
        max,
        found.byMetric(),
        found.valuesByName(),
        found.bytesByName(),
        found.byLabel());
  }

  /** All series by labels. Only after the last batch. */
  public SeriesCursor cursor() {
    int[] sorted = IntStream.range(0, registry.size()).filter(this::has).toArray();
    registry.sort(sorted);
    return new SeriesCursor() {
      private int at = -1;

      @Override
      public boolean next() {
        return ++at < sorted.length;
      }

      @Override
      public Labels labels() {
        return registry.labels(sorted[at]);
      }

      @Override
      public void read(SampleBuffer into) {
        into.clear();
        MetricHead.this.read(sorted[at], Long.MIN_VALUE, Long.MAX_VALUE, into);
        into.sortAndKeepLast();
      }
    };
  }

  private boolean has(int number) {
    return sideOrNull(number) != null || !streams.isEmpty(number);
  }

  private boolean overlaps(int number, long min, long max) {
    SideSeries side = sideOrNull(number);
    return (side != null && side.overlaps(min, max))
        || (!streams.isEmpty(number) && streams.min(number) <= max && streams.max(number) >= min);
  }

  /** Adds the samples of a series: later writes after earlier ones. */
  void read(int number, long min, long max, SampleBuffer into) {
    lock.readLock().lock();
    try {
      streams.read(number, min, max, into);
      SideSeries side = sideOrNull(number);
      if (side != null) {
        side.addTo(min, max, into);
      }
    } finally {
      lock.readLock().unlock();
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
  public SeriesSelection select(List<Matcher> matchers, long min, long max) {
    int[] numbers = overlapping(registry.find(matchers), min, max);
    registry.sort(numbers);
    return new HeadSelection(this, registry.snapshot(), numbers);
  }

  /** Those of the series that may have samples in the range, in order of their numbers. */
  private int[] overlapping(RoaringBitmap found, long from, long to) {
    lock.readLock().lock();
    try {
      found.and(present);
      int[] inRange = found.toArray();
      if (from <= min && to >= max) {
        return inRange;
      }
      int count = 0;
      for (int number : inRange) {
        if (overlaps(number, from, to)) {
          inRange[count++] = number;
        }
      }
      return Arrays.copyOf(inRange, count);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The series that match, if any sample lies in the range; null for all of the registry. */
  private @Nullable RoaringBitmap matching(List<Matcher> matchers, long from, long to) {
    RoaringBitmap found = matchers.isEmpty() ? null : registry.find(matchers);
    lock.readLock().lock();
    try {
      if (from > max || to < min) {
        return new RoaringBitmap();
      }
      if (found != null) {
        found.and(present);
        return found;
      }
      return present.getCardinality() == registry.size() ? null : present.clone();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    registry.addNames(matching(matchers, min, max), into);
  }

  @Override
  public void labelValues(String name, List<Matcher> matchers, long min, long max, TextSet into) {
    registry.addValues(name, matching(matchers, min, max), into);
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

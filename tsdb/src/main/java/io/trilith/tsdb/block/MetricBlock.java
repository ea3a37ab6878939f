package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.SeriesSource;
import io.trilith.tsdb.index.TextSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open metrics block: its index in memory as it stands on disk, everything else read by range.
 * Immutable, thread-safe.
 */
public final class MetricBlock implements SeriesSource {
  private static final int FIXED_WEIGHT = 4 << 10;

  /** Labels of fewer than one in this many series are looked at series by series. */
  private static final int FEW = 8;

  private final BlockReader reader;
  private final BlockLayout layout;
  private final LabelTable labels;
  private final SeriesTable series;
  private final long minTime;
  private final long maxTime;

  /** Read when first asked for. */
  private volatile @Nullable Aggregates aggregates;

  private MetricBlock(BlockReader reader) {
    this.reader = reader;
    if (!reader.hasSection(MetricBlockFormat.LAYOUT)) {
      throw new StorageException.Corrupt(
          reader.name(), 0, "version 1 of metric blocks is not known to this release");
    }
    this.layout = new BlockLayout(reader.section(MetricBlockFormat.LAYOUT));
    this.labels =
        new LabelTable(
            reader.section(MetricBlockFormat.LABELS),
            reader.section(MetricBlockFormat.POSTINGS),
            layout.series(),
            reader.name());
    this.series =
        new SeriesTable(reader.section(MetricBlockFormat.SERIES), labels, layout, reader.name());
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = 0; i < layout.columns(); i++) {
      min = Math.min(min, layout.min(i));
      max = Math.max(max, layout.max(i));
    }
    this.minTime = min;
    this.maxTime = max;
  }

  /** Opens a block and reads its index sections. */
  public static MetricBlock open(ObjectStore objects, String name) {
    return new MetricBlock(BlockReader.open(objects, name, MetricBlockFormat.KIND));
  }

  /** The container, for who checks or lists its sections. */
  public BlockReader container() {
    return reader;
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    int lengths =
        reader.hasSection(MetricBlockFormat.AGGREGATES)
            ? 8 * MetricBlockFormat.RESOLUTIONS_MAX * layout.series()
            : 0;
    return FIXED_WEIGHT
        + reader.tailLength()
        + layout.weight()
        + labels.weight()
        + series.weight()
        + lengths;
  }

  public int seriesCount() {
    return layout.series();
  }

  /** All series of the block with their samples of a range, to be written anew. */
  public BlockCursor cursor(long min, long max) {
    BlockData data = new BlockData(reader, layout, series);
    return new BlockCursor(series.cursor(), data, layout.series(), min, max);
  }

  /**
   * What the index says of a series, without its samples being read.
   *
   * @param bytes of its chunks, without the time columns that it shares with others
   */
  public record SeriesFacts(
      Labels labels,
      int chunks,
      int histogramChunks,
      int chunksWithStarts,
      long samples,
      long bytes) {}

  /** Visits all series with the chunks that reach into a range; those without any are left out. */
  public void eachSeries(long min, long max, Consumer<SeriesFacts> visitor) {
    SeriesTable.Cursor at = series.cursor();
    int[] counts = new int[3];
    long[] sums = new long[2];
    for (int number = 0; number < layout.series(); number++) {
      at.moveTo(number);
      Arrays.fill(counts, 0);
      Arrays.fill(sums, 0);
      series.chunks(
          at.place(),
          min,
          max,
          (column, flags, data, length) -> {
            counts[0]++;
            counts[1] += (flags & MetricBlockFormat.HISTOGRAMS) != 0 ? 1 : 0;
            counts[2] += (flags & MetricBlockFormat.HAS_STARTS) != 0 ? 1 : 0;
            sums[0] += layout.count(column);
            sums[1] += length;
          });
      if (counts[0] > 0) {
        visitor.accept(
            new SeriesFacts(at.labels(), counts[0], counts[1], counts[2], sums[0], sums[1]));
      }
    }
  }

  /** Takes what the index says of chunks, one series after the other. */
  @FunctionalInterface
  public interface ChunkFacts {
    /**
     * One chunk.
     *
     * @param series the same object for all chunks of a series
     */
    void accept(Labels series, long minTime, long maxTime, long samples);
  }

  /** Visits all chunks, without their samples being read. */
  public void eachChunk(ChunkFacts visitor) {
    SeriesTable.Cursor at = series.cursor();
    for (int number = 0; number < layout.series(); number++) {
      at.moveTo(number);
      Labels own = at.labels();
      series.chunks(
          at.place(),
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          (column, _, _, _) ->
              visitor.accept(own, layout.min(column), layout.max(column), layout.count(column)));
    }
  }

  /** Time columns, which chunks share. */
  public int timeColumns() {
    return layout.columns();
  }

  /** How many values each label has, by its name. */
  public SortedMap<String, Long> labelValueCounts() {
    SortedMap<String, Long> counts = new TreeMap<>();
    for (int name = 0; name < labels.nameCount(); name++) {
      counts.put(labels.name(name), (long) labels.valueCount(name));
    }
    return counts;
  }

  @Override
  public SeriesSelection select(List<Matcher> matchers, long min, long max) {
    BlockData data = new BlockData(reader, layout, series);
    return select(new BlockSelection(labels, series, data), matchers, min, max);
  }

  @Override
  public SeriesSelection select(List<Matcher> matchers, Detail detail, long min, long max) {
    Aggregates known = aggregates();
    int resolution = known == null ? -1 : known.choose(detail);
    if (resolution < 0) {
      return select(matchers, min, max);
    }
    BlockData data = new BlockData(reader, layout, series);
    return select(
        new BlockSelection(labels, series, data, known, resolution, detail.aggregate()),
        matchers,
        min,
        max);
  }

  private @Nullable Aggregates aggregates() {
    Aggregates known = aggregates;
    if (known == null && reader.hasSection(MetricBlockFormat.AGGREGATES)) {
      known = new Aggregates(reader.section(MetricBlockFormat.AGGREGATES), layout.series());
      aggregates = known;
    }
    return known;
  }

  private SeriesSelection select(
      BlockSelection selection, List<Matcher> matchers, long min, long max) {
    BitSet found = labels.find(matchers);
    boolean whole = min <= minTime && max >= maxTime;
    SeriesTable.Cursor at = series.cursor();
    for (int number = first(found, 0); number >= 0; number = first(found, number + 1)) {
      at.moveTo(number);
      if (whole || at.overlaps(min, max)) {
        selection.add(number, at);
      }
    }
    return selection;
  }

  /** The first series from a number on that is in the set, null being all; -1 when none is. */
  private int first(@Nullable BitSet set, int from) {
    if (set != null) {
      return set.nextSetBit(from);
    }
    return from < layout.series() ? from : -1;
  }

  /** Whether any sample lies in the range. */
  private boolean overlaps(long min, long max) {
    return minTime <= max && maxTime >= min;
  }

  /** Whether it is cheaper to look at each series than at lists of series. */
  private boolean isFew(BitSet found) {
    return found.cardinality() < layout.series() / FEW;
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    if (!overlaps(min, max)) {
      return;
    }
    BitSet found = labels.find(matchers);
    BitSet seen = found != null && isFew(found) ? namesOf(found) : null;
    for (int name = 0; name < labels.nameCount(); name++) {
      String text = labels.name(name);
      if (!into.contains(text)
          && (seen != null ? seen.get(name) : found == null || labels.intersects(name, found))) {
        into.add(text);
      }
    }
  }

  private BitSet namesOf(BitSet found) {
    BitSet seen = new BitSet(labels.nameCount());
    SeriesTable.Cursor at = series.cursor();
    for (int number = first(found, 0); number >= 0; number = first(found, number + 1)) {
      at.moveTo(number);
      for (int name : at.names()) {
        seen.set(name);
      }
    }
    return seen;
  }

  @Override
  public void labelValues(String name, List<Matcher> matchers, long min, long max, TextSet into) {
    int wanted = labels.nameNumber(name);
    if (wanted < 0 || !overlaps(min, max)) {
      return;
    }
    BitSet found = labels.find(matchers);
    BitSet seen = found != null && isFew(found) ? valuesOf(wanted, found) : null;
    LabelTable.Values values = labels.values(wanted);
    for (int value = 0; value < values.size(); value++) {
      if (seen != null
          ? seen.get(value)
          : found == null || labels.intersects(wanted, value, found)) {
        values.addTo(value, into);
      }
    }
  }

  private BitSet valuesOf(int wanted, BitSet found) {
    BitSet seen = new BitSet(labels.valueCount(wanted));
    SeriesTable.Cursor at = series.cursor();
    for (int number = first(found, 0); number >= 0; number = first(found, number + 1)) {
      at.moveTo(number);
      int[] names = at.names();
      for (int place = 0; place < names.length; place++) {
        if (names[place] == wanted) {
          seen.set(at.value(place));
        }
      }
    }
    return seen;
  }

  @Override
  public void exemplars(List<Matcher> matchers, long min, long max, ExemplarVisitor visitor) {
    for (SeriesExemplar one : exemplars()) {
      long time = one.exemplar().timestamp();
      if (time >= min && time <= max && matchers.stream().allMatch(m -> m.matches(one.series()))) {
        visitor.accept(one.series(), one.exemplar());
      }
    }
  }

  /** All exemplars, in order of arrival. Read anew each time. */
  public List<SeriesExemplar> exemplars() {
    ByteReader in = unpacked(MetricBlockFormat.EXEMPLARS);
    SeriesTable.Cursor at = series.cursor();
    List<SeriesExemplar> exemplars = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      at.moveTo(in.getIndex(layout.series()));
      String[] pairs = new String[2 * in.getCount(2)];
      for (int i = 0; i < pairs.length; i++) {
        pairs[i] = in.getString();
        if (i > 1 && i % 2 == 0 && pairs[i - 2].compareTo(pairs[i]) >= 0) {
          throw in.corrupt("labels are not in order");
        }
      }
      Exemplar exemplar = new Exemplar(Labels.ofSorted(pairs), in.getDouble(), in.getZigzag());
      exemplars.add(new SeriesExemplar(at.labels(), exemplar));
    }
    return exemplars;
  }

  /** Read anew each time. */
  @Override
  public Map<String, MetricMetadata> metadata() {
    ByteReader in = unpacked(MetricBlockFormat.METADATA);
    Map<String, MetricMetadata> metadata = new HashMap<>();
    List<MetricMetadata.Type> types = List.of(MetricMetadata.Type.values());
    for (int left = in.getCount(); left > 0; left--) {
      String metric = in.getString();
      int type = in.getByte();
      if (type >= types.size()) {
        throw in.corrupt("metric type " + type);
      }
      metadata.put(metric, new MetricMetadata(types.get(type), in.getString(), in.getString()));
    }
    return metadata;
  }

  private ByteReader unpacked(int section) {
    return Packed.unpack(reader.section(section), reader.name());
  }
}

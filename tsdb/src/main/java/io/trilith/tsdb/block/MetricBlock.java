package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.index.SymbolTable;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.head.MetricHead.SeriesExemplar;
import io.trilith.tsdb.index.SeriesSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** An open metrics block: index in memory, chunks read by page. Immutable, thread-safe. */
public final class MetricBlock implements SeriesSource {
  private final BlockReader reader;
  private final BlockSeries series;
  private final LabelIndex index;
  private final List<SeriesExemplar> exemplars = new ArrayList<>();
  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private final int indexBytes;

  private MetricBlock(BlockReader reader) {
    this.reader = reader;
    String[] symbols = SymbolTable.read(reader.section(MetricBlockFormat.SYMBOLS));
    this.series = new BlockSeries(reader.section(MetricBlockFormat.SERIES), symbols);
    this.index =
        LabelIndex.read(reader.section(MetricBlockFormat.POSTINGS), symbols, series.size());
    readExemplars(symbols);
    readMetadata();
    this.indexBytes =
        series.weight() + (int) (2 * reader.sectionLength(MetricBlockFormat.POSTINGS)) + 4096;
  }

  /** Opens a block and reads its index sections. */
  public static MetricBlock open(ObjectStore objects, String name) {
    return new MetricBlock(BlockReader.open(objects, name, MetricBlockFormat.KIND));
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    return indexBytes;
  }

  private void readExemplars(String[] symbols) {
    ByteReader in = reader.section(MetricBlockFormat.EXEMPLARS);
    for (int left = in.getCount(); left > 0; left--) {
      Labels of = series.labels(in.getIndex(series.size()));
      Labels labels = SymbolTable.getLabels(in, symbols);
      exemplars.add(new SeriesExemplar(of, new Exemplar(labels, in.getDouble(), in.getZigzag())));
    }
  }

  private void readMetadata() {
    ByteReader in = reader.section(MetricBlockFormat.METADATA);
    List<MetricMetadata.Type> types = List.of(MetricMetadata.Type.values());
    for (int left = in.getCount(); left > 0; left--) {
      String metric = in.getString();
      int type = in.getByte();
      if (type >= types.size()) {
        throw in.corrupt("metric type " + type);
      }
      metadata.put(metric, new MetricMetadata(types.get(type), in.getString(), in.getString()));
    }
  }

  @Override
  public void select(List<Matcher> matchers, long min, long max, SeriesVisitor visitor) {
    PageReader pages = new PageReader();
    IntIterator numbers = index.find(matchers).getIntIterator();
    while (numbers.hasNext()) {
      int number = numbers.next();
      if (series.overlaps(number, min, max)) {
        visitor.accept(
            series.labels(number), (from, to, into) -> addTo(number, from, to, into, pages));
      }
    }
  }

  private void addTo(int number, long min, long max, SampleBuffer into, PageReader pages) {
    for (int i = series.firstChunk(number); i < series.endChunk(number); i++) {
      if (series.overlapsChunk(i, min, max)) {
        ByteReader page = pages.at(series.page(i));
        page.seek(series.offset(i));
        Chunk.decode(page, kind(series.kind(i), page), min, max, into);
      }
    }
  }

  private static Chunk.Kind kind(int code, ByteReader in) {
    for (Chunk.Kind kind : Chunk.Kind.values()) {
      if (kind.code() == code) {
        return kind;
      }
    }
    throw in.corrupt("chunk kind " + code);
  }

  /**
   * Keeps the page read last: series of one selection lie side by side. Shared by the readers of
   * one selection.
   */
  private final class PageReader {
    private int lastPage = -1;
    private ByteBuffer last = ByteBuffer.allocate(0);

    synchronized ByteReader at(int page) {
      long offset = series.pageOffset(page);
      if (page != lastPage) {
        int length = series.pageLength(page);
        ByteReader read = reader.page(MetricBlockFormat.CHUNKS, offset, length);
        last = read.slice(read.remaining());
        lastPage = page;
      }
      return new ByteReader(last.duplicate(), reader.name(), offset);
    }
  }

  private RoaringBitmap overlapping(List<Matcher> matchers, long min, long max) {
    RoaringBitmap inRange = new RoaringBitmap();
    IntIterator numbers = index.find(matchers).getIntIterator();
    while (numbers.hasNext()) {
      int number = numbers.next();
      if (series.overlaps(number, min, max)) {
        inRange.add(number);
      }
    }
    return inRange;
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    index.addNames(overlapping(matchers, min, max), into);
  }

  @Override
  public void labelValues(
      String name, List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    index.addValues(name, overlapping(matchers, min, max), into);
  }

  @Override
  public void exemplars(List<Matcher> matchers, long min, long max, ExemplarVisitor visitor) {
    for (SeriesExemplar one : exemplars) {
      long time = one.exemplar().timestamp();
      if (time >= min && time <= max && matchers.stream().allMatch(m -> m.matches(one.series()))) {
        visitor.accept(one.series(), one.exemplar());
      }
    }
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    return metadata;
  }
}

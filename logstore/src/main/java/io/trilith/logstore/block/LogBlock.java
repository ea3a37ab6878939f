package io.trilith.logstore.block;

import io.trilith.logstore.chunk.Page;
import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamSource;
import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.index.SymbolTable;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** An open log block: index in memory, pages read on demand. Immutable, thread-safe. */
public final class LogBlock implements StreamSource {
  private final BlockReader reader;
  private final List<Stream> streams = new ArrayList<>();
  private final LabelIndex index;
  private int weight = 4096;

  private record Stream(Labels labels, List<BlockPage> pages) {
    boolean overlaps(long min, long max) {
      return !pages.isEmpty() && pages.getFirst().minTime <= max && pages.getLast().maxTime >= min;
    }
  }

  private record BlockPage(
      BlockReader reader,
      long minTime,
      long maxTime,
      int count,
      long lineBytes,
      long offset,
      int length)
      implements PageRef {
    @Override
    public Page load() {
      ByteReader bytes = reader.page(LogBlockFormat.PAGES, offset, length);
      return PageCodec.decode(bytes, reader.name(), offset);
    }
  }

  private LogBlock(BlockReader reader) {
    this.reader = reader;
    String[] symbols = SymbolTable.read(reader.section(LogBlockFormat.SYMBOLS));
    ByteReader in = reader.section(LogBlockFormat.STREAMS);
    for (int left = in.getCount(2); left > 0; left--) {
      streams.add(new Stream(SymbolTable.getLabels(in, symbols), pages(in)));
    }
    this.index = LabelIndex.read(reader.section(LogBlockFormat.POSTINGS), symbols, streams.size());
    weight += symbols.length * 64 + streams.size() * 200;
  }

  private List<BlockPage> pages(ByteReader in) {
    int count = in.getCount(6);
    List<BlockPage> pages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long min = in.getZigzag();
      pages.add(
          new BlockPage(
              reader,
              min,
              min + in.getVarint(),
              (int) in.getVarint(),
              in.getVarint(),
              in.getVarint(),
              (int) in.getVarint()));
    }
    weight += count * 72;
    return pages;
  }

  /** Opens a block and reads its index sections. */
  public static LogBlock open(ObjectStore objects, String name) {
    return new LogBlock(BlockReader.open(objects, name, LogBlockFormat.KIND));
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    return weight;
  }

  @Override
  public void select(List<Matcher> matchers, long min, long max, StreamVisitor visitor) {
    IntIterator numbers = index.find(matchers).getIntIterator();
    while (numbers.hasNext()) {
      Stream stream = streams.get(numbers.next());
      if (stream.overlaps(min, max)) {
        visitor.accept(stream.labels, stream.pages);
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
    index.addNames(overlapping(matchers, min, max), into);
  }

  @Override
  public void labelValues(
      String name, List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    index.addValues(name, overlapping(matchers, min, max), into);
  }
}

package io.trilith.logstore.block;

import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.logstore.chunk.StreamSource;
import io.trilith.logstore.page.SplitPage;
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

  private record Stream(Labels labels, List<PageRef> pages) {
    boolean overlaps(long min, long max) {
      return !pages.isEmpty()
          && pages.getFirst().minTime() <= max
          && pages.getLast().maxTime() >= min;
    }
  }

  private LogBlock(BlockReader reader) {
    this.reader = reader;
    String[] symbols = SymbolTable.read(reader.section(LogBlockFormat.SYMBOLS));
    boolean first = reader.hasSection(LogBlockFormat.STREAMS_1);
    ByteReader in = reader.section(first ? LogBlockFormat.STREAMS_1 : LogBlockFormat.STREAMS);
    if (!first) {
      long version = in.getVarint();
      if (version != LogBlockFormat.VERSION && version != LogBlockFormat.VERSION_2) {
        throw in.corrupt("log block version " + version + " is not known to this release");
      }
    }
    long[] offset = new long[1];
    for (int left = in.getCount(2); left > 0; left--) {
      Labels labels = SymbolTable.getLabels(in, symbols);
      streams.add(new Stream(labels, first ? pagesOfVersion1(in) : pages(in, offset)));
    }
    this.index = LabelIndex.read(reader.section(LogBlockFormat.POSTINGS), symbols, streams.size());
    weight += symbols.length * 64 + streams.size() * 200;
  }

  private List<PageRef> pagesOfVersion1(ByteReader in) {
    int count = in.getCount(6);
    List<PageRef> pages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long min = in.getZigzag();
      BlockPages.Summary summary =
          new BlockPages.Summary(
              min,
              min + in.getVarint(),
              (int) in.getVarint(),
              in.getVarint(),
              in.getVarint(),
              (int) in.getVarint());
      pages.add(new BlockPages.Plain(reader, summary, 0, new BlockPages.KeptFilter()));
    }
    weight += count * 96;
    return pages;
  }

  private List<PageRef> pages(ByteReader in, long[] offset) {
    int count = in.getCount(6);
    List<PageRef> pages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int kind = in.getByte();
      long min = in.getZigzag();
      long max = min + in.getVarint();
      int entries = in.getIndex(Integer.MAX_VALUE);
      long lineBytes = in.getVarint();
      if (kind != LogBlockFormat.SPLIT && kind != LogBlockFormat.PLAIN) {
        throw in.corrupt("a page of kind " + kind);
      }
      boolean split = kind == LogBlockFormat.SPLIT;
      int filter = in.getIndex(Integer.MAX_VALUE);
      int times = split ? in.getIndex(Integer.MAX_VALUE) : 0;
      int head = split ? in.getIndex(Integer.MAX_VALUE) : 0;
      int length = in.getIndex(Integer.MAX_VALUE);
      if ((long) filter + times + head > length || entries > SplitPage.ENTRIES_MAX) {
        throw in.corrupt("a page of " + entries + " entries in " + length + " bytes");
      }
      BlockPages.Summary summary =
          new BlockPages.Summary(min, max, entries, lineBytes, offset[0], length);
      BlockPages.KeptFilter kept = new BlockPages.KeptFilter();
      pages.add(
          split
              ? new BlockPages.Split(reader, summary, filter, times, head, kept)
              : new BlockPages.Plain(reader, summary, filter, kept));
      weight += Math.min(filter, 1 << 20);
      offset[0] += length;
    }
    weight += count * 160;
    return pages;
  }

  /** Opens a block and reads its index sections. */
  public static LogBlock open(ObjectStore objects, String name) {
    return new LogBlock(BlockReader.open(objects, name, LogBlockFormat.KIND));
  }

  /** The container, for who checks or lists its sections. */
  public BlockReader container() {
    return reader;
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    return weight;
  }

  /** All streams by labels, for a merge. */
  public List<StreamPages> allStreams() {
    return streams.stream().map(stream -> new StreamPages(stream.labels, stream.pages)).toList();
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

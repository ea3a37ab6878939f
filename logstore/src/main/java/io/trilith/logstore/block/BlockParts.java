package io.trilith.logstore.block;

import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.page.SplitPageWriter;
import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.index.SymbolTable;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;
import java.util.SortedSet;

/**
 * The frame of a log block that is being written: takes pages, stream by stream, and knows what the
 * index has to say of them. Used once, by one thread.
 */
public final class BlockParts {
  private final BlockWriter block;
  private final ByteWriter streams = new ByteWriter(1 << 14);
  private final SymbolTable symbols = new SymbolTable();
  private final LabelIndex index = new LabelIndex();
  private final ByteWriter pages = new ByteWriter();
  private int pageCount;
  private int streamCount;
  private long entries;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;

  /** What the index says of a page whatever its kind. */
  public record Summary(long minTime, long maxTime, int count, long lineBytes) {}

  public BlockParts(ObjectOutput out) {
    this.block = new BlockWriter(out, LogBlockFormat.KIND);
  }

  /** Before the first page: the labels of all streams that may come. */
  public void begin(SortedSet<Labels> all) {
    all.forEach(symbols::collect);
    block.section(LogBlockFormat.PAGES);
  }

  void putSplit(Summary summary, SplitPageWriter.Written written, ByteBuffer content) {
    putSummary(LogBlockFormat.SPLIT, summary);
    pages.putVarint(written.filterLength());
    pages.putVarint(written.timesLength());
    pages.putVarint(written.headLength());
    pages.putVarint(written.length());
    block.write(content);
  }

  public void putPlain(Summary summary, PageCodec.Written written, ByteBuffer content) {
    putSummary(LogBlockFormat.PLAIN, summary);
    pages.putVarint(written.filterLength());
    pages.putVarint(written.length());
    block.write(content);
  }

  private void putSummary(int kind, Summary page) {
    pageCount++;
    entries += page.count;
    minTime = Math.min(minTime, page.minTime);
    maxTime = Math.max(maxTime, page.maxTime);
    pages.putByte(kind);
    pages.putZigzag(page.minTime);
    pages.putVarint(page.maxTime - page.minTime);
    pages.putVarint(page.count);
    pages.putVarint(page.lineBytes);
  }

  /** The pages since the last call are all of this stream; without any there is no stream. */
  public void endStream(Labels labels) {
    if (pageCount > 0) {
      index.add(streamCount++, labels);
      symbols.putLabels(labels, streams);
      streams.putVarint(pageCount);
      streams.putBytes(pages.view());
    }
    pages.clear();
    pageCount = 0;
  }

  public LogBlockWriter.Written finish(long copied) {
    block.section(LogBlockFormat.STREAMS);
    ByteWriter head = new ByteWriter();
    head.putVarint(LogBlockFormat.VERSION);
    head.putVarint(streamCount);
    block.write(head);
    block.write(streams);
    block.section(LogBlockFormat.SYMBOLS);
    ByteWriter table = new ByteWriter(1 << 12);
    symbols.write(table);
    block.write(table);
    block.section(LogBlockFormat.POSTINGS);
    ByteWriter postings = new ByteWriter(1 << 12);
    index.write(symbols, postings);
    block.write(postings);
    return new LogBlockWriter.Written(block.finish(), entries, minTime, maxTime, copied);
  }
}

package io.trilith.logstore.block;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.head.LogHead.SealedStream;
import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.index.SymbolTable;
import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;
import java.util.List;

/** Writes one log block, see {@link LogBlockFormat}. Used once, by one thread. */
public final class LogBlockWriter {
  private final BlockWriter block;
  private final ByteWriter streams = new ByteWriter(1 << 14);
  private final SymbolTable symbols = new SymbolTable();
  private final LabelIndex index = new LabelIndex();
  private final PageCodec page = new PageCodec();
  private long entries;
  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;

  /** What was written: size of the block, entries after removal of duplicates, time range. */
  public record Written(long bytes, long entries, long minTime, long maxTime) {}

  private LogBlockWriter(ObjectOutput out) {
    this.block = new BlockWriter(out, LogBlockFormat.KIND);
  }

  /** Writes a whole block of streams sorted by labels; the caller commits the output. */
  public static Written write(ObjectOutput out, List<SealedStream> sorted) {
    LogBlockWriter writer = new LogBlockWriter(out);
    sorted.forEach(stream -> writer.symbols.collect(stream.labels()));
    writer.block.section(LogBlockFormat.PAGES);
    for (int i = 0; i < sorted.size(); i++) {
      writer.index.add(i, sorted.get(i).labels());
      writer.putStream(sorted.get(i));
    }
    return writer.finish(sorted.size());
  }

  private void putStream(SealedStream stream) {
    symbols.putLabels(stream.labels(), streams);
    EntryCursor cursor =
        new MergeCursor(
            List.of(List.of(stream.page())), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD);
    ByteWriter pages = new ByteWriter();
    int count = 0;
    while (cursor.next()) {
      page.add(cursor);
      if (page.isFull()) {
        putPage(pages);
        count++;
      }
    }
    if (page.count() > 0) {
      putPage(pages);
      count++;
    }
    streams.putVarint(count);
    streams.putBytes(pages.view());
  }

  private void putPage(ByteWriter pages) {
    entries += page.count();
    minTime = Math.min(minTime, page.minTime());
    maxTime = Math.max(maxTime, page.maxTime());
    pages.putZigzag(page.minTime());
    pages.putVarint(page.maxTime() - page.minTime());
    pages.putVarint(page.count());
    pages.putVarint(page.lineBytes());
    pages.putVarint(block.sectionSize());
    ByteBuffer encoded = page.finish();
    pages.putVarint(block.page(encoded));
  }

  private Written finish(int streamCount) {
    block.section(LogBlockFormat.STREAMS);
    ByteWriter head = new ByteWriter();
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
    return new Written(block.finish(), entries, minTime, maxTime);
  }
}

package io.trilith.logstore.head;

import io.trilith.logstore.block.BlockParts;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.PageCodec;
import io.trilith.logstore.page.PlainPage;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import java.util.TreeSet;

/**
 * Writes a head as a block of plain pages: cheap, as somebody waits for it. {@link LogBlockWriter}
 * makes split pages of it when there is time.
 */
public final class FreshBlock {
  private FreshBlock() {}

  /** Writes a whole block, duplicates once; the caller commits the output. */
  public static LogBlockWriter.Written write(ObjectOutput out, LogHead head) {
    BlockParts block = new BlockParts(out);
    PageCodec page = new PageCodec();
    ByteWriter bytes = new ByteWriter(1 << 17);
    TreeSet<Labels> all = new TreeSet<>();
    head.eachLabels(all::add);
    block.begin(all);
    head.eachEntry(
        new LogHead.EntryVisitor() {
          @Override
          public void entry(PlainPage from, int entry) {
            page.add(from, entry);
            if (page.isFull()) {
              close(page, bytes, block);
            }
          }

          @Override
          public void end(Labels labels) {
            if (page.count() > 0) {
              close(page, bytes, block);
            }
            block.endStream(labels);
          }
        });
    return block.finish(0);
  }

  private static void close(PageCodec page, ByteWriter bytes, BlockParts block) {
    LogBlockWriter.checkInterrupt();
    BlockParts.Summary summary =
        new BlockParts.Summary(page.minTime(), page.maxTime(), page.count(), page.lineBytes());
    bytes.clear();
    block.putPlain(summary, page.finish(bytes), bytes.view());
  }
}

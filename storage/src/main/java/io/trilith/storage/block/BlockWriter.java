package io.trilith.storage.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes a block section by section. Not thread-safe. The output is committed and closed by the
 * caller.
 */
public final class BlockWriter {
  private final ObjectOutput out;
  private final BlockKind kind;
  private final ByteWriter footer = new ByteWriter();
  private final ByteWriter small = new ByteWriter(64);
  private int sections;
  private int openSection = -1;
  private long sectionStart;
  private CRC32C sectionCrc = new CRC32C();

  /**
   * Starts a block.
   *
   * @param kind what the sections mean: a constant of the store that writes it
   */
  public BlockWriter(ObjectOutput out, BlockKind kind) {
    this.out = out;
    this.kind = kind;
    small.putInt(BlockFormat.MAGIC);
    small.putInt(BlockFormat.VERSION);
    small.putInt(kind.code());
    small.putInt(Crc.of(small.array(), 0, small.size()));
    out.write(small.view());
  }

  /** Starts a section of the kind; the one before is closed. Ids are unique in a block. */
  public void section(int id) {
    kind.check(id);
    endSection();
    openSection = id;
    sectionStart = out.position();
    sectionCrc = new CRC32C();
  }

  /** Appends to the open section. */
  public void write(ByteBuffer bytes) {
    assert openSection >= 0;
    sectionCrc.update(bytes.duplicate());
    out.write(bytes);
  }

  public void write(ByteWriter bytes) {
    write(bytes.view());
  }

  /** Bytes in the open section so far: where the next page will begin. */
  public long sectionSize() {
    return out.position() - sectionStart;
  }

  /**
   * Appends a page with its checksum.
   *
   * @return the length to ask {@link BlockReader#page} for
   */
  public int page(ByteBuffer content) {
    int length = content.remaining() + BlockFormat.PAGE_CRC_SIZE;
    small.clear();
    small.putInt(Crc.of(content));
    write(content);
    write(small);
    return length;
  }

  /** Writes footer and trailer. Returns the size of the block. */
  public long finish() {
    endSection();
    ByteWriter end = new ByteWriter();
    end.putString(out.name());
    end.putVarint(sections);
    end.putBytes(footer.view());
    putTrailer(end);
    out.write(end.view());
    return out.position();
  }

  /** Ends a footer, which is all that was written. */
  static void putTrailer(ByteWriter footer) {
    int length = footer.size();
    int crc = Crc.of(footer.array(), 0, length);
    footer.putInt(length);
    footer.putInt(crc);
    footer.putInt(BlockFormat.END_MAGIC);
  }

  private void endSection() {
    if (openSection < 0) {
      return;
    }
    footer.putVarint(openSection);
    footer.putVarint(sectionStart);
    footer.putVarint(out.position() - sectionStart);
    footer.putInt((int) sectionCrc.getValue());
    sections++;
    openSection = -1;
  }
}

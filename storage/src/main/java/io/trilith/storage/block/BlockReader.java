package io.trilith.storage.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * Opens a block with one read of its tail and then reads only what is asked for. Whatever it hands
 * out has passed its checksum. Thread-safe; buffers it returns are the caller's.
 */
public final class BlockReader {
  /** Enough for the footer and the small sections, which stand last, of most blocks. */
  private static final int TAIL_SIZE = 64 << 10;

  private static final int VERIFIED_AT_ONCE = 1 << 20;

  private final ObjectStore objects;
  private final String name;
  private final BlockKind kind;
  private final TreeMap<Integer, Section> sections = new TreeMap<>();
  private final ByteBuffer tail;
  private final long tailStart;
  private long footerStart;
  private boolean named;

  private record Section(long offset, long length, int crc) {}

  private BlockReader(
      ObjectStore objects, String name, BlockKind kind, ByteBuffer tail, long objectSize) {
    this.objects = objects;
    this.name = name;
    this.kind = kind;
    this.tail = tail;
    this.tailStart = objectSize - tail.remaining();
  }

  /**
   * Opens a block.
   *
   * @throws StorageException.Corrupt when it is not a whole block of this kind, or one that was
   *     written under another name
   */
  public static BlockReader open(ObjectStore objects, String name, BlockKind kind) {
    try {
      return openOnce(objects, name, kind);
    } catch (StorageException.Corrupt e) {
      if (objects.dropCopies(name)) {
        return openOnce(objects, name, kind);
      }
      throw e;
    }
  }

  /**
   * Opens a block of any kind, to be copied.
   *
   * @param size that it was written with
   * @throws StorageException.Corrupt as {@link #open}, and when it has another size
   */
  public static BlockReader openToCopy(ObjectStore objects, String name, long size) {
    BlockReader reader = open(objects, name, BlockKind.ANY);
    long found = reader.tailStart + reader.tail.capacity();
    if (found != size) {
      throw new StorageException.Corrupt(
          name,
          Math.min(found, size),
          "it has " + found + " bytes where " + size + " were written");
    }
    return reader;
  }

  private static BlockReader openOnce(ObjectStore objects, String name, BlockKind kind) {
    ObjectStore.Tail tail = objects.readTail(name, TAIL_SIZE);
    BlockReader reader = new BlockReader(objects, name, kind, tail.bytes(), tail.objectSize());
    reader.readFooter(tail.objectSize());
    return reader;
  }

  private void readFooter(long size) {
    if (size < BlockFormat.HEADER_SIZE + BlockFormat.TRAILER_SIZE) {
      throw new StorageException.Corrupt(name, 0, "it has " + size + " bytes");
    }
    long trailerStart = size - BlockFormat.TRAILER_SIZE;
    ByteBuffer trailer = range(trailerStart, BlockFormat.TRAILER_SIZE);
    int length = trailer.getInt(0);
    if (trailer.getInt(8) != BlockFormat.END_MAGIC) {
      throw new StorageException.Corrupt(name, trailerStart, "it does not end like a block");
    }
    if (length < 1 || length > trailerStart - BlockFormat.HEADER_SIZE) {
      throw new StorageException.Corrupt(name, trailerStart, "a footer of " + length + " bytes");
    }
    footerStart = trailerStart - length;
    ByteBuffer footer = range(footerStart, length);
    if (Crc.of(footer) != trailer.getInt(4)) {
      throw new StorageException.Corrupt(
          name, footerStart, "the footer's checksum does not fit its content");
    }
    ByteReader in = new ByteReader(footer, name, footerStart);
    named = checkHeader() != BlockFormat.VERSION_1;
    if (named) {
      String written = in.getString();
      if (!written.equals(name)) {
        throw in.corrupt("it holds the bytes of " + written);
      }
    }
    for (int left = in.getCount(); left > 0; left--) {
      int id = (int) in.getVarint();
      Section section = new Section(in.getVarint(), in.getVarint(), in.getInt());
      if (section.offset < 0
          || section.length < 0
          || section.offset > footerStart
          || section.length > footerStart - section.offset) {
        throw in.corrupt("section " + id + " lies outside of the block");
      }
      sections.put(id, section);
    }
  }

  /** The version. */
  private int checkHeader() {
    ByteBuffer header = range(0, BlockFormat.HEADER_SIZE);
    if (header.getInt(0) != BlockFormat.MAGIC || Crc.of(header.slice(0, 12)) != header.getInt(12)) {
      throw new StorageException.Corrupt(name, 0, "it does not begin like a block");
    }
    int version = header.getInt(4);
    if (version != BlockFormat.VERSION && version != BlockFormat.VERSION_1) {
      throw new StorageException.Corrupt(
          name, 4, "version " + version + " is not known to this release");
    }
    if (!kind.equals(BlockKind.ANY) && header.getInt(8) != kind.code()) {
      throw new StorageException.Corrupt(
          name, 8, "kind " + header.getInt(8) + " found where " + kind.code() + " was expected");
    }
    return version;
  }

  public String name() {
    return name;
  }

  /** How large its copy of a name is. */
  public long sizeAs(String other) {
    return footerStart + endAs(other).size();
  }

  /**
   * Copies the block to an output, which may give it another name, and checks all of it on the way.
   * The caller commits.
   *
   * @param copied told how many bytes were copied since the last call
   * @throws StorageException.Corrupt when a checksum does not fit: what was written is to be
   *     dropped
   */
  public void copyTo(ObjectOutput out, LongConsumer copied) {
    long at = 0;
    List<Section> inOrder = new ArrayList<>(sections.values());
    inOrder.sort(Comparator.comparingLong(Section::offset));
    for (Section section : inOrder) {
      copy(at, section.offset, new CRC32C(), out, copied);
      CRC32C crc = new CRC32C();
      copy(section.offset, section.offset + section.length, crc, out, copied);
      if ((int) crc.getValue() != section.crc) {
        throw new StorageException.Corrupt(
            name, section.offset, "a section's checksum does not fit its content");
      }
      at = section.offset + section.length;
    }
    copy(at, footerStart, new CRC32C(), out, copied);
    ByteWriter end = endAs(out.name());
    copied.accept(end.size());
    out.write(end.view());
  }

  private void copy(long from, long to, CRC32C crc, ObjectOutput out, LongConsumer copied) {
    for (long at = from; at < to; at += VERIFIED_AT_ONCE) {
      int length = (int) Math.min(VERIFIED_AT_ONCE, to - at);
      ByteBuffer piece = range(at, length);
      crc.update(piece.duplicate());
      out.write(piece);
      copied.accept(length);
    }
  }

  /** Footer and trailer under a name. */
  private ByteWriter endAs(String other) {
    ByteWriter end = new ByteWriter();
    if (named) {
      end.putString(other);
    }
    end.putVarint(sections.size());
    sections.forEach(
        (id, section) -> {
          end.putVarint(id);
          end.putVarint(section.offset);
          end.putVarint(section.length);
          end.putInt(section.crc);
        });
    BlockWriter.putTrailer(end);
    return end;
  }

  /** Bytes of the block's end that stay in memory. */
  public int tailLength() {
    return tail.capacity();
  }

  /** What a section is called; one of a later release by its number. */
  public String sectionName(int id) {
    return kind.sections().getOrDefault(id, "section " + id);
  }

  public boolean hasSection(int id) {
    return sections.containsKey(id);
  }

  public long sectionLength(int id) {
    return find(id).length;
  }

  /** The sections and their lengths, in order of their ids. */
  public SortedMap<Integer, Long> sectionLengths() {
    SortedMap<Integer, Long> lengths = new TreeMap<>();
    sections.forEach((id, section) -> lengths.put(id, section.length));
    return lengths;
  }

  /**
   * Reads a section of any size piece by piece and checks it as a whole.
   *
   * @param read told how many bytes were read since the last call
   * @throws StorageException.Corrupt when its checksum does not fit
   */
  public void verifySection(int id, LongConsumer read) {
    Section section = find(id);
    CRC32C crc = new CRC32C();
    for (long at = 0; at < section.length; at += VERIFIED_AT_ONCE) {
      int length = (int) Math.min(VERIFIED_AT_ONCE, section.length - at);
      crc.update(range(section.offset + at, length));
      read.accept(length);
    }
    if ((int) crc.getValue() != section.crc) {
      throw new StorageException.Corrupt(
          name, section.offset, "the checksum of section " + id + " does not fit its content");
    }
  }

  /** A whole section, checked. */
  public ByteReader section(int id) {
    Section section = find(id);
    ByteBuffer bytes = range(section.offset, Math.toIntExact(section.length));
    if (Crc.of(bytes) != section.crc && objects.dropCopies(name)) {
      bytes = objects.readRange(name, section.offset, Math.toIntExact(section.length));
    }
    if (Crc.of(bytes) != section.crc) {
      throw new StorageException.Corrupt(
          name, section.offset, "the checksum of section " + id + " does not fit its content");
    }
    return new ByteReader(bytes, name, section.offset);
  }

  /**
   * A page of a section, checked, without its checksum.
   *
   * @param offset in the section
   * @param length as {@link BlockWriter#page} returned it
   */
  public ByteReader page(int id, long offset, int length) {
    Section section = find(id);
    int content = length - BlockFormat.PAGE_CRC_SIZE;
    if (content < 0 || offset < 0 || offset > section.length - length) {
      throw new StorageException.Corrupt(
          name, section.offset, "page " + offset + "+" + length + " lies outside of section " + id);
    }
    return checked(range(section.offset + offset, length), section.offset + offset);
  }

  /**
   * Bytes of a section as they are, for many pages by one read; each is checked by {@link
   * #checkPage}.
   */
  public ByteBuffer raw(int id, long offset, int length) {
    Section section = find(id);
    if (length < 0 || offset < 0 || offset > section.length - length) {
      throw new StorageException.Corrupt(
          name, section.offset, "bytes " + offset + "+" + length + " lie outside of section " + id);
    }
    return range(section.offset + offset, length);
  }

  /**
   * A page among bytes that {@link #raw} returned, as {@link #page} would.
   *
   * @param offset in the section, named in errors
   */
  public ByteReader checkPage(int id, ByteBuffer bytes, long offset) {
    long at = find(id).offset + offset;
    ByteBuffer page = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (page.remaining() < BlockFormat.PAGE_CRC_SIZE) {
      throw new StorageException.Corrupt(name, at, "a page of " + page.remaining() + " bytes");
    }
    return checked(page, at);
  }

  /** The content of a page at a place of the object; read once more where a copy may be damaged. */
  private ByteReader checked(ByteBuffer bytes, long at) {
    int content = bytes.remaining() - BlockFormat.PAGE_CRC_SIZE;
    ByteBuffer page = bytes;
    if (!isWhole(page, content) && objects.dropCopies(name)) {
      page = objects.readRange(name, at, content + BlockFormat.PAGE_CRC_SIZE);
    }
    if (!isWhole(page, content)) {
      throw new StorageException.Corrupt(name, at, "a page's checksum does not fit its content");
    }
    return new ByteReader(page.slice(0, content), name, at);
  }

  private static boolean isWhole(ByteBuffer page, int content) {
    return Crc.of(page.slice(0, content)) == page.getInt(content);
  }

  private Section find(int id) {
    Section section = sections.get(id);
    if (section == null) {
      throw new StorageException.Corrupt(name, 0, "section " + id + " is missing");
    }
    return section;
  }

  private ByteBuffer range(long offset, int length) {
    if (offset >= tailStart) {
      return tail.slice((int) (offset - tailStart), length).order(ByteOrder.LITTLE_ENDIAN);
    }
    return objects.readRange(name, offset, length);
  }
}

package io.trilith.cli.prometheus;

import io.trilith.storage.model.Labels;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The index of a block of Prometheus, version 2. Kept in memory: four bytes for each series and
 * eight for each symbol. Not thread-safe.
 *
 * <pre>
 * index    = magic:4 BAAAD700  version:1  sections  toc
 * toc      = symbols:8 series:8 labelIndices:8 labelTable:8 postings:8 postingsTable:8 crc:4
 * symbols  = length:4 count:4 text*  crc:4
 * series   = length:uvarint pairs:uvarint (name:uvarint value:uvarint)* chunks crc:4    at 16 * its number
 * chunks   = count:uvarint  min:varint span:uvarint ref:uvarint  ( gap:uvarint span:uvarint step:varint )*
 * </pre>
 */
final class TsdbIndex implements AutoCloseable {
  private static final int MAGIC = 0xBAAAD700;
  private static final int VERSION = 2;
  private static final int TOC_SIZE = 6 * 8 + 4;
  private static final int ALIGNMENT = 16;

  private final MappedFile file;
  private final long[] symbols;
  private final int[] numbers;

  // Of the series read last.
  private Labels labels = Labels.EMPTY;
  private int chunks;
  private long[] mins = new long[16];
  private long[] maxs = new long[16];
  private long[] refs = new long[16];

  TsdbIndex(Path path) {
    file = new MappedFile(path);
    try {
      if (file.size() < 5 + TOC_SIZE || file.readInt() != MAGIC) {
        throw file.corrupt("it is no index of a block of Prometheus");
      }
      int version = file.readByte();
      if (version != VERSION) {
        throw file.corrupt(
            "index version " + version + " is not known; Prometheus 2 and 3 write version 2");
      }
      long toc = file.size() - TOC_SIZE;
      file.check(toc, file.size() - 4);
      file.position(toc);
      long symbolsAt = file.readLong();
      file.position(toc + 40);
      long tableAt = file.readLong();
      symbols = readSymbols(symbolsAt);
      numbers = readAll(tableAt);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The end of a section at the position, which begins with its length; its checksum fits. */
  private long begin(long at) {
    file.position(at);
    long length = Integer.toUnsignedLong(file.readInt());
    file.check(at + 4, at + 4 + length);
    return at + 4 + length;
  }

  private long[] readSymbols(long at) {
    long end = begin(at);
    int count = file.readInt();
    if (count < 0 || count > end - file.position()) {
      throw file.corrupt(count + " symbols");
    }
    long[] offsets = new long[count];
    for (int i = 0; i < count; i++) {
      offsets[i] = file.position();
      long length = file.readUnsigned();
      file.position(file.position() + length);
    }
    return offsets;
  }

  /** The list of all series: the first entry of the table, whose name and value are empty. */
  private int[] readAll(long tableAt) {
    begin(tableAt);
    int entries = file.readInt();
    if (entries == 0) {
      return new int[0];
    }
    int texts = file.readByte();
    String name = file.readText();
    String value = file.readText();
    if (texts != 2 || !name.isEmpty() || !value.isEmpty()) {
      throw file.corrupt("the list of all series is not there");
    }
    long end = begin(file.readUnsigned());
    int count = file.readInt();
    if (count < 0 || count > (end - file.position()) / 4) {
      throw file.corrupt(count + " series");
    }
    int[] all = new int[count];
    for (int i = 0; i < count; i++) {
      all[i] = file.readInt();
    }
    return all;
  }

  int seriesCount() {
    return numbers.length;
  }

  /** What tombstones call the series at a place. */
  long reference(int place) {
    return Integer.toUnsignedLong(numbers[place]);
  }

  private String symbol(long number) {
    if (number < 0 || number >= symbols.length) {
      throw file.corrupt("symbol " + number + " of " + symbols.length);
    }
    long back = file.position();
    file.position(symbols[(int) number]);
    String text = file.readText();
    file.position(back);
    return text;
  }

  /** Reads the series at a place; what it has is told by the methods below. */
  void read(int place) {
    file.position(reference(place) * ALIGNMENT);
    long length = file.readUnsigned();
    file.check(file.position(), file.position() + length);
    Labels.Builder builder = Labels.EMPTY.toBuilder();
    for (long left = file.readUnsigned(); left > 0; left--) {
      String name = symbol(file.readUnsigned());
      builder.set(name, symbol(file.readUnsigned()));
    }
    labels = builder.build();
    long count = file.readUnsigned();
    if (count < 0 || count > length) {
      throw file.corrupt("a series of " + count + " chunks");
    }
    chunks = (int) count;
    if (chunks > mins.length) {
      int capacity = Math.max(chunks, mins.length * 2);
      mins = Arrays.copyOf(mins, capacity);
      maxs = Arrays.copyOf(maxs, capacity);
      refs = Arrays.copyOf(refs, capacity);
    }
    for (int i = 0; i < chunks; i++) {
      mins[i] = i == 0 ? file.readSigned() : maxs[i - 1] + file.readUnsigned();
      maxs[i] = mins[i] + file.readUnsigned();
      refs[i] = i == 0 ? file.readUnsigned() : refs[i - 1] + file.readSigned();
    }
  }

  Labels labels() {
    return labels;
  }

  int chunks() {
    return chunks;
  }

  long min(int chunk) {
    return mins[chunk];
  }

  long max(int chunk) {
    return maxs[chunk];
  }

  /** Number of the file in the upper half, offset in it in the lower. */
  long ref(int chunk) {
    return refs[chunk];
  }

  @Override
  public void close() {
    file.close();
  }
}

package io.trilith.cli.prometheus;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A file of Prometheus, mapped, with a position that reads move on. Numbers are big-endian. Reading
 * beyond the end is StorageException.Corrupt. Not thread-safe.
 */
final class MappedFile implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final String name;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment bytes;
  private long at;

  MappedFile(Path path) {
    name = path.toString();
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      bytes = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
    } catch (IOException e) {
      arena.close();
      throw new StorageException.Unavailable("cannot read " + path, e);
    }
  }

  long size() {
    return bytes.byteSize();
  }

  long position() {
    return at;
  }

  void position(long to) {
    if (to < 0 || to > size()) {
      throw corrupt("a reference to byte " + to + " of " + size());
    }
    at = to;
  }

  private void need(long count) {
    if (count < 0 || count > size() - at) {
      throw corrupt(count + " bytes wanted, the file ends at " + size());
    }
  }

  int readByte() {
    need(1);
    return bytes.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
  }

  int readInt() {
    need(4);
    int value = bytes.get(INT, at);
    at += 4;
    return value;
  }

  long readLong() {
    need(8);
    long value = bytes.get(LONG, at);
    at += 8;
    return value;
  }

  long readUnsigned() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = readByte();
      value |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw corrupt("a number is longer than ten bytes");
  }

  long readSigned() {
    long value = readUnsigned();
    return value >>> 1 ^ -(value & 1);
  }

  byte[] readBytes(long count) {
    need(count);
    if (count > Integer.MAX_VALUE - 64) {
      throw corrupt(count + " bytes in one piece");
    }
    byte[] copy = bytes.asSlice(at, count).toArray(ValueLayout.JAVA_BYTE);
    at += count;
    return copy;
  }

  String readText() {
    return new String(readBytes(readUnsigned()), StandardCharsets.UTF_8);
  }

  /** Throws unless the checksum that stands at the end fits the bytes before it. */
  void check(long from, long end) {
    if (from < 0 || end < from || end > size() - 4) {
      throw corrupt("a part from byte " + from + " to " + end + " of " + size());
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes.asSlice(from, end - from).asByteBuffer());
    if ((int) crc.getValue() != bytes.get(INT, end)) {
      throw new StorageException.Corrupt(name, from, "a checksum does not fit its content");
    }
  }

  StorageException.Corrupt corrupt(String reason) {
    return new StorageException.Corrupt(name, at, reason);
  }

  @Override
  public void close() {
    arena.close();
  }
}

package io.trilith.storage.encoding;

import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteWriter} wrote. Every read is bounds-checked: what does not fit is a {@link
 * StorageException.Corrupt} that names file and offset. Not thread-safe.
 */
public final class ByteReader {
  private final ByteBuffer bytes;
  private final String file;
  private final long base;

  /**
   * A reader of the buffer from its position to its limit.
   *
   * @param file named in errors
   * @param base offset in the file of the buffer's position
   */
  public ByteReader(ByteBuffer buffer, String file, long base) {
    this.bytes = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.file = file;
    this.base = base;
  }

  public int position() {
    return bytes.position();
  }

  public int remaining() {
    return bytes.remaining();
  }

  public boolean hasRemaining() {
    return bytes.hasRemaining();
  }

  /** Moves to a position in this reader. */
  public void seek(int position) {
    if (position < 0 || position > bytes.limit()) {
      throw corrupt("position " + position + " lies outside of " + bytes.limit() + " bytes");
    }
    bytes.position(position);
  }

  public int getByte() {
    need(1);
    return bytes.get() & 0xff;
  }

  public int getInt() {
    need(4);
    return bytes.getInt();
  }

  public long getLong() {
    need(8);
    return bytes.getLong();
  }

  public double getDouble() {
    return Double.longBitsToDouble(getLong());
  }

  public long getVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      need(1);
      byte b = bytes.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw corrupt("a number has more than 10 bytes");
  }

  public long getZigzag() {
    long value = getVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /**
   * A varint that counts things of at least one byte each, so that it cannot exceed what is left.
   */
  public int getCount() {
    return getCount(1);
  }

  /**
   * A varint that counts things of at least {@code bytesEach} bytes. Keeps a flipped bit from
   * allocating gigabytes.
   */
  public int getCount(int bytesEach) {
    long count = getVarint();
    if (count < 0 || count > bytes.remaining() / Math.max(1, bytesEach)) {
      throw corrupt("a count of " + count + " cannot fit in " + bytes.remaining() + " bytes");
    }
    return (int) count;
  }

  /** A varint below a bound that the caller knows. */
  public int getIndex(int bound) {
    long index = getVarint();
    if (index < 0 || index >= bound) {
      throw corrupt("index " + index + " is not below " + bound);
    }
    return (int) index;
  }

  public byte[] getBytes(int length) {
    if (length < 0) {
      throw corrupt("negative length " + length);
    }
    need(length);
    byte[] copy = new byte[length];
    bytes.get(copy);
    return copy;
  }

  /** A view of the next bytes, which are skipped. */
  public ByteBuffer slice(int length) {
    if (length < 0) {
      throw corrupt("negative length " + length);
    }
    need(length);
    ByteBuffer slice = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + length);
    return slice;
  }

  public String getString() {
    int length = getCount();
    return new String(getBytes(length), StandardCharsets.UTF_8);
  }

  /** The error for bytes at the current position that cannot be what was written. */
  public StorageException.Corrupt corrupt(String reason) {
    return new StorageException.Corrupt(file, base + bytes.position(), reason);
  }

  private void need(int count) {
    if (bytes.remaining() < count) {
      throw corrupt(count + " bytes wanted, " + bytes.remaining() + " left");
    }
  }
}

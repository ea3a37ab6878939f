package io.trilith.storage.encoding;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing byte array with the little-endian primitives of our formats. Not thread-safe; reusable
 * by {@link #clear}.
 */
public final class ByteWriter {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** From here on a buffer grows by a quarter. */
  private static final int LARGE = 8 << 20;

  private static final int CAPACITY_MAX = Integer.MAX_VALUE - 64;

  private byte[] bytes;
  private int size;

  public ByteWriter() {
    this(256);
  }

  public ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  public int size() {
    return size;
  }

  /** The backing array, valid below {@link #size} until the next write. */
  public byte[] array() {
    return bytes;
  }

  public byte[] toArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** A view of what was written, valid until the next write. */
  public ByteBuffer view() {
    return ByteBuffer.wrap(bytes, 0, size).order(ByteOrder.LITTLE_ENDIAN);
  }

  public void clear() {
    size = 0;
  }

  /** Forgets what was written after the given size. */
  public void truncate(int toSize) {
    assert toSize <= size;
    size = toSize;
  }

  public void putByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  public void putInt(int value) {
    reserve(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  /** Overwrites four bytes written before. */
  public void setInt(int at, int value) {
    assert at + 4 <= size;
    INT.set(bytes, at, value);
  }

  public void putLong(long value) {
    reserve(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  public void putDouble(double value) {
    putLong(Double.doubleToRawLongBits(value));
  }

  /** An unsigned LEB128 number: 1 to 10 bytes. */
  public void putVarint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** A signed number, small magnitudes short. */
  public void putZigzag(long value) {
    putVarint((value << 1) ^ (value >> 63));
  }

  public void putBytes(byte[] source) {
    putBytes(source, 0, source.length);
  }

  public void putBytes(byte[] source, int offset, int length) {
    reserve(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  /** This many zero bytes. */
  public void putZeros(int count) {
    reserve(count);
    Arrays.fill(bytes, size, size + count, (byte) 0);
    size += count;
  }

  public void putBytes(ByteBuffer source) {
    int length = source.remaining();
    reserve(length);
    source.get(bytes, size, length);
    size += length;
  }

  /** Length as varint, then UTF-8. */
  public void putString(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putVarint(utf8.length);
    putBytes(utf8);
  }

  /** Makes room for this many more bytes. */
  public void reserve(int more) {
    if (bytes.length - size >= more) {
      return;
    }
    // A large one grows by less: while it is copied there are two.
    int growth = bytes.length < LARGE ? bytes.length : bytes.length / 4;
    long wanted = Math.max((long) size + more, (long) bytes.length + growth);
    if ((long) size + more > CAPACITY_MAX) {
      throw new IllegalStateException("a buffer cannot grow beyond 2 GiB");
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, CAPACITY_MAX));
  }
}

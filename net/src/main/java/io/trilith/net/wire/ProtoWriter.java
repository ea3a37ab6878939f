package io.trilith.net.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes protobuf wire bytes into one growing array. Not thread-safe. */
public final class ProtoWriter {
  private byte[] bytes = new byte[256];
  private int size;

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  public int size() {
    return size;
  }

  /** A number without a tag, as packed fields have them. */
  public ProtoWriter rawVarint(long value) {
    raw(value);
    return this;
  }

  public ProtoWriter varint(int field, long value) {
    raw((long) field << 3);
    raw(value);
    return this;
  }

  /** Left out when it is zero, as proto3 has it. */
  public ProtoWriter some(int field, long value) {
    return value == 0 ? this : varint(field, value);
  }

  /** Left out when it is empty, as proto3 has it. */
  public ProtoWriter some(int field, String value) {
    return value.isEmpty() ? this : string(field, value);
  }

  public ProtoWriter float64(int field, double value) {
    return fixed64(field, Double.doubleToRawLongBits(value));
  }

  public ProtoWriter fixed64(int field, long value) {
    raw((long) field << 3 | 1);
    room(8);
    for (int i = 0; i < 8; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
    return this;
  }

  public ProtoWriter fixed32(int field, int value) {
    raw((long) field << 3 | 5);
    room(4);
    for (int i = 0; i < 4; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
    return this;
  }

  public ProtoWriter bytes(int field, byte... value) {
    raw((long) field << 3 | 2);
    raw(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  /** As above, of a part of an array. */
  public ProtoWriter bytes(int field, byte[] array, int from, int length) {
    raw((long) field << 3 | 2);
    raw(length);
    room(length);
    System.arraycopy(array, from, bytes, size, length);
    size += length;
    return this;
  }

  public ProtoWriter string(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Begins a nested message; hand what it returns to {@link #end}. */
  public int begin(int field) {
    raw((long) field << 3 | 2);
    room(1);
    return ++size;
  }

  /** Ends the nested message that began there. */
  public void end(int begin) {
    int length = size - begin;
    int extra = 0;
    for (int rest = length >>> 7; rest > 0; rest >>>= 7) {
      extra++;
    }
    if (extra > 0) {
      room(extra);
      System.arraycopy(bytes, begin, bytes, begin + extra, length);
    }
    size = begin - 1;
    raw(length);
    size += length;
  }

  private void raw(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}

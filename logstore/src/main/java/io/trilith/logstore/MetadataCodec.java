package io.trilith.logstore;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;

/**
 * Structured metadata as bytes: {@code count:varint (name:string value:string)*}, names in order.
 */
public final class MetadataCodec {
  private MetadataCodec() {}

  public static void put(Labels metadata, ByteWriter out) {
    out.putVarint(metadata.size());
    for (int i = 0; i < metadata.size(); i++) {
      out.putString(metadata.name(i));
      out.putString(metadata.value(i));
    }
  }

  public static Labels get(ByteReader in) {
    String[] pairs = new String[2 * in.getCount(2)];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = in.getString();
      if (i > 1 && i % 2 == 0 && pairs[i - 2].compareTo(pairs[i]) >= 0) {
        throw in.corrupt("metadata is not in order");
      }
    }
    return Labels.ofSorted(pairs);
  }

  /** Takes one value of the metadata. */
  @FunctionalInterface
  public interface ValueVisitor {
    void accept(byte[] bytes, int from, int to);
  }

  /** One value of what was put at a place, by {@link #put}; empty when it is not there. */
  public static String value(byte[] bytes, int at, String name) {
    long number = varint(bytes, at);
    int next = (int) number;
    for (long left = number >>> 32; left > 0; left--) {
      number = varint(bytes, next);
      int nameStart = (int) number;
      int nameEnd = nameStart + (int) (number >>> 32);
      number = varint(bytes, nameEnd);
      int start = (int) number;
      next = start + (int) (number >>> 32);
      if (is(bytes, nameStart, nameEnd, name)) {
        return new String(bytes, start, next - start, StandardCharsets.UTF_8);
      }
    }
    return "";
  }

  private static boolean is(byte[] bytes, int from, int to, String name) {
    int ascii = 0;
    while (ascii < name.length()
        && ascii < to - from
        && name.charAt(ascii) == bytes[from + ascii]) {
      ascii++;
    }
    boolean other = ascii < to - from && ascii < name.length() && bytes[from + ascii] < 0;
    return other
        ? new String(bytes, from, to - from, StandardCharsets.UTF_8).equals(name)
        : ascii == to - from && ascii == name.length();
  }

  /** Where what was put at a place, by {@link #put}, ends. */
  public static int end(byte[] bytes, int at) {
    return eachValue(bytes, at, (array, from, to) -> {});
  }

  /** Hands over all values, and tells where the metadata ends. */
  public static int eachValue(byte[] bytes, int at, ValueVisitor visitor) {
    long number = varint(bytes, at);
    int next = (int) number;
    for (long left = number >>> 32; left > 0; left--) {
      number = varint(bytes, next);
      number = varint(bytes, (int) number + (int) (number >>> 32));
      next = (int) number + (int) (number >>> 32);
      visitor.accept(bytes, (int) number, next);
    }
    return next;
  }

  /** A number of less than 31 bits, and where it ends in the lower half. */
  private static long varint(byte[] bytes, int at) {
    int next = at;
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes[next++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value << 32 | next;
      }
    }
  }
}

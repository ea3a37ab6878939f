package io.trilith.tsdb;

import io.trilith.config.LimitsConfig;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Tells whether the labels of a remote-write series, as they stand in the message, are a {@link
 * SeriesKey} and keep the limits. Makes no objects. Not thread-safe.
 */
public final class KeyScanner {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long NAME =
      (long) LONG.get("__name__".getBytes(StandardCharsets.US_ASCII), 0);

  private final int nameMax;
  private final int valueMax;
  private final int labelsMax;

  public KeyScanner(LimitsConfig limits) {
    this.nameMax = limits.labelNameMax();
    this.valueMax = limits.labelValueMax();
    this.labelsMax = limits.labelsPerSeriesMax();
  }

  /**
   * Where the labels at the start of a series end, by their outer lengths alone.
   *
   * @return {@code from} when there is none, or one is not whole
   */
  public static int end(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] == SeriesKey.FIRST) {
      long label = length(bytes, at + 1, to);
      int end = (int) (label >>> 32) + (int) label;
      if (label < 0 || end > to) {
        return from;
      }
      at = end;
    }
    return at;
  }

  /**
   * Scans the labels at the start of a series.
   *
   * @return where they end; -1 when they are not a key, or break a limit, or have no metric name:
   *     the slow path will tell which
   */
  public int scan(byte[] bytes, int from, int to) {
    int at = from;
    int labels = 0;
    int lastName = -1;
    int lastEnd = -1;
    boolean named = false;
    while (at < to && bytes[at] == SeriesKey.FIRST) {
      long label = length(bytes, at + 1, to);
      int nameHead = (int) (label >>> 32);
      int end = nameHead + (int) label;
      if (label < 0 || end > to || end - nameHead < 2 || bytes[nameHead] != SeriesKey.FIRST) {
        return -1;
      }
      long name = length(bytes, nameHead + 1, end);
      int nameAt = (int) (name >>> 32);
      int nameEnd = nameAt + (int) name;
      if (name < 0 || nameEnd >= end || bytes[nameEnd] != SeriesKey.SECOND) {
        return -1;
      }
      long value = length(bytes, nameEnd + 1, end);
      int valueAt = (int) (value >>> 32);
      if (value < 0
          || valueAt + (int) value != end
          || outside((int) name, nameMax)
          || outside((int) value, valueMax)
          || (lastName >= 0 && !ascending(bytes, lastName, lastEnd, nameAt, nameEnd))) {
        return -1;
      }
      named |= nameEnd - nameAt == 8 && (long) LONG.get(bytes, nameAt) == NAME;
      lastName = nameAt;
      lastEnd = nameEnd;
      labels++;
      at = end;
    }
    boolean fine = named && labels <= labelsMax;
    return fine && (isAscii(bytes, from, at) || isText(bytes, from, at)) ? at : -1;
  }

  private static boolean outside(int length, int max) {
    return length == 0 || length > max;
  }

  private static boolean ascending(byte[] bytes, int a, int aEnd, int b, int bEnd) {
    int order = Integer.compare(bytes[a], bytes[b]);
    return order < 0 || (order == 0 && Arrays.compareUnsigned(bytes, a, aEnd, bytes, b, bEnd) < 0);
  }

  /** A length of one or two bytes: where it ends, and below it its value; -1 for any other. */
  private static long length(byte[] bytes, int at, int to) {
    if (at >= to) {
      return -1;
    }
    int low = bytes[at];
    if (low >= 0) {
      return (long) (at + 1) << 32 | low;
    }
    if (at + 1 >= to || bytes[at + 1] <= 0) {
      return -1;
    }
    return (long) (at + 2) << 32 | (low & 0x7f) | bytes[at + 1] << 7;
  }

  /** Whether no byte has its high bit set. */
  public static boolean isAscii(byte[] bytes, int from, int to) {
    int at = from;
    for (; at <= to - 8; at += 8) {
      if (((long) LONG.get(bytes, at) & HIGH_BITS) != 0) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (bytes[at] < 0) {
        return false;
      }
    }
    return true;
  }

  /** The structure is known to be right: names must be ASCII, whose order all agree on. */
  private static boolean isText(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int nameHead = (int) (length(bytes, at + 1, to) >>> 32);
      long name = length(bytes, nameHead + 1, to);
      int nameAt = (int) (name >>> 32);
      int nameEnd = nameAt + (int) name;
      long value = length(bytes, nameEnd + 1, to);
      int valueAt = (int) (value >>> 32);
      at = valueAt + (int) value;
      if (!isAscii(bytes, nameAt, nameEnd) || !isUtf8(bytes, valueAt, at)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the slice is valid UTF-8. */
  public static boolean isUtf8(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int lead = bytes[at];
      int more = lead >= 0 ? 0 : (lead & 0xe0) == 0xc0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : 3;
      if (to - at <= more || (more == 3 && (lead & 0xf8) != 0xf0)) {
        return false;
      }
      int code = more == 0 ? lead : lead & (0x3f >> more);
      for (int i = 1; i <= more; i++) {
        if ((bytes[at + i] & 0xc0) != 0x80) {
          return false;
        }
        code = code << 6 | (bytes[at + i] & 0x3f);
      }
      int least = more == 0 ? 0 : more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
      if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return false;
      }
      at += more + 1;
    }
    return true;
  }
}

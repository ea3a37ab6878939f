package io.trilith.logstore.page;

import io.trilith.storage.encoding.ByteReader;

/**
 * Values of this many hexadecimal digits in lower case, two in a byte; as a UUID with its four
 * dashes.
 */
final class HexDigits extends Column {
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };
  static final int DIGITS_MAX = 255;
  private static final byte[] VALUES = new byte[256];

  static {
    java.util.Arrays.fill(VALUES, (byte) -1);
    for (int i = 0; i < 16; i++) {
      VALUES[DIGITS[i]] = (byte) i;
    }
  }

  private final byte[] packed;
  private final int digits;
  private final int each;
  private final boolean uuid;

  HexDigits(ByteReader in, int count, boolean uuid) {
    this.uuid = uuid;
    this.digits = uuid ? 32 : in.getByte();
    this.each = (digits + 1) / 2;
    if (digits == 0 || in.remaining() != (long) each * count) {
      throw in.corrupt(in.remaining() + " bytes for " + count + " values of " + digits + " digits");
    }
    this.packed = in.getBytes(in.remaining());
  }

  @Override
  int length(int row) {
    return uuid ? 36 : digits;
  }

  @Override
  void append(int row, Bytes into) {
    into.reserve(each * 2 + 4);
    byte[] array = into.array;
    int at = into.size;
    int from = row * each;
    for (int i = 0; i < each; i++) {
      int two = packed[from + i];
      array[at] = DIGITS[two >>> 4 & 15];
      array[at + 1] = DIGITS[two & 15];
      at += 2;
      if (uuid && (i == 3 || i == 5 || i == 7 || i == 9)) {
        array[at++] = '-';
      }
    }
    into.size = at - (digits & 1);
  }

  @Override
  int size() {
    return 48 + packed.length;
  }

  @Override
  void search(Needle needle, long[] rows, int count) {
    if (needle.length() > length(0)) {
      return;
    }
    byte[] nibbles = withoutDashes(needle.bytes());
    if (nibbles.length < 3 || nibbles.length > 2 * DIGITS_MAX) {
      super.search(needle, rows, count);
      return;
    }
    // The digits begin in the upper or in the lower half of a byte.
    Bytes value = new Bytes();
    for (int skip = 0; skip < 2; skip++) {
      int whole = (nibbles.length - skip) / 2;
      byte[] wanted = new byte[whole];
      if (!pack(nibbles, skip, skip + 2 * whole, 2 * whole, false, wanted, 0)) {
        return;
      }
      Needle bytes = new Needle(wanted);
      int at = 0;
      while (at < packed.length) {
        int hit = bytes.indexOf(packed, at, packed.length);
        if (hit < 0) {
          break;
        }
        int row = hit / each;
        value.size = 0;
        append(row, value);
        if (needle.indexOf(value.array, 0, value.size) >= 0) {
          set(rows, row);
          at = (row + 1) * each;
        } else {
          at = hit + 1;
        }
      }
    }
  }

  private static byte[] withoutDashes(byte[] text) {
    byte[] kept = new byte[text.length];
    int count = 0;
    for (byte c : text) {
      if (c != '-') {
        kept[count++] = c;
      }
    }
    return java.util.Arrays.copyOf(kept, count);
  }

  @Override
  void searchEqual(byte[] text, long[] rows, int count) {
    byte[] wanted = new byte[each];
    if (!pack(text, 0, text.length, digits, uuid, wanted, 0)) {
      return;
    }
    for (int row = 0; row < count; row++) {
      int from = row * each;
      if (packed[from] == wanted[0]
          && java.util.Arrays.equals(packed, from, from + each, wanted, 0, each)) {
        set(rows, row);
      }
    }
  }

  /** Packs a value; false when it does not have this many digits. */
  static boolean pack(
      byte[] text, int from, int to, int digits, boolean uuid, byte[] into, int at) {
    if (to - from != (uuid ? 36 : digits)) {
      return false;
    }
    if (!uuid) {
      return packPairs(text, from, to, into, at);
    }
    int nibble = 0;
    for (int i = from; i < to; i++) {
      byte c = text[i];
      int place = i - from;
      if (place == 8 || place == 13 || place == 18 || place == 23) {
        if (c != '-') {
          return false;
        }
        continue;
      }
      int value = VALUES[c & 0xff];
      if (value < 0) {
        return false;
      }
      if ((nibble & 1) == 0) {
        into[at + nibble / 2] = (byte) (value << 4);
      } else {
        into[at + nibble / 2] |= (byte) value;
      }
      nibble++;
    }
    return true;
  }

  private static boolean packPairs(byte[] text, int from, int to, byte[] into, int at) {
    int bad = 0;
    int out = at;
    int i = from;
    for (; i + 1 < to; i += 2) {
      int high = VALUES[text[i] & 0xff];
      int low = VALUES[text[i + 1] & 0xff];
      bad |= high | low;
      into[out++] = (byte) (high << 4 | low);
    }
    if (i < to) {
      int high = VALUES[text[i] & 0xff];
      bad |= high;
      into[out] = (byte) (high << 4);
    }
    return bad >= 0;
  }
}

package io.trilith.logstore.page;

import io.trilith.storage.encoding.ByteWriter;
import java.time.LocalDate;
import java.util.Arrays;

/** Writes values of one place as the kind of column that is smallest. Not thread-safe. */
final class ColumnEncoder {
  private static final int DICTIONARY_MAX = 1 << 12;

  private final Codec codec;
  private final PageFilter.Builder filter;

  private byte[] data = new byte[0];
  private int[] starts = new int[0];
  private int[] ends = new int[0];
  private int count;
  private long[] numbers = new long[1 << 10];

  private final int[] slots = new int[DICTIONARY_MAX * 4];
  private final int[] firsts = new int[DICTIONARY_MAX];
  private final int[] uses = new int[DICTIONARY_MAX];
  private long[] ids = new long[1 << 10];
  private int distinct;
  private byte[] scratch = new byte[1 << 12];

  ColumnEncoder(Codec codec, PageFilter.Builder filter) {
    this.codec = codec;
    this.filter = filter;
  }

  /** Appends a column of slices, at least one; their runs go to the filter. */
  void encode(byte[] bytes, int[] from, int[] to, int rows, long[] times, ByteWriter out) {
    data = bytes;
    starts = from;
    ends = to;
    count = rows;
    if (numbers.length < rows) {
      numbers = new long[rows];
      ids = new long[rows];
    }
    if (isConstant()) {
      out.putByte(Column.CONSTANT);
      out.putBytes(data, starts[0], ends[0] - starts[0]);
      filter.add(data, starts[0], ends[0]);
      return;
    }
    int kind = numberKind();
    int parameter = this.parameter;
    if (kind >= 0) {
      if (kind != Column.TIME && findDistinct() && dictionaryBits() < numberBits()) {
        putDictionary(out);
        return;
      }
      out.putByte(kind);
      if (kind == Column.TIME) {
        out.putByte(separator);
        out.putByte(point);
      }
      if (kind != Column.ADDRESS) {
        out.putByte(parameter);
      }
      codec.putInts(numbers, count, times, out);
      return;
    }
    boolean hex = packHex();
    if (findDistinct() && (!hex || dictionaryBits() < 8.0 * count * hexEach)) {
      putDictionary(out);
      return;
    }
    addToFilter();
    if (hex) {
      out.putByte(hexUuid ? Column.UUID : Column.HEX);
      if (!hexUuid) {
        out.putByte(hexDigits);
      }
      out.putBytes(scratch, 0, hexEach * count);
      return;
    }
    out.putByte(Column.TEXT);
    putTexts(out);
  }

  private void addToFilter() {
    for (int i = 0; i < count; i++) {
      filter.add(data, starts[i], ends[i]);
    }
  }

  private boolean isConstant() {
    for (int i = 1; i < count; i++) {
      if (!Arrays.equals(data, starts[i], ends[i], data, starts[0], ends[0])) {
        return false;
      }
    }
    return true;
  }

  private void putTexts(ByteWriter out) {
    int size = 0;
    for (int i = 0; i < count; i++) {
      int length = ends[i] - starts[i];
      numbers[i] = length;
      size += length;
    }
    codec.putPlain(numbers, count, out);
    byte[] texts = new byte[size];
    int at = 0;
    for (int i = 0; i < count; i++) {
      int length = ends[i] - starts[i];
      System.arraycopy(data, starts[i], texts, at, length);
      at += length;
    }
    codec.putBlob(texts, 0, size, out);
  }

  // Dictionaries.

  /** Numbers the different values; false when they are too many. */
  private boolean findDistinct() {
    int max = Math.min(DICTIONARY_MAX, count / 2);
    int mask = Integer.highestOneBit(Math.max(4, 3 * max)) * 2 - 1;
    mask = Math.min(mask, slots.length - 1);
    Arrays.fill(slots, 0, mask + 1, -1);
    distinct = 0;
    for (int i = 0; i < count; i++) {
      int slot = (int) Runs.hashAll(data, starts[i], ends[i]) & mask;
      while (true) {
        int id = slots[slot];
        if (id < 0) {
          if (distinct == max || (i == 128 && distinct > 120)) {
            return false;
          }
          slots[slot] = distinct;
          firsts[distinct] = i;
          uses[distinct] = 1;
          ids[i] = distinct++;
          break;
        }
        int first = firsts[id];
        if (Arrays.equals(data, starts[first], ends[first], data, starts[i], ends[i])) {
          uses[id]++;
          ids[i] = id;
          break;
        }
        slot = (slot + 1) & mask;
      }
    }
    return true;
  }

  private double dictionaryBits() {
    double bits = 100;
    for (int id = 0; id < distinct; id++) {
      int first = firsts[id];
      bits += uses[id] * Log2.of(count / (double) uses[id]) + 6.0 * (ends[first] - starts[first]);
    }
    return bits;
  }

  private double numberBits() {
    long min = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      min = Math.min(min, numbers[i]);
    }
    double plain = 0;
    double delta = 0;
    for (int i = 0; i < count; i++) {
      plain += 64 - Long.numberOfLeadingZeros(numbers[i] - min);
      delta += i == 0 ? 0 : 65 - Long.numberOfLeadingZeros(Math.abs(numbers[i] - numbers[i - 1]));
    }
    return Math.min(plain, delta) + 60;
  }

  private void putDictionary(ByteWriter out) {
    out.putByte(Column.DICTIONARY);
    out.putVarint(distinct);
    int size = 0;
    for (int id = 0; id < distinct; id++) {
      int first = firsts[id];
      int length = ends[first] - starts[first];
      numbers[id] = length;
      size += length;
      filter.add(data, starts[first], ends[first]);
    }
    codec.putPlain(numbers, distinct, out);
    byte[] texts = new byte[size];
    int at = 0;
    for (int id = 0; id < distinct; id++) {
      int first = firsts[id];
      System.arraycopy(data, starts[first], texts, at, ends[first] - starts[first]);
      at += ends[first] - starts[first];
    }
    codec.putBlob(texts, 0, size, out);
    codec.putPlain(ids, count, out);
  }

  // Hexadecimal digits.

  private boolean hexUuid;
  private int hexDigits;
  private int hexEach;

  private boolean packHex() {
    int length = ends[0] - starts[0];
    hexUuid = length == 36;
    hexDigits = hexUuid ? 32 : length;
    hexEach = (hexDigits + 1) / 2;
    if (length < 4 || hexDigits > HexDigits.DIGITS_MAX) {
      return false;
    }
    for (int i = 1; i < count; i++) {
      if (ends[i] - starts[i] != length) {
        return false;
      }
    }
    if (scratch.length < hexEach * count) {
      scratch = new byte[hexEach * count];
    }
    for (int i = 0; i < count; i++) {
      if (!HexDigits.pack(data, starts[i], ends[i], hexDigits, hexUuid, scratch, i * hexEach)) {
        return false;
      }
    }
    return true;
  }

  // Numbers.

  private int parameter;
  private int separator;
  private int point;

  /** Reads the values as numbers of one kind; -1 when they are not. */
  private int numberKind() {
    int length = ends[0] - starts[0];
    if (length == 0 || length > 30 || !Runs.isDigit(data[starts[0]])) {
      return -1;
    }
    if (length >= 19 && data[starts[0] + 4] == '-') {
      return times() ? Column.TIME : -1;
    }
    int points = 0;
    for (int i = starts[0]; i < ends[0]; i++) {
      points += data[i] == '.' ? 1 : 0;
    }
    return switch (points) {
      case 0 -> integers() ? Column.INTEGER : -1;
      case 1 -> decimals() ? Column.DECIMAL : -1;
      case 3 -> addresses() ? Column.ADDRESS : -1;
      default -> -1;
    };
  }

  private boolean integers() {
    int width = ends[0] - starts[0];
    boolean canonical = true;
    for (int i = 0; i < count; i++) {
      int length = ends[i] - starts[i];
      if (length == 0 || length > Numbers.DIGITS_MAX) {
        return false;
      }
      width = width == length ? width : 0;
      canonical &= length == 1 || data[starts[i]] != '0';
      if (!canonical && width == 0) {
        return false;
      }
      long value = digits(starts[i], ends[i]);
      if (value < 0) {
        return false;
      }
      numbers[i] = value;
    }
    parameter = canonical ? 0 : width;
    return true;
  }

  /** The number that these digits say, -1 when something else is among them. */
  private long digits(int from, int to) {
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = data[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private boolean decimals() {
    int scale = 0;
    for (int i = 0; i < count; i++) {
      int end = ends[i];
      int dot = starts[i];
      while (dot < end && data[dot] != '.') {
        dot++;
      }
      int decimals = end - dot - 1;
      scale = i == 0 ? decimals : scale;
      int whole = dot - starts[i];
      if (decimals != scale
          || scale < 1
          || whole < 1
          || whole + scale > Numbers.DIGITS_MAX
          || (whole > 1 && data[starts[i]] == '0')) {
        return false;
      }
      long above = digits(starts[i], dot);
      long below = digits(dot + 1, end);
      if (above < 0 || below < 0) {
        return false;
      }
      numbers[i] = above * Numbers.power(scale) + below;
    }
    parameter = scale;
    return true;
  }

  private boolean addresses() {
    for (int i = 0; i < count; i++) {
      long value = 0;
      int groups = 0;
      int at = starts[i];
      while (at < ends[i] && groups < 4) {
        int end = at;
        while (end < ends[i] && data[end] != '.') {
          end++;
        }
        long group = end - at > 3 || end == at ? -1 : digits(at, end);
        if (group < 0 || group > 255 || (end - at > 1 && data[at] == '0')) {
          return false;
        }
        value = value << 8 | group;
        groups++;
        at = end + 1;
      }
      if (groups != 4 || at != ends[i] + 1) {
        return false;
      }
      numbers[i] = value;
    }
    return true;
  }

  private boolean times() {
    int length = ends[0] - starts[0];
    int decimals = Math.max(0, length - 20);
    if (length == 20 || decimals > 9) {
      return false;
    }
    separator = data[starts[0] + 10];
    point = length > 19 ? data[starts[0] + 19] : 0;
    long unit = Numbers.power(decimals);
    int lastDate = -1;
    long lastDay = 0;
    for (int i = 0; i < count; i++) {
      int at = starts[i];
      if (ends[i] - at != length || !isTime(at, length)) {
        return false;
      }
      int date =
          (int)
              (digits(at, at + 4) * 10_000
                  + digits(at + 5, at + 7) * 100
                  + digits(at + 8, at + 10));
      if (date != lastDate) {
        lastDay = day(date);
        lastDate = date;
      }
      long hour = digits(at + 11, at + 13);
      long minute = digits(at + 14, at + 16);
      long second = digits(at + 17, at + 19);
      long seconds = lastDay * 86_400 + hour * 3600 + minute * 60 + second;
      if (hour > 23
          || minute > 59
          || second > 59
          || seconds < Numbers.SECONDS_MIN
          || seconds > Numbers.SECONDS_MAX) {
        return false;
      }
      numbers[i] = seconds * unit + (decimals == 0 ? 0 : digits(at + 20, at + length));
    }
    parameter = decimals;
    return true;
  }

  private boolean isTime(int at, int length) {
    for (int i = 0; i < length; i++) {
      byte c = data[at + i];
      boolean fits =
          switch (i) {
            case 4, 7 -> c == '-';
            case 10 -> c == (byte) separator;
            case 13, 16 -> c == ':';
            case 19 -> c == (byte) point;
            default -> Runs.isDigit(c);
          };
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  /** The day of a date, or one out of range when there is no such date. */
  private static long day(int date) {
    int month = date / 100 % 100;
    int day = date % 100;
    if (month < 1 || month > 12 || day < 1 || day > 28 + 3) {
      return Integer.MAX_VALUE;
    }
    LocalDate first = LocalDate.of(date / 10_000, month, 1);
    return day > first.lengthOfMonth() ? Integer.MAX_VALUE : first.toEpochDay() + day - 1;
  }
}

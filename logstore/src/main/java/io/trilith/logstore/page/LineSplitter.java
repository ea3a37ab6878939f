package io.trilith.logstore.page;

import java.util.Arrays;

/**
 * Splits lines into a template and what varies: runs with digits, numbers, times, UUIDs, and values
 * in quotes that hold several words. The template has a zero byte where something was taken out, so
 * a line with a zero byte cannot be split. Between what is taken out and the rest no run is cut,
 * except that a unit of at most three letters stays behind a number. Not thread-safe.
 */
final class LineSplitter {
  /** What a line may have taken out of it at most. */
  static final int SLOTS_MAX = 200;

  private static final int TEMPLATE_MAX = 8 << 10;
  private static final int QUOTED_MAX = 2048;

  // What a byte means in a quoted value.
  private static final int CLOSES = 1;
  private static final int ESCAPES = 2;
  private static final int ZERO = 4;
  private static final int WORDS = 8;
  private static final int DIGITS = 16;
  private static final byte[] QUOTED = new byte[256];

  static {
    QUOTED['"'] = CLOSES;
    QUOTED['\\'] = ESCAPES;
    QUOTED[0] = ZERO;
    QUOTED[' '] = WORDS;
    QUOTED['/'] = WORDS;
    for (int c = '0'; c <= '9'; c++) {
      QUOTED[c] = DIGITS;
    }
  }

  private final QuotedValues quoted;
  final Bytes template = new Bytes();
  final int[] starts = new int[SLOTS_MAX];
  final int[] ends = new int[SLOTS_MAX];
  int slots;

  private byte[] line = new byte[0];
  private int begin;
  private int to;
  private int literal;
  private int hashed;
  private long prefixHash;

  LineSplitter(QuotedValues quoted) {
    this.quoted = quoted;
  }

  /** Splits a line into the fields; false when it is not to be split. */
  boolean split(byte[] bytes, int from, int end) {
    template.size = 0;
    slots = 0;
    hashed = 0;
    prefixHash = 0;
    line = bytes;
    begin = from;
    to = end;
    literal = from;
    int at = from;
    while (at < end) {
      byte c = bytes[at];
      int kind = Runs.kind(c);
      if ((kind & Runs.RUN) != 0) {
        at = run(at);
      } else if (c == '"') {
        at = quote(at, from);
      } else if (c == 0) {
        return false;
      } else {
        at++;
      }
      if (at < 0) {
        return false;
      }
    }
    flush(end);
    return template.size <= TEMPLATE_MAX;
  }

  private void flush(int end) {
    if (end > literal) {
      template.put(line, literal, end - literal);
    }
  }

  /** Takes a part of the line out; returns where to go on, -1 when there are too many. */
  private int take(int from, int end) {
    if (slots == SLOTS_MAX || template.size > TEMPLATE_MAX) {
      return -1;
    }
    flush(from);
    template.put(0);
    starts[slots] = from;
    ends[slots++] = end;
    literal = end;
    return end;
  }

  private int run(int from) {
    byte[] bytes = line;
    int at = from;
    int all = 0xff;
    int any = 0;
    while (at < to) {
      int kind = Runs.kind(bytes[at]);
      if ((kind & Runs.RUN) == 0) {
        break;
      }
      all &= kind;
      any |= kind;
      at++;
    }
    int length = at - from;
    if ((any & Runs.DIGIT) == 0 && isValue(from)) {
      return take(from, wordsEnd(at));
    }
    if (length == 8 && (all & Runs.LOWER_HEX) != 0 && at < to && bytes[at] == '-') {
      int end = uuidEnd(from);
      if (end > 0) {
        return take(from, end);
      }
    }
    if ((any & Runs.DIGIT) == 0) {
      return length >= 5 && (all & Runs.LOWER_HEX) != 0 ? take(from, at) : at;
    }
    if ((all & Runs.DIGIT) != 0) {
      if (length == 4 && at < to && bytes[at] == '-') {
        int end = timeEnd(from);
        if (end > 0) {
          return take(from, end);
        }
      }
      return take(from, numberEnd(at));
    }
    int unit = at;
    while (unit > from && (Runs.kind(bytes[unit - 1]) & Runs.LETTER) != 0) {
      unit--;
    }
    if (at - unit <= 3 && allDigits(from, unit)) {
      return afterUnit(take(from, unit), at);
    }
    return take(from, at);
  }

  /** Whether a run is where a value begins: behind an equals sign, or a colon behind a quote. */
  private boolean isValue(int from) {
    if (from - 2 < begin) {
      return false;
    }
    byte before = line[from - 1];
    return (before == '=' && Runs.isRun(line[from - 2]))
        || (before == ':' && line[from - 2] == '"');
  }

  /** Goes on over words without digits, and what joins them, to the end of the value. */
  private int wordsEnd(int runEnd) {
    int end = runEnd;
    while (end + 1 < to
        && (line[end] == '.' || line[end] == '-' || line[end] == ':')
        && Runs.isRun(line[end + 1])) {
      int at = end + 1;
      while (at < to && Runs.isRun(line[at])) {
        if (Runs.isDigit(line[at])) {
          return end;
        }
        at++;
      }
      end = at;
    }
    return end;
  }

  private static int afterUnit(int taken, int end) {
    return taken < 0 ? taken : end;
  }

  private boolean allDigits(int from, int end) {
    for (int i = from; i < end; i++) {
      if (!Runs.isDigit(line[i])) {
        return false;
      }
    }
    return end > from;
  }

  /** Goes on over points between digits; the last group may have a unit, which is left out. */
  private int numberEnd(int digitsEnd) {
    int end = digitsEnd;
    while (end + 1 < to && line[end] == '.' && Runs.isDigit(line[end + 1])) {
      int digits = end + 1;
      while (digits < to && Runs.isDigit(line[digits])) {
        digits++;
      }
      if (digits == to || !Runs.isRun(line[digits])) {
        end = digits;
        continue;
      }
      int unit = digits;
      while (unit < to && (Runs.kind(line[unit]) & Runs.LETTER) != 0) {
        unit++;
      }
      return unit - digits <= 3 && (unit == to || !Runs.isRun(line[unit])) ? digits : end;
    }
    return end;
  }

  private int uuidEnd(int from) {
    int end = from + 36;
    if (end > to || (end < to && Runs.isRun(line[end]))) {
      return -1;
    }
    for (int i = 0; i < 36; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      byte c = line[from + i];
      if (dash ? c != '-' : (Runs.kind(c) & Runs.LOWER_HEX) == 0) {
        return -1;
      }
    }
    return end;
  }

  private static final String TIME = "dddd-dd-dd.dd:dd:dd";

  private int timeEnd(int from) {
    int end = from + TIME.length();
    if (end > to) {
      return -1;
    }
    for (int i = 0; i < TIME.length(); i++) {
      byte c = line[from + i];
      boolean fits =
          switch (TIME.charAt(i)) {
            case 'd' -> Runs.isDigit(c);
            case '.' -> c == 'T' || c == ' ';
            default -> c == TIME.charAt(i);
          };
      if (!fits) {
        return -1;
      }
    }
    if (end + 1 < to && (line[end] == '.' || line[end] == ',') && Runs.isDigit(line[end + 1])) {
      int digits = end + 1;
      while (digits < to && Runs.isDigit(line[digits])) {
        digits++;
      }
      end = digits - end <= 10 ? digits : end;
    }
    int unit = end;
    while (unit < to && (Runs.kind(line[unit]) & Runs.LETTER) != 0) {
      unit++;
    }
    return unit - end <= 3 && (unit == to || !Runs.isRun(line[unit])) ? end : -1;
  }

  /** Takes the value of a quote out when it has several words and is not better split itself. */
  private int quote(int at, int from) {
    if (at > from) {
      byte before = line[at - 1];
      if (before != ' ' && before != '=' && before != ':') {
        return at + 1;
      }
    }
    int end = at + 1;
    int limit = Math.min(to, end + QUOTED_MAX);
    byte introduced = at > from ? line[at - 1] : 0;
    boolean several = introduced == '=' || (introduced == ':' && end < to && line[end] != '"');
    int found = 0;
    while (end < limit) {
      int kind = QUOTED[line[end] & 0xff];
      found |= kind;
      if ((kind & (CLOSES | ESCAPES | ZERO)) != 0) {
        if (kind != ESCAPES) {
          break;
        }
        end++;
      }
      end++;
    }
    if ((found & ZERO) != 0) {
      return at + 1;
    }
    boolean words = (found & WORDS) != 0;
    boolean digits = (found & DIGITS) != 0;
    // One word with digits is an id, which is split as it would be without quotes.
    if (end >= limit || (!words && (digits || !several))) {
      return at + 1;
    }
    if (end + 1 < to) {
      byte after = line[end + 1];
      if (after != ' ' && after != ',' && after != '}' && after != ']' && after != '\n') {
        return at + 1;
      }
    }
    flush(at + 1);
    literal = at + 1;
    prefixHash = Runs.mix(prefixHash ^ Runs.hashAll(template.array, hashed, template.size));
    hashed = template.size;
    if (!quoted.isWhole(prefixHash, line, at + 1, end)) {
      return at + 1;
    }
    return take(at + 1, end);
  }

  /** The hash of the template of a text that is split on its own. */
  static long templateHash(byte[] bytes, int from, int end) {
    LineSplitter splitter = new LineSplitter(QuotedValues.NONE);
    return splitter.split(bytes, from, end)
        ? Runs.hashAll(splitter.template.array, 0, splitter.template.size)
        : Runs.hashAll(bytes, from, end);
  }

  /** The text of the template. */
  byte[] templateBytes() {
    return Arrays.copyOf(template.array, template.size);
  }
}

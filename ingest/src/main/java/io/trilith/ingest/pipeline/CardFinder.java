package io.trilith.ingest.pipeline;

/**
 * Finds numbers of payment cards: 13 to 19 digits of an issuer's range with the right check digit
 * (ISO/IEC 7812-1), in one run or in groups of 4-4-4-4, 4-4-4-4-3 or 4-6-5 with one kind of
 * separator. What digits or letters touch is no card but part of something longer.
 */
final class CardFinder implements Finder {
  private static final int DIGITS_MIN = 13;
  private static final int DIGITS_MAX = 19;
  private static final int GROUPS_MAX = 5;

  /** What cards are made of: digits, and bytes of separators. */
  private static final byte[] CLASS = new byte[256];

  private static final byte DIGIT = 1;
  private static final byte JOINT = 2;

  static {
    for (int c = '0'; c <= '9'; c++) {
      CLASS[c] = DIGIT;
    }
    // A blank, also one that does not break and as URLs have it.
    for (int c : new int[] {' ', '-', '.', '+', '%', 0xc2, 0xa0}) {
      CLASS[c] = JOINT;
    }
  }

  private static byte kind(byte c) {
    return CLASS[c & 0xff];
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(byte c) {
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'z';
  }

  private static boolean isHex(byte c) {
    int lower = c | 0x20;
    return isDigit(c) || (lower >= 'a' && lower <= 'f');
  }

  /** A card covers at least 13 bytes, so one of any 13 in a row is looked at. */
  @Override
  public boolean mayFind(byte[] text, int from, int to) {
    for (int i = from + DIGITS_MIN - 1; i < to; i += DIGITS_MIN) {
      if (kind(text[i]) != 0) {
        int end = spanEnd(text, i, to);
        if (digits(text, spanStart(text, i, from), end) >= DIGITS_MIN) {
          return true;
        }
        i = end;
      }
    }
    return false;
  }

  private static int spanStart(byte[] text, int at, int from) {
    int start = at;
    while (start > from && kind(text[start - 1]) != 0) {
      start--;
    }
    return start;
  }

  private static int spanEnd(byte[] text, int at, int to) {
    int end = at;
    while (end < to && kind(text[end]) != 0) {
      end++;
    }
    return end;
  }

  private static int digits(byte[] text, int from, int to) {
    int digits = 0;
    for (int i = from; i < to; i++) {
      digits += kind(text[i]) == DIGIT ? 1 : 0;
    }
    return digits;
  }

  @Override
  public Search search(byte[] text, int from, int to) {
    return new Cards(text, from, to);
  }

  /** Whether a number by itself is one of a card: an attribute that is no text. */
  boolean isCard(long number) {
    if (number < 1_000_000_000_000L) {
      return false;
    }
    byte[] digits = new byte[DIGITS_MAX];
    int count = 0;
    long left = number;
    for (long power = 1_000_000_000_000_000_000L; power > 0; power /= 10) {
      int digit = (int) (left / power);
      left %= power;
      if (count > 0 || digit > 0) {
        digits[count++] = (byte) digit;
      }
    }
    return isCard(digits, count);
  }

  private static boolean isCard(byte[] digits, int count) {
    if (count < DIGITS_MIN || count > DIGITS_MAX || !isIssued(digits, count)) {
      return false;
    }
    int sum = 0;
    for (int i = count - 1, odd = 0; i >= 0; i--, odd ^= 1) {
      int digit = digits[i] << odd;
      sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
  }

  /** Whether an issuer gives out numbers that begin so and are that long. */
  private static boolean isIssued(byte[] digits, int count) {
    int four = ((digits[0] * 10 + digits[1]) * 10 + digits[2]) * 10 + digits[3];
    int two = four / 100;
    if (digits[0] == 4) {
      return count == 13 || count == 16 || count == 19;
    }
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) {
      return count == 16;
    }
    if (two == 34 || two == 37) {
      return count == 15;
    }
    if (four >= 3528 && four <= 3589) {
      return count >= 16;
    }
    // Discover and its partners among them, which are longer.
    return two == 50 || (two >= 56 && two <= 69);
  }

  private static final class Cards extends Plain {
    private final byte[] text;
    private final int from;
    private final int to;
    private final byte[] digits = new byte[DIGITS_MAX + 1];
    private final int[] ends = new int[GROUPS_MAX];
    private int at;

    Cards(byte[] text, int from, int to) {
      this.text = text;
      this.from = from;
      this.to = to;
      this.at = from;
    }

    @Override
    public boolean next() {
      while (at < to) {
        if (!isDigit(text[at])) {
          at++;
          continue;
        }
        int start = at;
        int end = begins(start) ? card(start) : -1;
        if (end < 0 && isPercent(at - 1) && at + 2 < to) {
          // Two digits may be the end of a byte that a URL has written by its number.
          start = at + 2;
          end = begins(start) ? card(start) : -1;
        }
        if (end > 0) {
          at = end;
          return found(start, end);
        }
        while (at < to && isDigit(text[at])) {
          at++;
        }
      }
      return false;
    }

    private boolean isPercent(int i) {
      return i >= from && text[i] == '%';
    }

    /** Whether what stands before a place does not belong to a number there. */
    private boolean begins(int start) {
      if (!isDigit(text[start])) {
        return false;
      }
      if (start == from || (isPercent(start - 3) && isHex(text[start - 1]))) {
        return true;
      }
      byte before = text[start - 1];
      if (isLetter(before)) {
        return (start - 2 >= from && text[start - 2] == '\\')
            || (isPercent(start - 3) && isHex(before) && isHex(text[start - 2]));
      }
      boolean fraction = before == '.' && start - 2 >= from && isDigit(text[start - 2]);
      return !fraction && !isDigit(before);
    }

    private boolean ends(int end) {
      if (end >= to) {
        return true;
      }
      byte after = text[end];
      boolean fraction = after == '.' && end + 1 < to && isDigit(text[end + 1]);
      return !fraction && !isDigit(after) && !isLetter(after);
    }

    /** Where a card that begins here ends, -1 when none does. */
    private int card(int start) {
      int run = run(start, 0);
      if (run < 0) {
        return -1;
      }
      if (run - start >= DIGITS_MIN) {
        return ends(run) && isCard(digits, run - start) ? run : -1;
      }
      return run - start == 4 ? grouped(run) : -1;
    }

    /** Reads digits; where they end, -1 when they are too many. */
    private int run(int start, int count) {
      int end = start;
      int held = count;
      while (end < to && isDigit(text[end])) {
        if (held == digits.length) {
          return -1;
        }
        digits[held++] = (byte) (text[end++] - '0');
      }
      return end;
    }

    private int grouped(int firstEnd) {
      int separator = separator(firstEnd);
      int groups = 1;
      int count = 4;
      int second = 0;
      ends[0] = firstEnd;
      int end = firstEnd;
      while (separator > 0 && groups < GROUPS_MAX && isSeparator(end, firstEnd, separator)) {
        int next = end + separator;
        int read = run(next, count);
        if (read <= next || count + read - next > DIGITS_MAX) {
          break;
        }
        int length = read - next;
        boolean fits =
            groups == 1
                ? length == 4 || length == 6
                : second == 6 ? (groups == 2 && length == 5) : (length == 4 || groups == 4);
        if (!fits || (groups == 4 && length != 3)) {
          break;
        }
        second = groups == 1 ? length : second;
        count += length;
        ends[groups++] = read;
        end = read;
        if (second == 6 && groups == 3) {
          break;
        }
      }
      if (groups == 5 && ends(ends[4]) && isCard(digits, 19)) {
        return ends[4];
      }
      if (second == 6) {
        return groups == 3 && ends(end) && isCard(digits, 15) ? end : -1;
      }
      return groups >= 4 && isEnd(ends[3], separator) && isCard(digits, 16) ? ends[3] : -1;
    }

    /** As {@link #ends}; a dot that separates is no fraction. */
    private boolean isEnd(int end, int separator) {
      return ends(end) || (separator == 1 && end < to && text[end] == '.');
    }

    /** Bytes of the separator at a place, 0 for none. */
    private int separator(int i) {
      if (i >= to) {
        return 0;
      }
      return switch (text[i]) {
        case ' ', '-', '.', '+' -> 1;
        case (byte) 0xc2 -> i + 1 < to && text[i + 1] == (byte) 0xa0 ? 2 : 0;
        case '%' -> i + 2 < to && text[i + 1] == '2' && text[i + 2] == '0' ? 3 : 0;
        default -> 0;
      };
    }

    /** Whether the same separator stands here as there. */
    private boolean isSeparator(int i, int there, int length) {
      return separator(i) == length && text[i] == text[there];
    }
  }
}

package io.trilith.ingest.pipeline;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * Finds addresses of mail: a name, an at sign (also as URLs, JSON and HTML write it), a domain of
 * two labels or more whose last one is of letters. What is followed by a path or a port is the
 * address of a repository or a server.
 */
final class EmailFinder implements Finder {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private static final int NAME_MAX = 64;
  private static final int TOP_MAX = 24;

  /** Units of systemd look like domains: getty@tty1.service. */
  private static final Set<String> UNITS =
      Set.of("service", "socket", "timer", "slice", "mount", "scope", "target");

  private static final byte[] PERCENT = ascii("%40");
  private static final byte[] UNICODE = ascii("\\u0040");
  private static final byte[] ENTITY = ascii("&#64;");

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean mayFind(byte[] text, int from, int to) {
    return sign(text, from, to) < to;
  }

  @Override
  public Search search(byte[] text, int from, int to) {
    return new Addresses(text, from, to);
  }

  /** Where the next at sign is, in any spelling; the end when there is none. */
  private static int sign(byte[] text, int from, int to) {
    int at = from;
    while (true) {
      at = candidate(text, at, to);
      if (at >= to || signLength(text, at, to) > 0) {
        return Math.min(at, to);
      }
      at++;
    }
  }

  /** Where the next byte is that an at sign may begin with. */
  private static int candidate(byte[] text, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      long word = (long) LONGS.get(text, at);
      if ((zeros(word ^ '@' * ONES)
              | zeros(word ^ '%' * ONES)
              | zeros(word ^ '\\' * ONES)
              | zeros(word ^ '&' * ONES))
          != 0) {
        break;
      }
    }
    while (at < to && text[at] != '@' && text[at] != '%' && text[at] != '\\' && text[at] != '&') {
      at++;
    }
    return at;
  }

  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGH_BITS;
  }

  /** Bytes of the at sign at a place, 0 when there is none. */
  private static int signLength(byte[] text, int at, int to) {
    return switch (text[at]) {
      case '@' -> 1;
      case '%' -> length(text, at, to, PERCENT);
      case '\\' -> length(text, at, to, UNICODE);
      case '&' -> length(text, at, to, ENTITY);
      default -> 0;
    };
  }

  private static int length(byte[] text, int at, int to, byte[] spelling) {
    if (at + spelling.length > to) {
      return 0;
    }
    for (int i = 0; i < spelling.length; i++) {
      if (text[at + i] != spelling[i]) {
        return 0;
      }
    }
    return spelling.length;
  }

  private static boolean isLetter(byte c) {
    int lower = c | 0x20;
    return c < 0 || (lower >= 'a' && lower <= 'z');
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHex(byte c) {
    int lower = c | 0x20;
    return isDigit(c) || (lower >= 'a' && lower <= 'f');
  }

  private static boolean isWord(byte c) {
    return isLetter(c) || isDigit(c);
  }

  private static boolean isName(byte c) {
    return isWord(c) || c == '.' || c == '_' || c == '+' || c == '-' || c == '%' || c == '\'';
  }

  private static final class Addresses extends Plain {
    private final byte[] text;
    private final int from;
    private final int to;
    private int at;

    /** What was found ends there: a name does not begin before. */
    private int floor;

    Addresses(byte[] text, int from, int to) {
      this.text = text;
      this.from = from;
      this.to = to;
      this.at = from;
      this.floor = from;
    }

    @Override
    public boolean next() {
      while (true) {
        int sign = sign(text, at, to);
        if (sign >= to) {
          return false;
        }
        int domain = sign + signLength(text, sign, to);
        at = domain;
        int start = nameStart(sign);
        int end = start < sign ? domainEnd(domain) : -1;
        if (end > 0) {
          at = end;
          floor = end;
          return found(start, end);
        }
      }
    }

    private int nameStart(int sign) {
      int start = sign;
      int least = Math.max(floor, sign - NAME_MAX);
      while (start > least && isName(text[start - 1])) {
        start--;
      }
      if (start > from && text[start - 1] == '\\' && start < sign) {
        // The letter of an escape, such as the n of a newline in JSON.
        boolean byNumber = text[start] == 'u' && start + 5 < sign;
        start += byNumber ? 5 : "nrtbf".indexOf(text[start]) >= 0 ? 1 : 0;
      }
      while (start < sign && !isWord(text[start]) && text[start] != '_') {
        boolean encoded =
            text[start] == '%'
                && start + 2 < sign
                && isHex(text[start + 1])
                && isHex(text[start + 2]);
        start += encoded ? 3 : 1;
      }
      return start;
    }

    /** Where the domain that begins here ends, -1 when it is none. */
    private int domainEnd(int start) {
      int labels = 0;
      int label = start;
      int end = -1;
      boolean numbers = false;
      for (int i = start; i <= to; i++) {
        if (i < to && (isWord(text[i]) || text[i] == '-')) {
          continue;
        }
        if (i == label) {
          break;
        }
        if (labels == 0 && isScale(label, i)) {
          return -1;
        }
        numbers = labels == 0 ? isDigit(text[label]) : numbers;
        if (labels == 1 && numbers && isDigit(text[label])) {
          return -1; // the version of something
        }
        labels++;
        end = labels > 1 && isTop(label, i) ? i : end;
        label = i + 1;
        if (i == to || text[i] != '.') {
          break;
        }
      }
      return end > 0 && !isFollowed(end) ? end : -1;
    }

    /** The 2x of an image for large screens. */
    private boolean isScale(int label, int end) {
      return end - label == 2 && isDigit(text[label]) && (text[label + 1] | 0x20) == 'x';
    }

    private boolean isTop(int label, int end) {
      int length = end - label;
      if (length < 2 || length > TOP_MAX) {
        return false;
      }
      String top = new String(text, label, length, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
      if (top.startsWith("xn--")) {
        return true;
      }
      for (int i = label; i < end; i++) {
        if (!isLetter(text[i])) {
          return false;
        }
      }
      return !UNITS.contains(top);
    }

    /** Whether a path or a port follows. */
    private boolean isFollowed(int end) {
      if (end + 1 >= to || (text[end] != ':' && text[end] != '/')) {
        return false;
      }
      byte next = text[end + 1];
      return isWord(next) || next == '~' || next == '_' || next == '.' || next == '/';
    }
  }
}

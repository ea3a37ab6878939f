package io.trilith.logql.pipeline;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A cursor over JSON text that asks for no more than it needs: values keep their source text, what
 * is skipped is only bracketed. Reusable. Not thread-safe.
 */
final class JsonText {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long QUOTES = '"' * ONES;
  private static final long BACKSLASHES = '\\' * ONES;

  private final KeyNames firstNames = new KeyNames();
  private final KeyNames laterNames = new KeyNames();
  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int valueStart;
  private int valueEnd;

  /** What kind of value was passed over. */
  enum Kind {
    STRING,
    OBJECT,
    ARRAY,
    LITERAL,
    NULL,
    /** A string without its end. */
    OPEN_STRING,
    BROKEN
  }

  void reset(byte[] line, int from, int to) {
    bytes = line;
    at = from;
    end = to;
    space();
  }

  private void space() {
    while (at < end && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r'))) {
      at++;
    }
  }

  /** Next byte that is not a space, 0 at the end. */
  byte peek() {
    space();
    return at < end ? bytes[at] : 0;
  }

  /** Passes over the byte if it comes next. */
  boolean take(char c) {
    if (peek() == c) {
      at++;
      return true;
    }
    return false;
  }

  /** Where the value last passed over begins; of a string, what is between the quotes. */
  int valueStart() {
    return valueStart;
  }

  /** Where it ends, exclusive. */
  int valueEnd() {
    return valueEnd;
  }

  int position() {
    return at;
  }

  /** Goes back to the start of the value last passed over. */
  void enterValue() {
    at = valueStart;
  }

  /** Passes over a string; its content is what {@link #string} reads. */
  boolean takeString() {
    if (peek() != '"') {
      return false;
    }
    at++;
    valueStart = at;
    while (true) {
      at = special(at);
      if (at >= end) {
        at = end;
        return false;
      }
      if (bytes[at] == '"') {
        valueEnd = at++;
        return true;
      }
      at += 2;
    }
  }

  /** Where the next quote or backslash is: eight bytes at a time. */
  private int special(int from) {
    int i = from;
    for (; i + 8 <= end; i += 8) {
      long word = (long) LONGS.get(bytes, i);
      long quote = word ^ QUOTES;
      long backslash = word ^ BACKSLASHES;
      // The lowest bit that is set is that of the first zero byte; those above may be wrong.
      long hits =
          (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & 0x8080808080808080L;
      if (hits != 0) {
        return i + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
    }
    while (i < end && bytes[i] != '"' && bytes[i] != '\\') {
      i++;
    }
    return i;
  }

  /** Passes over any value; {@link #raw} and {@link #string} tell what it was. */
  Kind takeValue() {
    return switch (peek()) {
      case '"' -> takeString() ? Kind.STRING : Kind.OPEN_STRING;
      case '{' -> takeBlock('{', '}') ? Kind.OBJECT : Kind.BROKEN;
      case '[' -> takeBlock('[', ']') ? Kind.ARRAY : Kind.BROKEN;
      default -> takeLiteral();
    };
  }

  private boolean takeBlock(char open, char close) {
    int start = at;
    int depth = 0;
    while (at < end) {
      byte c = bytes[at];
      if (c == '"') {
        if (!takeString()) {
          return false;
        }
        continue;
      }
      at++;
      if (c == open) {
        depth++;
      } else if (c == close && --depth == 0) {
        valueStart = start;
        valueEnd = at;
        return true;
      }
    }
    return false;
  }

  private Kind takeLiteral() {
    valueStart = at;
    while (at < end && !endsLiteral(bytes[at])) {
      at++;
    }
    valueEnd = at;
    if (at == valueStart) {
      return Kind.BROKEN;
    }
    byte first = bytes[valueStart];
    if (first == 'n' && is("null")) {
      return Kind.NULL;
    }
    boolean number = (first >= '0' && first <= '9') || first == '-';
    return number || is("true") || is("false") ? Kind.LITERAL : Kind.BROKEN;
  }

  static boolean endsLiteral(byte c) {
    return switch (c) {
      case ',', ']', '}', ' ', '\t', '\r', '\n' -> true;
      default -> false;
    };
  }

  private boolean is(String word) {
    if (valueEnd - valueStart != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (bytes[valueStart + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The source text of the value last passed over; of a string, what is between the quotes. */
  String raw() {
    return new String(bytes, valueStart, valueEnd - valueStart, StandardCharsets.UTF_8);
  }

  boolean rawEquals(byte[] other) {
    return Arrays.equals(bytes, valueStart, valueEnd, other, 0, other.length);
  }

  /** The string last passed over, unescaped; what is not UTF-8 is dropped. */
  String string() {
    return unescaped(raw());
  }

  /** What the content of a string stands for; what is not UTF-8 is dropped. */
  static String unescaped(String raw) {
    String text = raw.indexOf('\\') < 0 ? raw : unescape(raw);
    return text.indexOf('\ufffd') < 0 ? text : text.replace("\ufffd", "");
  }

  /** The string last passed over as the name of a label; first when the name begins with it. */
  String name(boolean first) {
    KeyNames names = first ? firstNames : laterNames;
    String known = names.find(bytes, valueStart, valueEnd);
    if (known == null) {
      known = LabelSink.sanitize(string(), first);
      names.remember(bytes, valueStart, valueEnd, known);
    }
    return known;
  }

  private static String unescape(String raw) {
    StringBuilder text = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\' || i + 1 == raw.length()) {
        text.append(c);
        continue;
      }
      char kind = raw.charAt(++i);
      int simple = "\"\\/bfnrt".indexOf(kind);
      if (simple >= 0) {
        text.append("\"\\/\b\f\n\r\t".charAt(simple));
      } else if (kind == 'u' && i + 4 < raw.length()) {
        text.append(hex(raw, i + 1));
        i += 4;
      } else {
        text.append(c).append(kind);
      }
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.isHighSurrogate(text.charAt(i))
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        text.setCharAt(i, '\ufffd');
      }
    }
    return text.toString();
  }

  private static char hex(String raw, int from) {
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(raw.charAt(i), 16);
      if (digit < 0) {
        return '\ufffd';
      }
      value = value << 4 | digit;
    }
    return (char) value;
  }
}

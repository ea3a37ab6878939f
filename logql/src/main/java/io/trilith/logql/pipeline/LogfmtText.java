package io.trilith.logql.pipeline;

import io.trilith.storage.text.GoNumber;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A cursor over the pairs of a logfmt line. Reusable. Not thread-safe. */
final class LogfmtText {
  private final KeyNames names = new KeyNames();
  private byte[] bytes = new byte[0];
  private int origin;
  private int at;
  private int end;
  private int keyStart;
  private int keyEnd;
  private int valueStart;
  private int valueEnd;
  private boolean quoted;
  private boolean escaped;
  private @Nullable String problem;

  void reset(byte[] line, int from, int to) {
    bytes = line;
    origin = from;
    at = from;
    end = to;
    problem = null;
  }

  /** Moves to the next pair; false at the end. A pair may be bad: see {@link #problem}. */
  boolean next() {
    problem = null;
    quoted = false;
    escaped = false;
    while (at < end && space(bytes[at])) {
      at++;
    }
    if (at >= end) {
      return false;
    }
    keyStart = at;
    while (at < end && !space(bytes[at]) && bytes[at] != '=' && bytes[at] != '"') {
      at++;
    }
    keyEnd = at;
    valueStart = at;
    valueEnd = at;
    if (at == end || space(bytes[at])) {
      return true;
    }
    if (bytes[at] == '"' || keyEnd == keyStart) {
      return bad(at, "unexpected '" + (char) bytes[at] + "'");
    }
    at++;
    valueStart = at;
    valueEnd = at;
    if (at < end && bytes[at] == '"') {
      return takeQuoted();
    }
    while (at < end && !space(bytes[at])) {
      if (bytes[at] == '=' || bytes[at] == '"') {
        return bad(at, "unexpected '" + (char) bytes[at] + "'");
      }
      at++;
    }
    valueEnd = at;
    return true;
  }

  static boolean space(byte b) {
    return b >= 0 && b <= ' ';
  }

  private boolean takeQuoted() {
    quoted = true;
    at++;
    valueStart = at;
    while (at < end && bytes[at] != '"') {
      if (bytes[at] == '\\') {
        escaped = true;
        at++;
      }
      at++;
    }
    if (at >= end) {
      at = end;
      return bad(end, "unterminated quoted value");
    }
    valueEnd = at++;
    return true;
  }

  private boolean bad(int position, String what) {
    problem = "logfmt syntax error at pos " + (position - origin + 1) + " : " + what;
    while (at < end && !space(bytes[at])) {
      at++;
    }
    return true;
  }

  /** What is wrong with the pair, or null. */
  @Nullable String problem() {
    return problem;
  }

  /** The key as a label name. */
  String name() {
    String known = names.find(bytes, keyStart, keyEnd);
    if (known == null) {
      known = LabelSink.sanitize(key(), true);
      names.remember(bytes, keyStart, keyEnd, known);
    }
    return known;
  }

  private String key() {
    return new String(bytes, keyStart, keyEnd - keyStart, StandardCharsets.UTF_8);
  }

  boolean valueIsEmpty() {
    return valueEnd == valueStart;
  }

  String value() {
    String raw = new String(bytes, valueStart, valueEnd - valueStart, StandardCharsets.UTF_8);
    return quoted && escaped ? unescaped(raw) : raw;
  }

  boolean isQuoted() {
    return quoted;
  }

  int keyStart() {
    return keyStart;
  }

  int keyEnd() {
    return keyEnd;
  }

  int valueStart() {
    return valueStart;
  }

  int valueEnd() {
    return valueEnd;
  }

  /** What the content of quotes stands for. */
  static String unescaped(String raw) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder text = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\' || i + 1 == raw.length()) {
        text.append(c);
        continue;
      }
      char kind = raw.charAt(++i);
      int simple = "\"\\/'bfnrt".indexOf(kind);
      if (simple >= 0) {
        text.append("\"\\/'\b\f\n\r\t".charAt(simple));
      } else if (kind == 'u' && i + 4 < raw.length()) {
        text.append(code(raw, i + 1));
        i += 4;
      } else {
        text.append(c).append(kind);
      }
    }
    return text.toString();
  }

  private static char code(String raw, int from) {
    int code = GoNumber.digits(raw, from, from + 4, 16);
    return code < 0 ? '\ufffd' : (char) code;
  }
}

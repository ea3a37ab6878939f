package io.trilith.net.wire;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Walks JSON text (RFC 8259) in an array, value by value, without making objects of it. Texts are
 * slices of the array, or of a scratch when they have escapes; bytes that are no UTF-8 are left as
 * they are, for the reader of the text to judge. Half a surrogate pair becomes U+FFFD, as in Go.
 * Not thread-safe.
 *
 * <p>Objects and arrays are read so:
 *
 * <pre>
 * in.beginObject();
 * while (in.nextName()) {
 *   if (in.isName("key")) { ... read exactly one value ... } else { in.skip(); }
 * }
 * </pre>
 */
public final class JsonReader {
  /** What a value is, by its first character. */
  public enum Kind {
    OBJECT,
    ARRAY,
    TEXT,
    NUMBER,
    TRUE,
    FALSE,
    NULL,
    /** Nothing is left. */
    END
  }

  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private final byte[] json;
  private final int end;
  private final int depthMax;
  private final String what;
  private final ByteWriter scratch = new ByteWriter();
  private int at;
  private int depth;

  /** By depth, whether that is an object and no array. */
  private final BitSet objects = new BitSet();

  /** Whether the innermost object or array has no member yet. */
  private boolean fresh;

  // The text read last.
  private byte[] text;
  private int textFrom;
  private int textTo;
  private boolean quoted;
  private boolean copied;

  /**
   * A reader of a part of an array.
   *
   * @param what begins the messages of refusals, such as {@code malformed JSON}
   */
  public JsonReader(byte[] json, int from, int to, int depthMax, String what) {
    this.json = json;
    this.end = to;
    this.depthMax = depthMax;
    this.what = what;
    this.text = json;
    boolean mark =
        to - from >= 3
            && json[from] == (byte) 0xef
            && json[from + 1] == (byte) 0xbb
            && json[from + 2] == (byte) 0xbf;
    this.at = mark ? from + 3 : from;
  }

  /** A refusal that says where the reader is. */
  public InvalidRequestException wrong(String problem) {
    return wrong(problem, at);
  }

  /** A refusal that says where an offset is. */
  public InvalidRequestException wrong(String problem, int offset) {
    return new InvalidRequestException(what + ": " + problem + where(offset));
  }

  /** The line and the column, in bytes, of an offset, as messages say it. */
  public String where(int offset) {
    int line = 1;
    int begin = 0;
    for (int i = 0; i < Math.min(offset, end); i++) {
      if (json[i] == '\n') {
        line++;
        begin = i + 1;
      }
    }
    return " (line " + line + ", column " + (offset - begin + 1) + ")";
  }

  /** Goes to an offset at which a value begins that was passed over before. */
  public JsonReader at(int offset) {
    at = offset;
    return this;
  }

  /** Where the next value begins. */
  public int offset() {
    space();
    return at;
  }

  /** What comes next. */
  public Kind peek() {
    space();
    if (at == end) {
      return Kind.END;
    }
    return switch (json[at]) {
      case '{' -> Kind.OBJECT;
      case '[' -> Kind.ARRAY;
      case '"' -> Kind.TEXT;
      case 't' -> Kind.TRUE;
      case 'f' -> Kind.FALSE;
      case 'n' -> Kind.NULL;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Kind.NUMBER;
      default -> throw wrong("a value was expected");
    };
  }

  private void space() {
    while (at < end
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
  }

  private void expect(char c, String problem) {
    space();
    if (at == end || json[at] != c) {
      throw wrong(problem);
    }
    at++;
  }

  /** Enters the object that comes next. */
  public void beginObject() {
    expect('{', "an object was expected");
    enter(true);
  }

  /** Enters the array that comes next. */
  public void beginArray() {
    expect('[', "a list was expected");
    enter(false);
  }

  private void enter(boolean object) {
    if (++depth > depthMax) {
      throw wrong("it is nested deeper than " + depthMax + " levels");
    }
    objects.set(depth, object);
    fresh = true;
  }

  /** Reads the next name of the object; false at its end, which is left. */
  public boolean nextName() {
    if (!next('}', "an object is not closed")) {
      return false;
    }
    space();
    if (at == end || json[at] != '"') {
      throw wrong("a name in quotes was expected");
    }
    text();
    expect(':', "a colon was expected");
    return true;
  }

  /** Whether the array has another value, which comes next; false at its end, which is left. */
  public boolean nextElement() {
    return next(']', "a list is not closed");
  }

  private boolean next(char close, String problem) {
    space();
    if (at == end) {
      throw wrong(problem);
    }
    boolean first = fresh;
    fresh = false;
    if (json[at] == close) {
      at++;
      depth--;
      return false;
    }
    if (!first) {
      expect(',', "a comma was expected");
      space();
      if (at < end && json[at] == close) {
        throw wrong("a comma without anything behind it");
      }
    }
    return true;
  }

  /** Reads the text that comes next; {@link #textArray} has it until another is read. */
  public void text() {
    space();
    if (at == end || json[at] != '"') {
      throw wrong("a text in quotes was expected");
    }
    quoted = true;
    copied = false;
    int from = ++at;
    while (at < end) {
      byte b = json[at];
      if (b == '"') {
        text = json;
        textFrom = from;
        textTo = at++;
        return;
      }
      if (b == '\\') {
        escaped(from);
        return;
      }
      if (b >= 0 && b < ' ') {
        throw wrong("a control character in a text");
      }
      at++;
    }
    throw wrong("a text is not closed", from - 1);
  }

  /** Goes on with a text at its first escape. */
  private void escaped(int from) {
    copied = true;
    scratch.clear();
    int plain = from;
    while (at < end) {
      byte b = json[at];
      if (b == '"') {
        scratch.putBytes(json, plain, at - plain);
        at++;
        text = scratch.array();
        textFrom = 0;
        textTo = scratch.size();
        return;
      }
      if (b == '\\') {
        scratch.putBytes(json, plain, at - plain);
        escape();
        plain = at;
      } else if (b >= 0 && b < ' ') {
        throw wrong("a control character in a text");
      } else {
        at++;
      }
    }
    throw wrong("a text is not closed", from - 1);
  }

  private void escape() {
    int kind = at + 1 < end ? json[at + 1] : 0;
    switch (kind) {
      case '"', '\\', '/' -> scratch.putByte(kind);
      case 'b' -> scratch.putByte('\b');
      case 'f' -> scratch.putByte('\f');
      case 'n' -> scratch.putByte('\n');
      case 'r' -> scratch.putByte('\r');
      case 't' -> scratch.putByte('\t');
      case 'u' -> {
        unicode();
        return;
      }
      default -> throw wrong("an unknown escape in a text");
    }
    at += 2;
  }

  private void unicode() {
    int unit = hex(at + 2);
    at += 6;
    if (Character.isHighSurrogate((char) unit)
        && at + 1 < end
        && json[at] == '\\'
        && json[at + 1] == 'u') {
      int low = hex(at + 2);
      if (Character.isLowSurrogate((char) low)) {
        at += 6;
        putUtf8(Character.toCodePoint((char) unit, (char) low));
        return;
      }
    }
    if (Character.isSurrogate((char) unit)) {
      scratch.putBytes(REPLACEMENT, 0, REPLACEMENT.length);
    } else {
      putUtf8(unit);
    }
  }

  private int hex(int from) {
    if (end - from < 4) {
      throw wrong("an escape is cut short");
    }
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(json[i], 16);
      if (digit < 0 || json[i] < 0) {
        throw wrong("an escape is not hexadecimal");
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private void putUtf8(int c) {
    if (c < 0x80) {
      scratch.putByte(c);
    } else if (c < 0x800) {
      scratch.putByte(0xc0 | c >> 6);
      scratch.putByte(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      scratch.putByte(0xe0 | c >> 12);
      scratch.putByte(0x80 | (c >> 6 & 0x3f));
      scratch.putByte(0x80 | (c & 0x3f));
    } else {
      scratch.putByte(0xf0 | c >> 18);
      scratch.putByte(0x80 | (c >> 12 & 0x3f));
      scratch.putByte(0x80 | (c >> 6 & 0x3f));
      scratch.putByte(0x80 | (c & 0x3f));
    }
  }

  /** The array in which the text read last stands. Not to be changed. */
  public byte[] textArray() {
    return text;
  }

  public int textFrom() {
    return textFrom;
  }

  public int textTo() {
    return textTo;
  }

  public int textLength() {
    return textTo - textFrom;
  }

  /** The text read last; what is no UTF-8 becomes U+FFFD. */
  public String string() {
    return new String(text, textFrom, textTo - textFrom, StandardCharsets.UTF_8);
  }

  /** As {@link #string}, but of no more than this many bytes. */
  public String string(int bytesMax) {
    return new String(
        text, textFrom, Math.min(textTo - textFrom, bytesMax), StandardCharsets.UTF_8);
  }

  /** A copy of the bytes of the text read last. */
  public byte[] textBytes() {
    return Arrays.copyOfRange(text, textFrom, textTo);
  }

  /** Whether the text read last had escapes: the next one overwrites it. */
  public boolean isCopy() {
    return copied;
  }

  /** Whether what was read last was a text and no number. */
  public boolean isQuoted() {
    return quoted;
  }

  /** Whether the name or text read last is this one, of ASCII. */
  public boolean isName(String ascii) {
    int length = textTo - textFrom;
    if (length != ascii.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (text[textFrom + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Reads the number that comes next as it is written; {@link #textArray} has it. */
  public void number() {
    space();
    int from = at;
    if (at < end && json[at] == '-') {
      at++;
    }
    int digits = digits();
    boolean leadingZero = digits > 1 && json[at - digits] == '0';
    if (digits == 0 || leadingZero) {
      throw wrong("a number is malformed", from);
    }
    if (at < end && json[at] == '.') {
      at++;
      if (digits() == 0) {
        throw wrong("a number is malformed", from);
      }
    }
    if (at < end && (json[at] == 'e' || json[at] == 'E')) {
      at++;
      if (at < end && (json[at] == '+' || json[at] == '-')) {
        at++;
      }
      if (digits() == 0) {
        throw wrong("a number is malformed", from);
      }
    }
    quoted = false;
    copied = false;
    text = json;
    textFrom = from;
    textTo = at;
  }

  private int digits() {
    int from = at;
    while (at < end && json[at] >= '0' && json[at] <= '9') {
      at++;
    }
    return at - from;
  }

  /** Passes over {@code true}, {@code false} or {@code null}. */
  public void word() {
    String word =
        switch (peek()) {
          case TRUE -> "true";
          case FALSE -> "false";
          case NULL -> "null";
          default -> throw wrong("true, false or null was expected");
        };
    for (int i = 0; i < word.length(); i++) {
      if (at == end || json[at] != word.charAt(i)) {
        throw wrong("an unknown word");
      }
      at++;
    }
  }

  /** Passes over the value that comes next, whatever it is. */
  public void skip() {
    int outside = depth;
    do {
      switch (peek()) {
        case OBJECT -> beginObject();
        case ARRAY -> beginArray();
        case TEXT -> text();
        case NUMBER -> number();
        case TRUE, FALSE, NULL -> word();
        case END -> throw wrong("a value was expected");
      }
      boolean more = false;
      while (depth > outside && !more) {
        more = objects.get(depth) ? nextName() : nextElement();
      }
    } while (depth > outside);
  }

  /** Refuses what is left behind the value. */
  public void end() {
    if (peek() != Kind.END) {
      throw wrong("there is something after the request's end");
    }
  }
}

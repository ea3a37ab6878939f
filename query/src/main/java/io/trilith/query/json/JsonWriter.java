package io.trilith.query.json;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Writes JSON as UTF-8, piece by piece, through a small buffer. Commas are its business, the right
 * nesting is the caller's. Call {@link #flush} at the end; the stream is not closed. Not
 * thread-safe.
 */
public final class JsonWriter {
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  /** By ASCII character: whether it is escaped. */
  private static final boolean[] SPECIAL = special();

  private final OutputStream out;
  private final byte[] buffer = new byte[8192];
  private int size;
  private boolean comma;

  private static boolean[] special() {
    boolean[] special = new boolean[0x80];
    Arrays.fill(special, 0, 0x20, true);
    // <, > and & as well, so that no browser ever takes the text for markup.
    for (char c : new char[] {0x7f, '"', '\\', '<', '>', '&'}) {
      special[c] = true;
    }
    return special;
  }

  public JsonWriter(OutputStream out) {
    this.out = out;
  }

  public JsonWriter beginObject() throws IOException {
    return open('{');
  }

  public JsonWriter endObject() throws IOException {
    return close('}');
  }

  public JsonWriter beginArray() throws IOException {
    return open('[');
  }

  public JsonWriter endArray() throws IOException {
    return close(']');
  }

  private JsonWriter open(char bracket) throws IOException {
    separate();
    put(bracket);
    comma = false;
    return this;
  }

  private JsonWriter close(char bracket) throws IOException {
    put(bracket);
    comma = true;
    return this;
  }

  private void separate() throws IOException {
    if (comma) {
      put(',');
    }
    comma = true;
  }

  /** The name of the member whose value comes next. */
  public JsonWriter name(String name) throws IOException {
    value(name);
    put(':');
    comma = false;
    return this;
  }

  public JsonWriter value(String text) throws IOException {
    separate();
    put('"');
    for (int i = plain(text, 0); i < text.length(); i = plain(text, i)) {
      char c = text.charAt(i++);
      if (c < 0x80) {
        ascii(c);
      } else if (Character.isHighSurrogate(c)
          && i < text.length()
          && Character.isLowSurrogate(text.charAt(i))) {
        utf8(Character.toCodePoint(c, text.charAt(i++)));
      } else {
        utf8(Character.isSurrogate(c) ? 0xfffd : c);
      }
    }
    put('"');
    return this;
  }

  /** Copies what needs no escape; where it ended, at a special character or behind the text. */
  private int plain(String text, int from) throws IOException {
    int at = from;
    while (at < text.length()) {
      if (size == buffer.length) {
        flush();
      }
      int end = Math.min(text.length(), at + buffer.length - size);
      int place = size;
      while (at < end) {
        char c = text.charAt(at);
        if (c >= 0x80 || SPECIAL[c]) {
          size = place;
          return at;
        }
        buffer[place++] = (byte) c;
        at++;
      }
      size = place;
    }
    return at;
  }

  private void ascii(char c) throws IOException {
    switch (c) {
      case '"', '\\' -> {
        put('\\');
        put(c);
      }
      case '\n' -> escaped('n');
      case '\r' -> escaped('r');
      case '\t' -> escaped('t');
      default -> {
        escaped('u');
        put('0');
        put('0');
        put((char) HEX[c >> 4]);
        put((char) HEX[c & 15]);
      }
    }
  }

  private void escaped(char c) throws IOException {
    put('\\');
    put(c);
  }

  private void utf8(int c) throws IOException {
    if (c < 0x800) {
      put((char) (0xc0 | c >> 6));
    } else {
      if (c < 0x10000) {
        put((char) (0xe0 | c >> 12));
      } else {
        put((char) (0xf0 | c >> 18));
        put((char) (0x80 | (c >> 12 & 0x3f)));
      }
      put((char) (0x80 | (c >> 6 & 0x3f)));
    }
    put((char) (0x80 | (c & 0x3f)));
  }

  public JsonWriter value(long number) throws IOException {
    return raw(Long.toString(number));
  }

  public JsonWriter value(boolean flag) throws IOException {
    return raw(flag ? "true" : "false");
  }

  /** A value that is JSON already: a number, {@code null}, or a rendered document. */
  public JsonWriter raw(String json) throws IOException {
    separate();
    for (int i = 0; i < json.length(); i++) {
      put(json.charAt(i));
    }
    return this;
  }

  private void put(char c) throws IOException {
    if (size == buffer.length) {
      flush();
    }
    buffer[size++] = (byte) c;
  }

  /** Hands what is buffered to the stream. */
  public void flush() throws IOException {
    out.write(buffer, 0, size);
    size = 0;
  }
}

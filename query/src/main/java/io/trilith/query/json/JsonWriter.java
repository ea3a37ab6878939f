package io.trilith.query.json;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes JSON as UTF-8, piece by piece, through a small buffer. Commas are its business, the right
 * nesting is the caller's. Call {@link #flush} at the end; the stream is not closed. Not
 * thread-safe.
 */
public final class JsonWriter {
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final OutputStream out;
  private final byte[] buffer = new byte[8192];
  private int size;
  private boolean comma;

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
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        ascii(c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        utf8(Character.toCodePoint(c, text.charAt(++i)));
      } else {
        utf8(Character.isSurrogate(c) ? 0xfffd : c);
      }
    }
    put('"');
    return this;
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
        // <, > and & as well, so that no browser ever takes the text for markup.
        if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&') {
          escaped('u');
          put('0');
          put('0');
          put((char) HEX[c >> 4]);
          put((char) HEX[c & 15]);
        } else {
          put(c);
        }
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

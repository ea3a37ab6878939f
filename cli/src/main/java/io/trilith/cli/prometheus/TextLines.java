package io.trilith.cli.prometheus;

import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lines of UTF-8 text of bounded length. Not thread-safe. */
public final class TextLines {
  private static final int LINE_MAX = 16 << 20;

  private final String name;
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private byte[] bytes = new byte[1 << 10];
  private int from;
  private int to;
  private int size;
  private long number;
  private long read;

  /** The name is that of the file, for errors. */
  public TextLines(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  /** Moves to the next line; false at the end. */
  public boolean next() throws IOException {
    size = 0;
    boolean any = false;
    while (true) {
      if (from == to) {
        from = 0;
        to = in.read(buffer);
        if (to <= 0) {
          to = 0;
          number += any ? 1 : 0;
          return any;
        }
        read += to;
      }
      any = true;
      int end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      append(end - from);
      from = end;
      if (from < to) {
        from++;
        number++;
        return true;
      }
    }
  }

  private void append(int count) {
    if (size + count > LINE_MAX) {
      number++;
      throw wrong("it is longer than " + LINE_MAX + " bytes");
    }
    if (size + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + count, bytes.length * 2));
    }
    System.arraycopy(buffer, from, bytes, size, count);
    size += count;
  }

  /** Without its end. */
  public String line() {
    int length = size > 0 && bytes[size - 1] == '\r' ? size - 1 : size;
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Of the line, from 1. */
  public long number() {
    return number;
  }

  /** Bytes of the file that were read. */
  public long bytes() {
    return read;
  }

  /** An error that names file and line. */
  public InvalidRequestException wrong(String reason) {
    return new InvalidRequestException(name + ":" + number + ": " + reason);
  }
}

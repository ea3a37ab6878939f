package io.trilith.server;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Knows how much was written. */
final class CountedOutput extends FilterOutputStream {
  private long written;

  CountedOutput(OutputStream out) {
    super(out);
  }

  long written() {
    return written;
  }

  @Override
  public void write(int one) throws IOException {
    written++;
    out.write(one);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    written += length;
    out.write(bytes, from, length);
  }
}

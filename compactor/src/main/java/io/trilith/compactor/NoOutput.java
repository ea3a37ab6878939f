package io.trilith.compactor;

import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;

/** Takes what is written and keeps nothing: for counting. */
final class NoOutput implements ObjectOutput {
  private long position;

  @Override
  public String name() {
    return "";
  }

  @Override
  public void write(ByteBuffer bytes) {
    position += bytes.remaining();
    bytes.position(bytes.limit());
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public void commit() {}

  @Override
  public void close() {}
}

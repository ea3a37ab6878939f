package io.trilith.storage.object;

import java.nio.ByteBuffer;

/** An object being written. Not thread-safe. */
public interface ObjectOutput extends AutoCloseable {
  /** The object's name. */
  String name();

  /** Appends the buffer from position to limit. */
  void write(ByteBuffer bytes);

  /** Bytes written so far. */
  long position();

  /** Makes the object visible and durable. */
  void commit();

  /** Drops the object unless it was committed. */
  @Override
  void close();
}

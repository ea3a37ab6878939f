package io.trilith.logstore;

import io.trilith.storage.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * Walks entries of one stream in order of time. The line's array is owned by the cursor and valid
 * until the next call of {@link #next}. What nobody asks for need not be decoded. Not thread-safe.
 */
public interface EntryCursor {
  /** Moves to the next entry; false at the end. */
  boolean next();

  /** Nanoseconds since 1970. */
  long timestamp();

  byte[] lineArray();

  int lineStart();

  int lineEnd();

  /** The structured metadata. Decoded on each call. */
  Labels metadata();

  /** The value of one name of the structured metadata, empty when it is not there. */
  default String metadata(String name) {
    return metadata().get(name);
  }

  /** The shape of the line, null when it has none that is known without it. */
  default @Nullable LineShape shape() {
    return null;
  }

  /** Which line of its shape it is. */
  default int row() {
    return 0;
  }

  /** Bytes of the line, which may be known without it. */
  default int lineLength() {
    return lineEnd() - lineStart();
  }
}

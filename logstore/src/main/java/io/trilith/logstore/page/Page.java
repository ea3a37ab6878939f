package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import io.trilith.storage.model.Labels;
import org.jspecify.annotations.Nullable;

/** Entries of one stream in order of time, as one reader sees them. Confined to one thread. */
public interface Page {
  int count();

  /** Nanoseconds since 1970. */
  long time(int entry);

  int lineLength(int entry);

  /** The array that holds the line, valid until another entry's line is asked for. */
  byte[] lineArray(int entry);

  int lineStart(int entry);

  int lineEnd(int entry);

  Labels metadata(int entry);

  /** One value of the metadata, empty when it is not there. */
  default String metadata(int entry, String name) {
    return metadata(entry).get(name);
  }

  /** The shape of the line, null when the page does not know any. */
  default @Nullable LineShape shape(int entry) {
    return null;
  }

  /** Which line of its shape it is. */
  default int row(int entry) {
    return 0;
  }

  /** A bit for each entry that may be wanted; null when all may. */
  long @Nullable [] select(PageScan scan);
}

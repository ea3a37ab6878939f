package io.trilith.storage.object;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Files that were read lately, kept open: opening costs more than reading a page. Who reads may
 * find the channel closed, by the interrupt of another reader or because others were used more; it
 * then opens the file for itself. Thread-safe.
 */
final class OpenFiles {
  private static final int OPEN_MAX = 64;

  private final Map<String, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);

  /** The file of an object, open for reading. */
  synchronized FileChannel of(String name, Path path) throws IOException {
    FileChannel known = open.get(name);
    if (known != null && known.isOpen()) {
      return known;
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    open.put(name, file);
    if (open.size() > OPEN_MAX) {
      forget(open.keySet().iterator().next());
    }
    return file;
  }

  /** Closes the file: the object is deleted, or its channel was closed by somebody. */
  synchronized void forget(String name) {
    FileChannel file = open.remove(name);
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // Nothing was written through it: there is nothing to lose.
        return;
      }
    }
  }
}

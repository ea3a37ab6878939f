package io.trilith.server.bucket;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.util.HashMap;
import java.util.Map;

/** Copies block objects; what is there with the same size is not copied again. */
final class BlockCopy {
  private static final int PIECE = 4 << 20;

  private final ObjectStore from;
  private final ObjectStore to;
  private final Map<String, Long> there = new HashMap<>();
  private int copied;
  private int skipped;
  private long bytes;

  BlockCopy(ObjectStore from, ObjectStore to) {
    this.from = from;
    this.to = to;
    to.list("blocks/").forEach(entry -> there.put(entry.name(), entry.size()));
  }

  int copied() {
    return copied;
  }

  int skipped() {
    return skipped;
  }

  long bytes() {
    return bytes;
  }

  boolean has(String name, long size) {
    return there.getOrDefault(name, -1L) == size;
  }

  /**
   * Copies one object; it shows under its name when it is there whole.
   *
   * @throws StorageException.Missing when it went away, as a merged block does
   */
  void copy(String source, String target, long size, Progress progress) {
    if (has(target, size)) {
      skipped++;
      progress.bytes(size);
      progress.item();
      return;
    }
    try (ObjectOutput out = to.create(target)) {
      for (long at = 0; at < size; at += PIECE) {
        int length = (int) Math.min(PIECE, size - at);
        out.write(from.readRange(source, at, length));
        progress.bytes(length);
      }
      out.commit();
    }
    there.put(target, size);
    copied++;
    bytes += size;
    progress.item();
  }
}

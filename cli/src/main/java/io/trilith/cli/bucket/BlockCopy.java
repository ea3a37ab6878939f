package io.trilith.cli.bucket;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.util.HashMap;
import java.util.Map;

/** Copies block objects; what is there with the same size is not copied again. */
final class BlockCopy {
  private final ObjectStore from;
  private final ObjectStore to;
  private final Map<String, Long> sizes = new HashMap<>();
  private int copied;
  private int skipped;
  private long bytes;

  BlockCopy(ObjectStore from, ObjectStore to) {
    this.from = from;
    this.to = to;
    to.list("blocks/").forEach(entry -> sizes.put(entry.name(), entry.size()));
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
    return sizes.getOrDefault(name, -1L) == size;
  }

  /**
   * Copies one block, all of it checked; it shows under its name when it is there whole.
   *
   * @return its size there
   * @throws StorageException.Missing when it went away, as a merged block does
   * @throws StorageException.Corrupt when it is damaged
   */
  long copy(String source, String target, long size, Progress progress) {
    BlockReader block = BlockReader.openToCopy(from, source, size);
    long there = block.sizeAs(target);
    if (has(target, there)) {
      skipped++;
      progress.bytes(size);
      progress.item();
      return there;
    }
    try (ObjectOutput out = to.create(target)) {
      block.copyTo(out, progress::bytes);
      out.commit();
    }
    sizes.put(target, there);
    copied++;
    bytes += there;
    progress.item();
    return there;
  }
}

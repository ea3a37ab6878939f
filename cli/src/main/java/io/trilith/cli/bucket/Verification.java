package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks for everything that can be wrong with a bucket. Not thread-safe. */
final class Verification {
  private final ObjectStore objects;
  private final boolean deep;
  private final List<Finding> findings = new ArrayList<>();

  /** What is wrong. */
  enum Kind {
    /** A commit is missing between others. */
    GAP,
    /** Bytes are not what was written. */
    DAMAGED,
    /** A live block without its object. */
    MISSING,
    /** An object that is shorter than what was written, or longer. */
    TRUNCATED,
    /** The catalog says something else of a block than the block. */
    MISCOUNTED,
    /** A block object that no commit names. */
    ORPHAN;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One thing that is wrong.
   *
   * @param offset in the object, where one is known; 0 otherwise
   */
  record Finding(Kind kind, String object, long offset, String reason) {}

  /**
   * A check.
   *
   * @param deep whether all blocks are decoded, beside their checksums
   */
  Verification(ObjectStore objects, boolean deep) {
    this.objects = objects;
    this.deep = deep;
  }

  List<Finding> findings() {
    return findings;
  }

  /** Every commit and snapshot; returns what is live as far as the chain can be followed. */
  CatalogState chain() {
    return new CatalogObjects(objects)
        .verify(
            fault ->
                findings.add(
                    new Finding(
                        Kind.valueOf(fault.kind().name()),
                        fault.object(),
                        offset(fault.reason(), fault.offset()),
                        fault.reason())));
  }

  /** Block objects that the state does not name, sizes and absence of those that it does. */
  List<BlockEntry> objects(CatalogState state, Predicate<BlockEntry> wanted) {
    Map<String, Long> sizes = new HashMap<>();
    objects.list("blocks/").forEach(entry -> sizes.put(entry.name(), entry.size()));
    List<BlockEntry> readable = new ArrayList<>();
    Set<String> named = new HashSet<>();
    // What was removed stays for a while; the catalog forgets it before its object goes.
    for (Change.Doomed doomed : state.removals().doomed().values()) {
      String name = doomed.block().objectName();
      named.add(name);
      if (wanted.test(doomed.block()) && !sizes.containsKey(name)) {
        add(Kind.MISSING, name, 0, "it was removed (" + doomed.reason() + "), but not forgotten");
      }
    }
    for (BlockEntry block : state.blocks().values()) {
      String name = block.objectName();
      named.add(name);
      Long size = sizes.get(name);
      if (!wanted.test(block)) {
        continue;
      }
      if (size == null) {
        add(Kind.MISSING, name, 0, "the catalog has the block, the bucket does not");
      } else if (size != block.bytes()) {
        add(
            Kind.TRUNCATED,
            name,
            Math.min(size, block.bytes()),
            "it has " + size + " bytes where " + block.bytes() + " were written");
      } else {
        readable.add(block);
      }
    }
    sizes.forEach(
        (name, size) -> {
          if (!named.contains(name)) {
            add(Kind.ORPHAN, name, 0, "no commit names it; it has " + size + " bytes");
          }
        });
    return readable;
  }

  /** Every section of a block, and with deep every chunk, page and row group. */
  void block(BlockEntry block, Progress progress) {
    String name = block.objectName();
    try {
      BlockContent content = BlockContent.open(objects, block);
      boolean whole = true;
      for (int section : content.container().sectionLengths().keySet()) {
        try {
          content.container().verifySection(section, progress::bytes);
        } catch (StorageException.Corrupt e) {
          whole = false;
          findings.add(nearest(content, name, e));
        }
      }
      if (whole && deep) {
        count(block, content.decode());
      }
    } catch (StorageException.Corrupt e) {
      add(Kind.DAMAGED, name, offset(String.valueOf(e.getMessage()), 0), e.getMessage());
    } catch (StorageException.Missing e) {
      add(Kind.MISSING, name, 0, "it went away while it was read");
    }
    progress.item();
  }

  private void count(BlockEntry block, long items) {
    if (items != block.items()) {
      add(
          Kind.MISCOUNTED,
          block.objectName(),
          0,
          "it has "
              + items
              + " "
              + block.signal().items()
              + " where the catalog says "
              + block.items());
    }
  }

  /** The page in which a section is damaged, as reading it tells; else the section. */
  private static Finding nearest(BlockContent content, String name, StorageException.Corrupt e) {
    String reason = String.valueOf(e.getMessage());
    try {
      content.decode();
    } catch (StorageException.Corrupt page) {
      reason = String.valueOf(page.getMessage());
    }
    return new Finding(Kind.DAMAGED, name, offset(reason, 0), reason);
  }

  private void add(Kind kind, String object, long offset, @Nullable String reason) {
    findings.add(new Finding(kind, object, offset, String.valueOf(reason)));
  }

  /** What stands behind "at byte " in the words of {@link StorageException.Corrupt}. */
  private static long offset(String reason, long otherwise) {
    String before = " at byte ";
    int from = reason.indexOf(before);
    int end = reason.indexOf(':', Math.max(0, from));
    if (from < 0 || end < 0) {
      return otherwise;
    }
    try {
      return Long.parseLong(reason.substring(from + before.length(), end));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}

package io.trilith.cli.bucket;

import io.trilith.rules.eval.RuleStates;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Commit;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Makes one bucket of another as it is at one commit: all blocks, rules, then the catalog. */
final class WholeCopy {
  private static final int TRIES = 10;

  private final ObjectStore from;
  private final ObjectStore to;

  WholeCopy(ObjectStore from, ObjectStore to) {
    this.from = from;
    this.to = to;
  }

  /** What was made. */
  record Made(CatalogState state, int copied, long bytes) {}

  /**
   * Copies what is live; removed blocks that can be restored are left out, of the catalog too. The
   * catalog comes last: until then the other bucket is empty to whoever opens it, and a repetition
   * goes on where this ended.
   *
   * @param newest reads the catalog to copy, again where a block was merged away meanwhile
   * @param what names the other bucket in errors
   * @param damaged gets the blocks that could not be read
   */
  Made run(Supplier<CatalogState> newest, String what, DamagedBlocks damaged, PrintWriter err) {
    CatalogObjects there = new CatalogObjects(to);
    if (!there.commits().isEmpty() || !there.snapshots().isEmpty()) {
      throw new VerbException(
          what + " has a catalog already; name an empty one, or use `trilith copy` to add to it");
    }
    BlockCopy copy = new BlockCopy(from, to);
    CatalogState state = newest.get().withoutDoomed();
    for (int left = TRIES; ; left--) {
      long bytes = state.blocks().values().stream().mapToLong(BlockEntry::bytes).sum();
      boolean all;
      try (Progress progress = new Progress(err, "blocks", state.blocks().size(), bytes)) {
        all =
            damaged.read(
                state.blocks().values(),
                newest,
                block ->
                    copy.copy(block.objectName(), block.objectName(), block.bytes(), progress));
      }
      if (all) {
        break;
      }
      if (left == 0) {
        throw new VerbException("blocks are merged faster than they are copied; try again");
      }
      state = newest.get().withoutDoomed();
    }
    damaged.tell(err, what + " has no catalog yet, so it is no bucket");
    state = state.without(damaged.ids());
    dropOthers(state);
    RuleStates.copy(from, to);
    if (!CatalogObjects.restore(to, state, last(state))) {
      throw new VerbException(what + " got a catalog from somebody else meanwhile");
    }
    return new Made(state, copy.copied(), copy.bytes());
  }

  private Optional<Commit> last(CatalogState state) {
    try {
      return state.number() == 0
          ? Optional.empty()
          : Optional.of(new CatalogObjects(from).commit(state.number()));
    } catch (StorageException.Missing e) {
      return Optional.empty();
    }
  }

  /** Blocks that were copied and are merged since. */
  private void dropOthers(CatalogState state) {
    Set<String> live = new HashSet<>();
    state.blocks().values().forEach(block -> live.add(block.objectName()));
    for (ObjectStore.Entry entry : to.list("blocks/")) {
      if (!live.contains(entry.name())) {
        to.delete(entry.name());
      }
    }
  }
}

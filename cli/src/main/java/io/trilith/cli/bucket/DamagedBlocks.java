package io.trilith.cli.bucket;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Blocks that a copy could not read, and what becomes of the copy then. Not thread-safe. */
final class DamagedBlocks {
  @Option(
      names = "--skip-damaged",
      description = "Leave damaged and lost blocks out and go on; the status is 1 all the same.")
  private boolean skip;

  private final Map<BlockId, BlockEntry> found = new LinkedHashMap<>();
  private final Map<BlockId, String> reasons = new LinkedHashMap<>();

  boolean isEmpty() {
    return found.isEmpty();
  }

  Set<BlockId> ids() {
    return found.keySet();
  }

  /**
   * Reads blocks one by one and notes those that cannot be read.
   *
   * @param newest what is live when a block is not there: one that was merged away is not lost
   * @return false when blocks were merged away meanwhile, so that there is another list of them
   */
  boolean read(
      Collection<BlockEntry> blocks, Supplier<CatalogState> newest, Consumer<BlockEntry> reader) {
    boolean all = true;
    for (BlockEntry block : blocks) {
      if (found.containsKey(block.id())) {
        continue;
      }
      try {
        reader.accept(block);
      } catch (StorageException.Corrupt e) {
        note(block, e);
      } catch (StorageException.Missing e) {
        if (newest.get().blocks().containsKey(block.id())) {
          note(block, e);
        } else {
          all = false;
        }
      }
    }
    return all;
  }

  private void note(BlockEntry block, StorageException why) {
    found.put(block.id(), block);
    reasons.put(block.id(), String.valueOf(why.getMessage()));
  }

  /** Reads all of a block and keeps nothing. */
  static void check(ObjectStore objects, BlockEntry block) {
    String name = block.objectName();
    BlockReader.openToCopy(objects, name, block.bytes()).copyTo(new Nowhere(name), _ -> {});
  }

  /** Names them; throws when they are not to be left out. */
  void tell(PrintWriter err, String nothing) {
    found.forEach(
        (id, block) ->
            err.println(
                "trilith: block "
                    + id
                    + " ("
                    + block.signal().text()
                    + ", tenant "
                    + block.tenant()
                    + ", "
                    + block.items()
                    + " items, "
                    + block.signal().instant(block.minTime())
                    + " to "
                    + block.signal().instant(block.maxTime())
                    + ") cannot be read: "
                    + reasons.get(id)));
    if (!found.isEmpty() && !skip) {
      throw new VerbException(
          found.size()
              + (found.size() == 1 ? " block is" : " blocks are")
              + " damaged or lost; "
              + nothing
              + ". Bring them back from a backup (`trilith copy`), give lost ones up by `trilith"
              + " blocks drop`, or leave them out by --skip-damaged");
    }
  }

  /** 1 when something was left out. */
  int status() {
    return found.isEmpty() ? 0 : 1;
  }

  /** Takes bytes and drops them. */
  private static final class Nowhere implements ObjectOutput {
    private final String name;
    private long position;

    Nowhere(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void write(ByteBuffer bytes) {
      position += bytes.remaining();
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
}

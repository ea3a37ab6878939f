package io.trilith.logstore;

import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What of several log blocks goes into one: plain pages are split, small pages become full ones,
 * duplicates go, full pages that no other block has a say about are taken over as they are. What
 * has expired is left out.
 */
public final class LogMerge {
  private final ObjectStore objects;
  private final DataAge age;

  private LogMerge(ObjectStore objects, DataAge age) {
    this.objects = objects;
    this.age = age;
  }

  /** The merge of a store's blocks. */
  public static BlockMerge of(
      LogStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    return new BlockMerge(
        Signal.LOGS,
        store.mergeable(),
        new LogMerge(objects, age)::write,
        catalog,
        objects,
        blockIds,
        clock,
        BlockMerge.Fresh.REWRITTEN);
  }

  private BlockMerge.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    List<List<StreamPages>> sources = new ArrayList<>();
    for (BlockEntry input : inputs) {
      sources.add(LogBlock.open(objects, input.objectName()).allStreams());
    }
    LogBlockWriter.Written written = LogBlockWriter.write(out, sources, age.minNanos());
    return new BlockMerge.Written(
        written.minTime(), written.maxTime(), written.entries(), written.bytes());
  }
}

package io.trilith.tracestore;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.chunk.PartSource;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What of several trace blocks goes into one: the parts of a trace come together, of spans that are
 * the same the one written last stays, what has expired is left out.
 */
public final class TraceMerge {
  private final ObjectStore objects;
  private final DataAge age;

  private TraceMerge(ObjectStore objects, DataAge age) {
    this.objects = objects;
    this.age = age;
  }

  /** The merge of a store's blocks. */
  public static BlockMerge of(
      TraceStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    return new BlockMerge(
        Signal.TRACES,
        store.mergeable(),
        new TraceMerge(objects, age)::write,
        catalog,
        objects,
        blockIds,
        clock,
        BlockMerge.Fresh.KEPT);
  }

  private BlockMerge.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    List<PartSource> sources = new ArrayList<>();
    for (BlockEntry input : inputs) {
      sources.add(TraceBlock.open(objects, input.objectName()));
    }
    TraceBlockWriter.Written written = TraceBlockWriter.write(out, sources, age.minNanos());
    return new BlockMerge.Written(
        written.minTime(), written.maxTime(), written.spans(), written.bytes());
  }
}

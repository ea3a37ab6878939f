package io.trilith.tracestore.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.store.Rewrite;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What of several trace blocks goes into one: the parts of a trace come together, of spans that are
 * the same the one written last stays. Nothing else is left out.
 */
final class TraceMerge implements Rewrite {
  /**
   * A row group that is read takes roughly this many times the memory that it takes in the block.
   */
  private static final int UNPACKED = 4;

  private final TraceStore store;
  private final ObjectStore objects;

  TraceMerge(TraceStore store, ObjectStore objects) {
    this.store = store;
    this.objects = objects;
  }

  @Override
  public long weight(BlockEntry input) {
    TraceBlock block = TraceBlock.open(objects, input.objectName());
    return block.weight() + UNPACKED * block.largestGroupBytes();
  }

  @Override
  public double hiddenShare(BlockEntry input, Set<String> sources) {
    TraceBlockWriter.Input left = remaining(input, sources);
    return new HidingSource(left.block(), left.rules()).hiddenShare();
  }

  private TraceBlockWriter.Input remaining(BlockEntry input, Set<String> sources) {
    List<SpanRule> rules = store.hidden(input.tenant()).of(input, sources);
    return new TraceBlockWriter.Input(TraceBlock.open(objects, input.objectName()), rules);
  }

  @Override
  public Rewrite.Written writeRemaining(ObjectOutput out, BlockEntry input, Set<String> sources) {
    List<TraceBlockWriter.Input> left = List.of(remaining(input, sources));
    return written(TraceBlockWriter.merge(out, left, Long.MIN_VALUE));
  }

  @Override
  public Rewrite.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    List<TraceBlockWriter.Input> sources = new ArrayList<>();
    for (BlockEntry input : inputs) {
      TraceBlock block = TraceBlock.open(objects, input.objectName());
      sources.add(new TraceBlockWriter.Input(block, List.of()));
    }
    return written(TraceBlockWriter.merge(out, sources, Long.MIN_VALUE));
  }

  private static Rewrite.Written written(TraceBlockWriter.Written written) {
    return new Rewrite.Written(
        written.minTime(), written.maxTime(), written.spans(), written.bytes());
  }
}

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
import io.trilith.storage.removal.HiddenRows;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What of several log blocks goes into one: plain pages are split, small pages become full ones,
 * duplicates go, full pages that no other block has a say about are taken over as they are. What
 * has expired is left out.
 */
public final class LogMerge implements BlockMerge.Rewrite {
  private final LogStore store;
  private final ObjectStore objects;
  private final DataAge age;

  private LogMerge(LogStore store, ObjectStore objects, DataAge age) {
    this.store = store;
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
        new LogMerge(store, objects, age),
        catalog,
        objects,
        blockIds,
        clock,
        BlockMerge.Fresh.REWRITTEN);
  }

  @Override
  public boolean mayHaveDeleted(BlockEntry input, Set<String> deletions) {
    LogBlock block = LogBlock.open(objects, input.objectName());
    boolean[] found = new boolean[1];
    for (EntryRule rule : deleted(input, deletions)) {
      block.select(
          rule.matchers(), rule.minTime(), rule.maxTime(), (_, _) -> found[0] = true);
    }
    return found[0];
  }

  private List<EntryRule> deleted(BlockEntry input, Set<String> deletions) {
    return store.hidden(input.tenant()).deletedFrom(input.id()).stream()
        .filter(rule -> deletions.contains(rule.source()))
        .toList();
  }

  @Override
  public BlockMerge.Written writeRemaining(
      ObjectOutput out, BlockEntry input, Set<String> deletions) {
    List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
    List<StreamPages> left = HidingSource.remaining(all, deleted(input, deletions));
    return written(LogBlockWriter.write(out, List.of(left), Long.MIN_VALUE));
  }

  @Override
  public BlockMerge.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    HiddenRows<EntryRule> hidden = store.hidden(inputs.getFirst().tenant());
    List<List<StreamPages>> sources = new ArrayList<>();
    for (BlockEntry input : inputs) {
      List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
      sources.add(HidingSource.remaining(all, hidden.expiredIn(input.minTime())));
    }
    return written(LogBlockWriter.write(out, sources, age.minNanos()));
  }

  private static BlockMerge.Written written(LogBlockWriter.Written written) {
    return new BlockMerge.Written(
        written.minTime(), written.maxTime(), written.entries(), written.bytes());
  }
}

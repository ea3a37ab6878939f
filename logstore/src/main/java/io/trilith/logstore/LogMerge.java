package io.trilith.logstore;

import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.PageRef;
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
  public double hiddenShare(BlockEntry input, Set<String> sources) {
    List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
    List<EntryRule> rules = rules(input, sources);
    long bytes = 0;
    long hidden = 0;
    for (StreamPages stream : all) {
      List<EntryRule> ofStream = rules.stream().filter(r -> r.isOf(stream.labels())).toList();
      for (PageRef page : stream.pages()) {
        bytes += 1 + page.lineBytes();
        if (ofStream.stream().anyMatch(rule -> rule.overlaps(page.minTime(), page.maxTime()))) {
          hidden += 1 + page.lineBytes();
        }
      }
    }
    return hidden == 0 ? 0 : (double) hidden / bytes;
  }

  private List<EntryRule> rules(BlockEntry input, Set<String> sources) {
    return store.hidden(input.tenant()).of(input).stream()
        .filter(rule -> sources.contains(rule.source()))
        .toList();
  }

  @Override
  public BlockMerge.Written writeRemaining(
      ObjectOutput out, BlockEntry input, Set<String> sources) {
    List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
    List<StreamPages> left = HidingSource.remaining(all, rules(input, sources));
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

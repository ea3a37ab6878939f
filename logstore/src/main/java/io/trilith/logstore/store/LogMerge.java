package io.trilith.logstore.store;

import io.trilith.logstore.EntryRule;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.removal.RowRule;
import io.trilith.storage.store.Rewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What of several log blocks goes into one: plain pages are split, small pages become full ones,
 * duplicates go, full pages that no other block has a say about are taken over as they are. Nothing
 * else is left out.
 */
final class LogMerge implements Rewrite {
  private final LogStore store;
  private final ObjectStore objects;

  LogMerge(LogStore store, ObjectStore objects) {
    this.store = store;
    this.objects = objects;
  }

  @Override
  public long weight(BlockEntry input) {
    return LogBlock.open(objects, input.objectName()).weight();
  }

  @Override
  public double hiddenShare(BlockEntry input, Set<String> sources) {
    List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
    List<EntryRule> rules = rules(input, sources);
    double bytes = 0;
    double hidden = 0;
    for (StreamPages stream : all) {
      List<EntryRule> ofStream = rules.stream().filter(r -> r.isOf(stream.labels())).toList();
      for (PageRef page : stream.pages()) {
        double size = 1 + page.lineBytes();
        bytes += size;
        hidden += size * hiddenShare(page, ofStream);
      }
    }
    return hidden == 0 ? 0 : Math.min(1, hidden / bytes);
  }

  private static double hiddenShare(PageRef page, List<EntryRule> rules) {
    double share = 0;
    for (EntryRule rule : rules) {
      share += RowRule.share(rule, page.minTime(), page.maxTime());
    }
    return Math.min(1, share);
  }

  private List<EntryRule> rules(BlockEntry input, Set<String> sources) {
    return store.hidden(input.tenant()).of(input, sources);
  }

  @Override
  public Rewrite.Written writeRemaining(ObjectOutput out, BlockEntry input, Set<String> sources) {
    List<StreamPages> all = LogBlock.open(objects, input.objectName()).allStreams();
    List<StreamPages> left = HidingSource.remaining(all, rules(input, sources));
    return written(LogBlockWriter.write(out, List.of(left), Long.MIN_VALUE));
  }

  @Override
  public Rewrite.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    List<List<StreamPages>> sources = new ArrayList<>();
    for (BlockEntry input : inputs) {
      sources.add(LogBlock.open(objects, input.objectName()).allStreams());
    }
    return written(LogBlockWriter.write(out, sources, Long.MIN_VALUE));
  }

  private static Rewrite.Written written(LogBlockWriter.Written written) {
    return new Rewrite.Written(
        written.minTime(), written.maxTime(), written.entries(), written.bytes());
  }
}

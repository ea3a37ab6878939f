package io.trilith.cli.bucket;

import io.trilith.compactor.BlockMerge;
import io.trilith.compactor.BlockMerge.Merged;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Signal;
import io.trilith.storage.store.Fresh;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What merges would do to the blocks of a state. */
final class MergePlan {
  private MergePlan() {}

  /** All merges that are due, those of a tenant and signal in their order. */
  static List<Merged> of(CatalogState state, Predicate<BlockEntry> wanted) {
    Map<CatalogState.Scope, List<BlockEntry>> scopes = new TreeMap<>();
    for (BlockEntry block : state.blocks().values()) {
      if (wanted.test(block)) {
        scopes.computeIfAbsent(block.scope(), _ -> new ArrayList<>()).add(block);
      }
    }
    List<Merged> all = new ArrayList<>();
    scopes.forEach(
        (scope, blocks) ->
            all.addAll(BlockMerge.plan(scope.signal(), fresh(scope.signal()), blocks)));
    return all;
  }

  /** As the stores have it: logs are flushed in haste. */
  private static Fresh fresh(Signal signal) {
    return signal == Signal.LOGS ? Fresh.REWRITTEN : Fresh.KEPT;
  }

  static long bytes(List<BlockEntry> blocks) {
    return blocks.stream().mapToLong(BlockEntry::bytes).sum();
  }
}

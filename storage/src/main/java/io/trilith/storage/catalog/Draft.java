package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import java.util.List;
import java.util.Map;

/**
 * What a commit is to say.
 *
 * @param coverage of each scope once at most
 * @param floors see {@link Commit}
 */
public record Draft(
    List<BlockEntry> added,
    List<BlockId> removed,
    List<Coverage> coverage,
    Map<Partition, Long> floors,
    List<Change> changes) {
  public Draft {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    coverage = List.copyOf(coverage);
    floors = Map.copyOf(floors);
    changes = List.copyOf(changes);
  }

  /** Without floors. */
  public Draft(
      List<BlockEntry> added,
      List<BlockId> removed,
      List<Coverage> coverage,
      List<Change> changes) {
    this(added, removed, coverage, Map.of(), changes);
  }

  /** Without blocks and coverage. */
  public static Draft of(Change... changes) {
    return new Draft(List.of(), List.of(), List.of(), List.of(changes));
  }

  /** Whether there is nothing to commit; floors alone are not worth it. */
  boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && coverage.isEmpty() && changes.isEmpty();
  }
}

package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import java.util.List;

/** What a commit is to say. */
public record Draft(
    List<BlockEntry> added, List<BlockId> removed, List<Coverage> coverage, List<Change> changes) {
  public Draft {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    coverage = List.copyOf(coverage);
    changes = List.copyOf(changes);
  }

  /** Without blocks and coverage. */
  public static Draft of(Change... changes) {
    return new Draft(List.of(), List.of(), List.of(), List.of(changes));
  }
}

package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import java.util.List;
import java.util.UUID;

/**
 * One numbered link of the chain. Blocks and the log offsets they cover change together, so replay
 * is exact.
 *
 * @param number the first commit is 1
 * @param link to the commit before
 * @param uuid tells a writer whose answer got lost whether the slot holds its own commit
 */
public record Commit(
    long number,
    ChainLink link,
    UUID uuid,
    long createdMillis,
    List<BlockEntry> added,
    List<BlockId> removed,
    List<Coverage> coverage,
    List<Change> changes) {
  public Commit {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    coverage = List.copyOf(coverage);
    changes = List.copyOf(changes);
  }

  /** Of a release that wrote no links. */
  Commit(
      long number,
      UUID uuid,
      long createdMillis,
      List<BlockEntry> added,
      List<BlockId> removed,
      List<Coverage> coverage,
      List<Change> changes) {
    this(number, ChainLink.NONE, uuid, createdMillis, added, removed, coverage, changes);
  }
}

package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One numbered link of the chain. Blocks and the log offsets they cover change together, so replay
 * is exact.
 *
 * @param number the first commit is 1
 * @param link to the commit before
 * @param uuid tells a writer whose answer got lost whether the slot holds its own commit
 * @param floors by partition, the offset below which no record is needed any more: where whoever
 *     reads the log into heads begins
 */
public record Commit(
    long number,
    ChainLink link,
    UUID uuid,
    long createdMillis,
    List<BlockEntry> added,
    List<BlockId> removed,
    List<Coverage> coverage,
    Map<Partition, Long> floors,
    List<Change> changes) {
  public Commit {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    coverage = List.copyOf(coverage);
    floors = Map.copyOf(floors);
    changes = List.copyOf(changes);
  }

  /** Without floors. */
  Commit(
      long number,
      ChainLink link,
      UUID uuid,
      long createdMillis,
      List<BlockEntry> added,
      List<BlockId> removed,
      List<Coverage> coverage,
      List<Change> changes) {
    this(number, link, uuid, createdMillis, added, removed, coverage, Map.of(), changes);
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

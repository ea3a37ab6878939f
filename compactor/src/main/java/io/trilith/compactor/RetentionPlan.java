package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Change;
import java.util.List;
import java.util.stream.Stream;

/**
 * What retention would do now, and what it hides.
 *
 * @param removed blocks that go whole, oldest decisions first
 * @param rewritten blocks of which rows go
 * @param hidden blocks of which rows are hidden and stay for now
 * @param doomed blocks that are out already and can be restored until their time
 * @param liveRows of all blocks
 * @param liveBytes of all blocks
 * @param refusal why nothing is done, empty when it is
 */
public record RetentionPlan(
    List<Step> removed,
    List<Step> rewritten,
    List<Step> hidden,
    List<Change.Doomed> doomed,
    long liveRows,
    long liveBytes,
    String refusal) {
  public RetentionPlan {
    removed = List.copyOf(removed);
    rewritten = List.copyOf(rewritten);
    hidden = List.copyOf(hidden);
    doomed = List.copyOf(doomed);
  }

  /**
   * One block.
   *
   * @param rows that go, an estimate where not all do
   * @param bytes that go, likewise
   * @param reason the key that wants it and what it says
   */
  public record Step(BlockEntry block, long rows, long bytes, String reason) {
    static Step whole(BlockEntry block, String reason) {
      return new Step(block, block.items(), block.bytes(), reason);
    }
  }

  /** All steps, whatever becomes of the block. */
  public List<Step> all() {
    return Stream.of(removed, rewritten, hidden).flatMap(List::stream).toList();
  }

  /** Rows that are hidden or go. */
  public long rows() {
    return all().stream().mapToLong(Step::rows).sum();
  }

  /** Bytes of those rows. */
  public long bytes() {
    return all().stream().mapToLong(Step::bytes).sum();
  }
}

package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Change;
import java.util.List;

/**
 * What retention would do now.
 *
 * @param removed blocks that go whole, oldest decisions first
 * @param rewritten blocks of which rows go
 * @param doomed blocks that are out already and can be restored until their time
 * @param liveBytes of all blocks
 * @param refusal why nothing is done, empty when it is
 */
public record RetentionPlan(
    List<Step> removed,
    List<Step> rewritten,
    List<Change.Doomed> doomed,
    long liveBytes,
    String refusal) {
  public RetentionPlan {
    removed = List.copyOf(removed);
    rewritten = List.copyOf(rewritten);
    doomed = List.copyOf(doomed);
  }

  /**
   * One block.
   *
   * @param bytes that go, an estimate where rows do
   * @param reason the key that wants it and what it says
   */
  public record Step(BlockEntry block, long bytes, String reason) {}

  /** Bytes that go. */
  public long bytes() {
    return removed.stream().mapToLong(Step::bytes).sum()
        + rewritten.stream().mapToLong(Step::bytes).sum();
  }
}

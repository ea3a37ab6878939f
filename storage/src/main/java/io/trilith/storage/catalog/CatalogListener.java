package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps what is derived from the catalog in step with it. Called for each commit, whoever made it,
 * one at a time and in their order, with the catalog's lock held: what it does must not commit.
 */
@FunctionalInterface
public interface CatalogListener {
  /**
   * What a commit did, or several at once where the chain was collected in between.
   *
   * @param after what is covered of the local partition is there for the process whose log owns it
   *     only
   * @param committed blocks that were added, though perhaps gone again
   * @param gone blocks that are not live any more
   * @param live the blocks, now, of each scope that got or lost one
   * @param covered of each scope whose coverage may have moved, what is covered now
   */
  record Step(
      CatalogState before,
      CatalogState after,
      Set<BlockId> committed,
      List<BlockEntry> gone,
      Map<CatalogState.Scope, List<BlockEntry>> live,
      Map<CatalogState.Scope, Long> covered) {}

  /** Takes it over. */
  void changed(Step step);
}

package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is on its way out. Immutable.
 *
 * @param active deletions by id
 * @param completed the last ones, oldest first
 * @param doomed removed blocks whose objects are there
 * @param accepted fingerprint of the retention policies that may be acted on, empty for none yet
 */
public record Removals(
    Map<String, Deletion> active,
    List<Deletion> completed,
    Map<BlockId, Change.Doomed> doomed,
    String accepted) {
  public static final Removals NONE = new Removals(Map.of(), List.of(), Map.of(), "");

  /** Completed deletions that are remembered. */
  private static final int COMPLETED_MAX = 200;

  /** The deletions that a block may have rows of. */
  public List<Deletion> of(BlockId block) {
    if (active.isEmpty()) {
      return List.of();
    }
    return active.values().stream().filter(deletion -> deletion.isIn(block)).toList();
  }

  /** The removed blocks that can be restored. */
  public List<Change.Doomed> restorable() {
    return doomed.values().stream().filter(Change.Doomed::restorable).toList();
  }

  Removals after(Commit commit) {
    if (commit.changes().isEmpty()) {
      return this;
    }
    Map<String, Deletion> nowActive = new TreeMap<>(active);
    List<Deletion> nowCompleted = new ArrayList<>(completed);
    Map<BlockId, Change.Doomed> nowDoomed = new TreeMap<>(doomed);
    String nowAccepted = accepted;
    for (Change change : commit.changes()) {
      switch (change) {
        case Change.Deleted(Deletion deletion) ->
            nowActive.put(deletion.id(), deletion.createdBy(commit.number()));
        case Change.Cancelled(String id) -> nowActive.remove(id);
        case Change.Progressed progress ->
            nowActive.computeIfPresent(progress.deletion(), (_, known) -> with(known, progress));
        case Change.Moved(String id, BlockId from, BlockId to) ->
            nowActive.computeIfPresent(
                id,
                (_, known) ->
                    known.with(known.parts().stream().map(p -> p.moved(from, to)).toList()));
        case Change.Completed(String id) -> {
          Deletion known = nowActive.remove(id);
          if (known != null) {
            nowCompleted.add(known.completedBy(commit.number(), commit.createdMillis()));
          }
        }
        case Change.Doomed one -> nowDoomed.put(one.block().id(), one);
        case Change.Forgotten(List<BlockId> blocks) -> blocks.forEach(nowDoomed::remove);
        case Change.Accepted(String policies) -> nowAccepted = policies;
        case Change.TakenOver _, Change.Renewed _ -> {}
      }
    }
    int tooMany = Math.max(0, nowCompleted.size() - COMPLETED_MAX);
    return new Removals(
        Collections.unmodifiableMap(nowActive),
        List.copyOf(nowCompleted.subList(tooMany, nowCompleted.size())),
        Collections.unmodifiableMap(nowDoomed),
        nowAccepted);
  }

  private static Deletion with(Deletion known, Change.Progressed progress) {
    return known.with(
        known.parts().stream()
            .map(
                part ->
                    part.signal() == progress.signal()
                        ? part.with(
                            progress.items(), progress.bytes(), new TreeSet<>(progress.clean()))
                        : part)
            .toList());
  }
}

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
 * @param completed the last ones that ended, cancelled ones too, oldest first
 * @param doomed removed blocks whose objects are there
 * @param accepted fingerprint of the retention policies that may be acted on, empty for none yet
 * @param acceptedMillis when they were accepted, in milliseconds since 1970; 0 for unknown
 * @param removed what retention removed, oldest first; the last ones
 * @param copies that were made of all blocks, oldest first; the last ones
 */
public record Removals(
    Map<String, Deletion> active,
    List<Deletion> completed,
    Map<BlockId, Change.Doomed> doomed,
    String accepted,
    long acceptedMillis,
    List<Change.Removed> removed,
    List<Copy> copies) {
  public static final Removals NONE =
      new Removals(Map.of(), List.of(), Map.of(), "", 0, List.of(), List.of());

  /** Ended deletions that are remembered. */
  private static final int COMPLETED_MAX = 200;

  private static final int REMOVED_MAX = 500;
  private static final int COPIES_MAX = 100;

  /** A copy of all blocks that was made at another place. */
  public record Copy(String to, long millis) {}

  public Removals {
    removed = List.copyOf(removed);
    copies = List.copyOf(copies);
  }

  /** Where nothing was removed or copied yet. */
  public Removals(
      Map<String, Deletion> active,
      List<Deletion> completed,
      Map<BlockId, Change.Doomed> doomed,
      String accepted) {
    this(active, completed, doomed, accepted, 0, List.of(), List.of());
  }

  /** The same without removed blocks: none can be restored. */
  Removals withoutDoomed() {
    return new Removals(active, completed, Map.of(), accepted, acceptedMillis, removed, copies);
  }

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
    long nowAcceptedMillis = acceptedMillis;
    List<Change.Removed> nowRemoved = new ArrayList<>(removed);
    List<Copy> nowCopies = new ArrayList<>(copies);
    for (Change change : commit.changes()) {
      switch (change) {
        case Change.Deleted(Deletion deletion) ->
            nowActive.put(deletion.id(), deletion.createdBy(commit.number()));
        case Change.Cancelled(String id, String by) ->
            end(id, commit, new Deletion.Ended(true, by, List.of()), nowActive, nowCompleted);
        case Change.Progressed progress ->
            nowActive.computeIfPresent(progress.deletion(), (_, known) -> with(known, progress));
        case Change.Moved(String id, BlockId from, BlockId to) ->
            nowActive.computeIfPresent(
                id,
                (_, known) ->
                    known.with(known.parts().stream().map(p -> p.moved(from, to)).toList()));
        case Change.Completed(String id, List<String> outOfReach) ->
            end(id, commit, new Deletion.Ended(false, "", outOfReach), nowActive, nowCompleted);
        case Change.Doomed one -> nowDoomed.put(one.block().id(), one);
        case Change.Forgotten(List<BlockId> blocks) -> blocks.forEach(nowDoomed::remove);
        case Change.Removed one -> nowRemoved.add(one);
        case Change.Copied(String to) -> {
          nowCopies.removeIf(copy -> copy.to().equals(to));
          nowCopies.add(new Copy(to, commit.createdMillis()));
        }
        case Change.Accepted(String policies) -> {
          nowAccepted = policies;
          nowAcceptedMillis = commit.createdMillis();
        }
        case Change.TakenOver _, Change.Renewed _ -> {}
      }
    }
    return new Removals(
        Collections.unmodifiableMap(nowActive),
        last(nowCompleted, COMPLETED_MAX),
        Collections.unmodifiableMap(nowDoomed),
        nowAccepted,
        nowAcceptedMillis,
        last(nowRemoved, REMOVED_MAX),
        last(nowCopies, COPIES_MAX));
  }

  private static <T> List<T> last(List<T> all, int max) {
    return List.copyOf(all.subList(Math.max(0, all.size() - max), all.size()));
  }

  private static void end(
      String id,
      Commit commit,
      Deletion.Ended how,
      Map<String, Deletion> active,
      List<Deletion> ended) {
    Deletion known = active.remove(id);
    if (known != null) {
      ended.add(known.endedBy(commit, how));
    }
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

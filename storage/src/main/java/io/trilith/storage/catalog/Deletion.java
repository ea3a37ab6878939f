package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Rows of one tenant that somebody wants gone. They are hidden from the commit on that makes the
 * deletion; until it is due it can be cancelled, from then on blocks are rewritten without them.
 *
 * @param id unique, sorts by time of creation
 * @param dueMillis from when on blocks may be rewritten, in milliseconds since 1970
 * @param createdBy number of the commit that made it, 0 in that commit itself
 * @param completedBy number of the commit that found it complete or cancelled it, 0 before
 * @param completedMillis time of that commit, 0 before
 */
public record Deletion(
    String id,
    TenantId tenant,
    long createdMillis,
    long dueMillis,
    List<Part> parts,
    long createdBy,
    long completedBy,
    long completedMillis,
    Asked asked,
    Ended ended) {
  public Deletion {
    parts = List.copyOf(parts);
  }

  /** Of which it is not known who asked, nor where a log was. */
  public Deletion(
      String id,
      TenantId tenant,
      long createdMillis,
      long dueMillis,
      List<Part> parts,
      long createdBy,
      long completedBy,
      long completedMillis) {
    this(
        id,
        tenant,
        createdMillis,
        dueMillis,
        parts,
        createdBy,
        completedBy,
        completedMillis,
        Asked.NOT_KNOWN,
        Ended.NOT);
  }

  /**
   * How it was made.
   *
   * @param by who asked, for people
   * @param log id of the log that may have rows of it, empty for none
   * @param logEnd offset in that log from which on there are none
   */
  public record Asked(String by, String log, long logEnd) {
    public static final Asked NOT_KNOWN = new Asked("", "", 0);
  }

  /**
   * What there is to say of its end.
   *
   * @param cancelled whether it was undone
   * @param by who undid it, for people
   * @param outOfReach where rows may be all the same, for people
   */
  public record Ended(boolean cancelled, String by, List<String> outOfReach) {
    public static final Ended NOT = new Ended(false, "", List.of());

    public Ended {
      outOfReach = List.copyOf(outOfReach);
    }
  }

  /**
   * What goes of one signal.
   *
   * @param selectors in the signal's language; what any of them finds goes
   * @param minTime in the signal's unit, as block times are; both ends are included
   * @param found what the selectors found where they are not asked again: ids of traces, two
   *     numbers each
   * @param blocks that were there when the deletion was made, and that have not been found clean;
   *     what was written later has another id
   * @param items rows that rewrites left out
   * @param bytes by which rewrites made blocks smaller
   */
  public record Part(
      Signal signal,
      List<String> selectors,
      long minTime,
      long maxTime,
      List<Long> found,
      Set<BlockId> blocks,
      long items,
      long bytes) {
    public Part {
      selectors = List.copyOf(selectors);
      found = List.copyOf(found);
      SequencedSet<BlockId> sorted = new TreeSet<>(blocks);
      blocks = Collections.unmodifiableSequencedSet(sorted);
    }

    /** Those of its blocks whose objects are there, live or doomed: in them rows may be left. */
    public List<BlockEntry> pending(CatalogState state) {
      List<BlockEntry> pending = new ArrayList<>();
      for (BlockId id : blocks) {
        BlockEntry live = state.blocks().get(id);
        Change.Doomed doomed = state.removals().doomed().get(id);
        if (live != null) {
          pending.add(live);
        } else if (doomed != null) {
          pending.add(doomed.block());
        }
      }
      return pending;
    }

    Part moved(BlockId from, BlockId to) {
      if (!blocks.contains(from)) {
        return this;
      }
      TreeSet<BlockId> more = new TreeSet<>(blocks);
      more.add(to);
      return new Part(signal, selectors, minTime, maxTime, found, more, items, bytes);
    }

    /** With rows that were counted. */
    public Part counted(long rows) {
      return with(rows, 0, Set.of());
    }

    Part with(long moreItems, long moreBytes, Set<BlockId> clean) {
      TreeSet<BlockId> left = new TreeSet<>(blocks);
      left.removeAll(clean);
      return new Part(
          signal, selectors, minTime, maxTime, found, left, items + moreItems, bytes + moreBytes);
    }
  }

  /** Whether it can be cancelled no more. */
  public boolean isDue(long nowMillis) {
    return nowMillis >= dueMillis;
  }

  public boolean isCompleted() {
    return completedBy > 0 && !ended.cancelled();
  }

  /** Whether a block that is live may have rows of it. */
  public boolean isIn(BlockId block) {
    for (Part part : parts) {
      if (part.blocks().contains(block)) {
        return true;
      }
    }
    return false;
  }

  /** All its blocks in which rows may be left, of all signals. */
  public List<BlockEntry> pending(CatalogState state) {
    return parts.stream().flatMap(part -> part.pending(state).stream()).toList();
  }

  /** With other parts. */
  public Deletion with(List<Part> newParts) {
    return new Deletion(
        id,
        tenant,
        createdMillis,
        dueMillis,
        newParts,
        createdBy,
        completedBy,
        completedMillis,
        asked,
        ended);
  }

  Deletion createdBy(long commit) {
    return new Deletion(
        id, tenant, createdMillis, dueMillis, parts, commit, 0, 0, asked, Ended.NOT);
  }

  Deletion endedBy(Commit commit, Ended how) {
    List<Part> empty = parts.stream().map(part -> part.with(0, 0, part.blocks())).toList();
    return new Deletion(
        id,
        tenant,
        createdMillis,
        dueMillis,
        empty,
        createdBy,
        commit.number(),
        commit.createdMillis(),
        asked,
        how);
  }
}

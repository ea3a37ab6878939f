package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.List;
import java.util.Set;

/** What a commit may say beside blocks and coverage. */
public sealed interface Change {
  /** A deletion begins. */
  record Deleted(Deletion deletion) implements Change {}

  /**
   * A deletion is undone.
   *
   * @param by who asked for it, for people
   */
  record Cancelled(String deletion, String by) implements Change {}

  /**
   * Blocks were rewritten for a deletion, or found clean.
   *
   * @param items rows that were left out
   * @param bytes by which blocks became smaller
   * @param clean blocks without any row of it
   */
  record Progressed(String deletion, Signal signal, long items, long bytes, Set<BlockId> clean)
      implements Change {
    public Progressed {
      clean = Set.copyOf(clean);
    }
  }

  /** A block that was rewritten for other deletions: what it became has rows of this one too. */
  record Moved(String deletion, BlockId from, BlockId to) implements Change {}

  /**
   * Nothing of a deletion is left.
   *
   * @param outOfReach where rows may be all the same, for people: copies that were made before
   */
  record Completed(String deletion, List<String> outOfReach) implements Change {
    public Completed {
      outOfReach = List.copyOf(outOfReach);
    }
  }

  /**
   * A block that the same commit removes, whose object stays for a while.
   *
   * @param untilMillis from then on its object may be deleted
   * @param reason why it was removed, for people
   * @param restorable false when its rows are in the block that took its place, or are not wanted
   */
  record Doomed(BlockEntry block, long untilMillis, String reason, boolean restorable)
      implements Change {
    /** One that can be restored. */
    public Doomed(BlockEntry block, long untilMillis, String reason) {
      this(block, untilMillis, reason, true);
    }
  }

  /** Doomed blocks whose objects are gone, or that were restored. */
  record Forgotten(List<BlockId> blocks) implements Change {
    public Forgotten {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * Rows have gone by retention.
   *
   * @param policy the key that wanted it and what it says
   * @param bytes of blocks, an estimate where a block was rewritten
   */
  record Removed(long millis, String policy, Signal signal, TenantId tenant, long rows, long bytes)
      implements Change {}

  /** All blocks were copied to another place, by which rows can come back. */
  record Copied(String to) implements Change {}

  /** The retention policies that may be acted on, as a fingerprint. */
  record Accepted(String policies) implements Change {}

  /**
   * From this commit on coverage is that of another log, and its predecessor may not commit any
   * more.
   *
   * @param host names the machine, for people
   * @param base what is added to its offsets to make sequences: the one before where its offsets go
   *     on from those of the log before, else the greatest sequence so far
   */
  record TakenOver(String log, String host, long base) implements Change {
    /** By a log whose offsets are the sequences. */
    public TakenOver(String log, String host) {
      this(log, host, 0);
    }
  }

  /**
   * The owning log was opened again and has another id from this commit on, its offsets going on: a
   * copy of its disk has the old one.
   *
   * @param host names the machine, for people
   * @param from the first offset that it gives out
   */
  record Renewed(String log, String host, long from) implements Change {}
}

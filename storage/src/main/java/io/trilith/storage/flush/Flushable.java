package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Coverage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One scope's heads, as the {@link Cutter} and the {@link Flusher} see them. Thread-safe. */
public interface Flushable {
  /** Whose heads they are. */
  CatalogState.Scope scope();

  /** Bytes of memory of the head that grows, roughly. */
  long headBytes();

  /** Bytes of memory of heads that are sealed and not written yet, roughly. */
  long sealedBytes();

  /** The oldest log offset that is not in a committed block; Long.MAX_VALUE when there is none. */
  default long oldestOffset() {
    return oldestOffset(0);
  }

  /**
   * As above, were it committed up to an offset: the oldest offset of what does not end there.
   *
   * @param covered see {@link Coverage#next}
   */
  long oldestOffset(long covered);

  /**
   * The oldest log offset that is not in a block, committed or written; Long.MAX_VALUE when there
   * is none.
   */
  long oldestUnwritten();

  /**
   * When the oldest record of the head that grows arrived, in milliseconds since 1970;
   * Long.MAX_VALUE when it has none.
   */
  long oldestArrivalMillis();

  /**
   * Ends the head where it stands and starts a new, empty one; both stay visible to queries.
   *
   * @return all sealed content that is not committed yet, oldest first: what earlier flushes failed
   *     to write comes first
   */
  List<? extends Pending> seal();

  /** What is sealed and not committed yet, oldest first. */
  List<? extends Pending> sealed();

  /**
   * As {@link #seal}, while the log is being read back: seals only where the records that follow
   * can be read without the ones before.
   */
  default List<? extends Pending> sealReplayed() {
    return seal();
  }

  /**
   * Frees what is kept for the writes that follow, when everything is in committed blocks and no
   * write came since a time. Not called while the log is being read back.
   *
   * @param sinceMillis milliseconds since 1970
   */
  default void freeIfIdle(long sinceMillis) {}

  /** Sealed content on its way into a block. Used by one thread. */
  interface Pending {
    /**
     * Writes a block object under a new id. From now on queries read it there, though it is not
     * committed. Returns the same block when called again.
     *
     * @throws io.trilith.storage.error.StorageException.Conflict when a block that somebody else
     *     wrote has the content
     */
    BlockEntry write();

    /** The block that was written; null before. */
    @Nullable BlockEntry written();

    /** What the block covers of the log. */
    Coverage coverage();

    /** The catalog has the block: the log need not keep its content any more. */
    void committed(BlockEntry block);
  }
}

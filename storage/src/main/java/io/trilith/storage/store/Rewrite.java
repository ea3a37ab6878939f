package io.trilith.storage.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.object.ObjectOutput;
import java.util.List;
import java.util.Set;

/** Writes the content of several blocks, given in order of writing, as one. */
public interface Rewrite {
  /** Bytes that the index of a block takes on the heap when it is open, roughly. */
  long weight(BlockEntry input);

  /** All rows of the inputs. Throws StorageException.Corrupt when an input is damaged. */
  Written write(ObjectOutput out, List<BlockEntry> inputs);

  /**
   * How much of a block the rules of some sources take, whether in force or not, from 0 to 1,
   * judged by its index: 0 only when it is nothing.
   */
  double hiddenShare(BlockEntry input, Set<String> sources);

  /** Writes what is left of a block without the rows of some sources; throws as above. */
  Written writeRemaining(ObjectOutput out, BlockEntry input, Set<String> sources);

  /** What was written; the times mean nothing where there are no items. */
  record Written(long minTime, long maxTime, long items, long bytes) {}
}

package io.trilith.storage.removal;

/** Which rows a store has to hide. What it looks at beside time is the store's affair. */
public interface RowRule {
  /** Who wants it: the id of a deletion, or a policy by its key and what it says. */
  String source();

  /** The first time that is hidden, in the signal's unit. */
  long minTime();

  /** The last time that is hidden. */
  long maxTime();
}

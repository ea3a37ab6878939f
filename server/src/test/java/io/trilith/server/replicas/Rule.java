package io.trilith.server.replicas;

/** The rules that the simulation takes out, one at a time, to see that it notices. */
enum Rule {
  /**
   * A head that grows leaves when all it has is covered: who is behind learns of the commit before
   * of the cut.
   */
  COVERED_HEADS_LEAVE,
  /** A commit that does not begin where the chain ends is not made. */
  FROM_IS_CHECKED,
  /** Heads end where the log says so, and not where a process likes. */
  CUTS_ARE_IN_THE_LOG,
  /** Who starts begins at the oldest record that no block has, not where the last one was. */
  FLOOR_IS_THE_OLDEST_RECORD,
  /** Records that blocks have are skipped when they come. */
  COVERED_RECORDS_ARE_SKIPPED,
  /** Heads leave in the step in which the blocks appear. */
  ONE_STEP,
  /** What a log that takes over makes sorts behind all that was there. */
  SEQUENCES_ONLY_GROW
}

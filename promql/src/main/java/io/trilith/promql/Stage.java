package io.trilith.promql;

/** An operator that makes at most one series of each it is given. Thread-safe. */
@FunctionalInterface
interface Stage {
  /** A sink that gives what it makes to the next one; it belongs to the lane's thread. */
  SeriesSink over(Lane lane, SeriesSink next);
}

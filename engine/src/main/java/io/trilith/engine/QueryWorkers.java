package io.trilith.engine;

import java.util.concurrent.Executor;

/**
 * Threads that help queries, shared by all of them.
 *
 * @param executor runs short tasks; may refuse them
 * @param helpersMax how many of its threads one query may keep busy at once, besides its own
 * @param workMin values that a part of a query makes, from where help pays
 */
public record QueryWorkers(Executor executor, int helpersMax, long workMin) {
  /** Nobody helps. */
  public static final QueryWorkers NONE = new QueryWorkers(_ -> {}, 0);

  private static final long WORK_MIN = 100_000;

  /** Workers for parts that are worth it. */
  public QueryWorkers(Executor executor, int helpersMax) {
    this(executor, helpersMax, WORK_MIN);
  }
}

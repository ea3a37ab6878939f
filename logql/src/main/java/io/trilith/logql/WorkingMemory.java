package io.trilith.logql;

import io.trilith.engine.QueryBudget;

/**
 * What the stages of a pipeline make of one entry while they work on it, booked by the longest line
 * so far. Short lines need none: what is made of them is soon garbage. Confined to one thread.
 */
final class WorkingMemory implements AutoCloseable {
  private static final int SHORT = 16 << 10;

  /** The line as text, its labels, and what is made of them by another stage. */
  private static final int TIMES_LINE = 8;

  private final QueryBudget budget;
  private final int times;
  private long covered;

  /** Of a pipeline that has stages or none. */
  WorkingMemory(QueryBudget budget, boolean empty) {
    this.budget = budget;
    this.times = empty ? 2 : TIMES_LINE;
  }

  /** To be called before a line of this length is worked on. */
  void cover(int length) {
    if (length > SHORT && times * (long) length > covered) {
      long wanted = times * (long) length;
      budget.addBytes(wanted - covered);
      covered = wanted;
    }
  }

  @Override
  public void close() {
    budget.giveBack(covered);
    covered = 0;
  }
}

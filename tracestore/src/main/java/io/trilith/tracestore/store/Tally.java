package io.trilith.tracestore.store;

import io.trilith.tracestore.ReadCost;

/** Counts what goes to another cost. Not thread-safe. */
final class Tally implements ReadCost {
  private final ReadCost cost;
  private long taken;

  Tally(ReadCost cost) {
    this.cost = cost;
  }

  @Override
  public void check() {
    cost.check();
  }

  @Override
  public void take(long bytes) {
    cost.take(bytes);
    taken += bytes;
  }

  @Override
  public void giveBack(long bytes) {
    cost.giveBack(bytes);
    taken -= bytes;
  }

  /** What was taken and not given back. */
  long taken() {
    return taken;
  }

  /** Gives back all that was taken since then. */
  void backTo(long before) {
    giveBack(taken - before);
  }
}

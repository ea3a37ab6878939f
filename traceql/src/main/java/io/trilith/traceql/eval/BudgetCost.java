package io.trilith.traceql.eval;

import io.trilith.engine.QueryContext;
import io.trilith.tracestore.ReadCost;

/** What reading costs, charged to a query. */
public record BudgetCost(QueryContext context) implements ReadCost {
  @Override
  public void check() {
    context.check();
  }

  @Override
  public void take(long bytes) {
    context.budget().addBytes(bytes);
  }

  @Override
  public void giveBack(long bytes) {
    context.budget().giveBack(bytes);
  }
}

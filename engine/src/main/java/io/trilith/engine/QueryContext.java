package io.trilith.engine;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/**
 * What accompanies one query through its operators: budget, deadline, cancellation and the
 * annotations it collects. Long loops call {@link #check}. Thread-safe.
 */
public record QueryContext(
    QueryBudget budget,
    Annotations annotations,
    InstantSource clock,
    Instant deadline,
    BooleanSupplier cancelled) {

  /** A context without limits, for tests and internal queries. */
  public static QueryContext unlimited() {
    return new QueryContext(
        QueryBudget.unlimited(),
        new Annotations(),
        InstantSource.fixed(Instant.EPOCH),
        Instant.MAX,
        () -> false);
  }

  /** Throws when the deadline passed, the client is gone or the server wants the query to end. */
  public void check() {
    budget.checkStopped();
    if (cancelled.getAsBoolean()) {
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.CANCELLED, "query was canceled");
    }
    if (clock.instant().isAfter(deadline)) {
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.TIMEOUT, "query timed out in expression evaluation");
    }
  }
}

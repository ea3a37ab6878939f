package io.trilith.engine;

/** A query was stopped before it had its answer. */
public final class QueryInterruptedException extends RuntimeException {
  /** Why it was stopped. */
  public enum Reason {
    TIMEOUT,
    CANCELLED
  }

  private final Reason reason;

  /** Made by {@link QueryContext#check}, and by those whose thread is interrupted. */
  public QueryInterruptedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}

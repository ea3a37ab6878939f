package io.trilith.storage.error;

/**
 * A named limit was hit. The message names limit, value and the key that raises it. Writes answer
 * 429 with Retry-After when {@link #retryable}; queries answer 422.
 */
public final class LimitExceededException extends RuntimeException {
  private final boolean retryable;

  private LimitExceededException(String message, boolean retryable) {
    super(message);
    this.retryable = retryable;
  }

  /** The same request may succeed later: a queue is full, a head is being flushed. */
  public static LimitExceededException busy(String message) {
    return new LimitExceededException(message, true);
  }

  /** The same request will fail again until the request or the limit changes. */
  public static LimitExceededException fixed(String message) {
    return new LimitExceededException(message, false);
  }

  public boolean retryable() {
    return retryable;
  }
}

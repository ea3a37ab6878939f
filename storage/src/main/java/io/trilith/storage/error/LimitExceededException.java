package io.trilith.storage.error;

/**
 * A named limit was hit. The message names limit, value and the key that raises it. Writes answer
 * 429 with Retry-After when {@link #retryable}; queries answer 422.
 */
public final class LimitExceededException extends RuntimeException {
  private final int retryAfter;

  private LimitExceededException(String message, int retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** The same request may succeed later: a queue is full, a head is being flushed. */
  public static LimitExceededException busy(String message) {
    return new LimitExceededException(message, 1);
  }

  /**
   * As above, when it is known how soon.
   *
   * @param seconds at least 1
   */
  public static LimitExceededException busy(String message, int seconds) {
    return new LimitExceededException(message, Math.max(1, seconds));
  }

  /** The same request will fail again until the request or the limit changes. */
  public static LimitExceededException fixed(String message) {
    return new LimitExceededException(message, 0);
  }

  public boolean retryable() {
    return retryAfter > 0;
  }

  /** Seconds after which the same request may succeed; 0 when it will not. */
  public int retryAfter() {
    return retryAfter;
  }
}

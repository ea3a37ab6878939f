package io.trilith.net;

/** Ends a request with a status of its own; the message is the answer's text. */
public final class HttpStatusException extends RuntimeException {
  private final int status;
  private final boolean retryable;

  public HttpStatusException(int status, String message) {
    this(status, message, false);
  }

  private HttpStatusException(int status, String message, boolean retryable) {
    super(message);
    this.status = status;
    this.retryable = retryable;
  }

  /** 429 with Retry-After: the server is full for now. */
  static HttpStatusException busy(String message) {
    return new HttpStatusException(429, message, true);
  }

  public int status() {
    return status;
  }

  /** Whether the same request may succeed later. */
  public boolean retryable() {
    return retryable;
  }
}

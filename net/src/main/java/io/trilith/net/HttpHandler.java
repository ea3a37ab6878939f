package io.trilith.net;

/** Answers one kind of request. Called on a virtual thread: may block. Thread-safe. */
@FunctionalInterface
public interface HttpHandler {
  /**
   * The answer. An {@code InvalidRequestException} becomes 400, a {@code LimitExceededException}
   * 429 with Retry-After (writes) or 422 (not retryable), anything else 500 with a text that shows
   * no internals.
   */
  HttpAnswer handle(HttpRequest request) throws Exception;
}

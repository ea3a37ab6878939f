package io.trilith.net;

import io.trilith.net.identity.AccessRefusedException;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.error.TooLargeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a failure means to a client: a status and a text without internals. The only place that
 * knows.
 *
 * @param status of HTTP; {@link GrpcExchange} translates it
 * @param retryAfter seconds after which the same may pass; 0 when it will not
 * @param challenge what WWW-Authenticate says; empty for nothing
 */
record Refusal(int status, String text, int retryAfter, String challenge) {
  private static final Logger log = LoggerFactory.getLogger(Refusal.class);
  private static final int TEXT_MAX = 2000;

  Refusal(int status, String text, boolean retryable) {
    this(status, text, retryable ? 1 : 0, "");
  }

  private Refusal(int status, String text, int retryAfter) {
    this(status, text, retryAfter, "");
  }

  boolean retryable() {
    return retryAfter > 0;
  }

  static Refusal of(Throwable failure, String route) {
    return switch (failure) {
      case HttpStatusException e -> new Refusal(e.status(), text(e), e.retryable());
      case AccessRefusedException e ->
          new Refusal(e.status(), text(e), e.status() == 429 ? 1 : 0, e.challenge());
      case InvalidRequestException e -> new Refusal(400, text(e), false);
      case TooLargeException e -> new Refusal(413, text(e), false);
      case LimitExceededException e ->
          new Refusal(e.retryable() ? 429 : 422, text(e), e.retryAfter());
      case StorageException.Unavailable e -> {
        // Without a trace: on a full disk each write comes here, and logs take space too.
        log.warn("route={} storage unavailable: {}", route, e.getMessage());
        yield new Refusal(503, "storage is unavailable" + reason(e) + "; try again", true);
      }
      case StorageException.TakenOver e -> new Refusal(503, text(e), true);
      case OutOfMemoryError _ -> {
        log.error(
            "route={} ran out of memory; memory.max is too small or its account is wrong", route);
        yield new Refusal(503, "the server ran out of memory for this request; try again", true);
      }
      case InterruptedException _ -> new Refusal(503, "the server is stopping", true);
      default -> {
        log.error("route={} failed", route, failure);
        yield new Refusal(500, "internal error; the server's log has the details", false);
      }
    };
  }

  /** The one reason that its operator should read from the client's side; others name paths. */
  private static String reason(StorageException.Unavailable failure) {
    boolean full = String.valueOf(failure.getMessage()).contains("No space left on device");
    return full ? ": no space left on its disk" : "";
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    if (message == null) {
      return "refused";
    }
    return message.length() <= TEXT_MAX ? message : message.substring(0, TEXT_MAX) + "…";
  }
}

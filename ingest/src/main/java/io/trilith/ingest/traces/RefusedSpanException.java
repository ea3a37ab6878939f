package io.trilith.ingest.traces;

/** A span breaks a rule; the rest of its request does not suffer. */
final class RefusedSpanException extends RuntimeException {
  private final String reason;

  /**
   * Refuses a span.
   *
   * @param reason a fixed word for the own metrics
   */
  RefusedSpanException(String reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}

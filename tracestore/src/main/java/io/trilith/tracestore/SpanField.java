package io.trilith.tracestore;

/**
 * What can be looked up in a span.
 *
 * @param key of an attribute, empty for the rest
 */
public record SpanField(Kind kind, String key) {
  /** Where it is. Numbers are integers: kinds and statuses as OTLP's, durations in nanoseconds. */
  public enum Kind {
    SPAN_ATTRIBUTE,
    RESOURCE_ATTRIBUTE,
    SCOPE_ATTRIBUTE,
    /** Of any of the span's events. */
    EVENT_ATTRIBUTE,
    /** Of any of the span's links. */
    LINK_ATTRIBUTE,
    EVENT_NAME,
    NAME,
    KIND,
    STATUS,
    STATUS_MESSAGE,
    DURATION,
    SCOPE_NAME,
    SCOPE_VERSION;

    /** Whether a span may have several of it. */
    public boolean isMany() {
      return this == EVENT_ATTRIBUTE || this == LINK_ATTRIBUTE || this == EVENT_NAME;
    }
  }

  public static SpanField of(Kind kind) {
    return new SpanField(kind, "");
  }
}

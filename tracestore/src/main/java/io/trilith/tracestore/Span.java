package io.trilith.tracestore;

import java.util.List;

/**
 * A span with all that OTLP says of it.
 *
 * @param spanId never 0
 * @param parentId 0 for a root
 * @param flags as OTLP's, a fixed32
 * @param kind as OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5
 *     consumer
 * @param startNanos since 1970
 * @param endNanos as it was sent, which may be before the start: 0 when there was none
 */
public record Span(
    TraceId traceId,
    long spanId,
    long parentId,
    String traceState,
    int flags,
    String name,
    int kind,
    long startNanos,
    long endNanos,
    Status status,
    Attributes attributes,
    List<Event> events,
    List<Link> links,
    Dropped dropped,
    Resource resource,
    Scope scope) {
  public Span {
    events = List.copyOf(events);
    links = List.copyOf(links);
  }

  /** How long it took: nothing when it is said to end before it starts. */
  public long durationNanos() {
    return Math.max(0, endNanos - startNanos);
  }

  /** The last time it reaches: its end, or its start if that is later. */
  public long lastNanos() {
    return Math.max(startNanos, endNanos);
  }

  /**
   * How it ended.
   *
   * @param code 0 unset, 1 ok, 2 error
   */
  public record Status(int code, String message) {
    public static final Status UNSET = new Status(0, "");
  }

  /** What the sender left out. */
  public record Dropped(int attributes, int events, int links) {
    public static final Dropped NOTHING = new Dropped(0, 0, 0);
  }

  /** Something that happened during a span. */
  public record Event(long timeNanos, String name, Attributes attributes, int droppedAttributes) {}

  /** A pointer to another span. */
  public record Link(
      TraceId traceId,
      long spanId,
      String traceState,
      int flags,
      Attributes attributes,
      int droppedAttributes) {}

  /** Where spans come from. */
  public record Resource(Attributes attributes, int droppedAttributes, String schemaUrl) {
    public static final Resource NONE = new Resource(Attributes.NONE, 0, "");
  }

  /** The instrumentation that made spans. */
  public record Scope(
      String name, String version, Attributes attributes, int droppedAttributes, String schemaUrl) {
    public static final Scope NONE = new Scope("", "", Attributes.NONE, 0, "");
  }
}

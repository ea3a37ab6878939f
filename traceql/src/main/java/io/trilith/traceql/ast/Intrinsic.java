package io.trilith.traceql.ast;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a span has without it being an attribute. */
public enum Intrinsic {
  NAME("name", "span:name", Type.STRING),
  KIND("kind", "span:kind", Type.KIND),
  STATUS("status", "span:status", Type.STATUS),
  STATUS_MESSAGE("statusMessage", "span:statusMessage", Type.STRING),
  DURATION("duration", "span:duration", Type.DURATION),
  SPAN_ID("", "span:id", Type.STRING),
  PARENT_ID("", "span:parentID", Type.STRING),
  CHILD_COUNT("", "span:childCount", Type.INT),
  TRACE_ID("", "trace:id", Type.STRING),
  TRACE_DURATION("traceDuration", "trace:duration", Type.DURATION),
  ROOT_NAME("rootName", "trace:rootName", Type.STRING),
  ROOT_SERVICE("rootServiceName", "trace:rootService", Type.STRING),
  EVENT_NAME("", "event:name", Type.STRING),
  EVENT_TIME("", "event:timeSinceStart", Type.DURATION),
  LINK_TRACE_ID("", "link:traceID", Type.STRING),
  LINK_SPAN_ID("", "link:spanID", Type.STRING),
  SCOPE_NAME("", "instrumentation:name", Type.STRING),
  SCOPE_VERSION("", "instrumentation:version", Type.STRING),
  NESTED_LEFT("nestedSetLeft", "", Type.INT),
  NESTED_RIGHT("nestedSetRight", "", Type.INT),
  NESTED_PARENT("nestedSetParent", "", Type.INT);

  private static final Map<String, Intrinsic> BY_TEXT = new HashMap<>();

  static {
    for (Intrinsic intrinsic : values()) {
      BY_TEXT.put(intrinsic.plain, intrinsic);
      BY_TEXT.put(intrinsic.scoped, intrinsic);
    }
    BY_TEXT.remove("");
  }

  private final String plain;
  private final String scoped;
  private final Type type;

  Intrinsic(String plain, String scoped, Type type) {
    this.plain = plain;
    this.scoped = scoped;
    this.type = type;
  }

  /** By its old name or the one with a colon; null when there is none. */
  public static @Nullable Intrinsic of(String text) {
    return BY_TEXT.get(text);
  }

  /** The old name where there is one, else the one with a colon. */
  public String text() {
    return plain.isEmpty() ? scoped : plain;
  }

  /** The name with a colon, empty where there is none. */
  public String scoped() {
    return scoped;
  }

  public Type type() {
    return type;
  }

  public boolean isEvent() {
    return this == EVENT_NAME || this == EVENT_TIME;
  }

  public boolean isLink() {
    return this == LINK_TRACE_ID || this == LINK_SPAN_ID;
  }

  /** Whether its text is an id in hexadecimal digits. */
  public boolean isTraceId() {
    return this == TRACE_ID || this == LINK_TRACE_ID;
  }
}

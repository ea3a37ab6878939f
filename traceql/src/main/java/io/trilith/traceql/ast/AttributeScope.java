package io.trilith.traceql.ast;

/** Where an attribute is looked for. */
public enum AttributeScope {
  /** The span, then its resource. */
  ANY(""),
  SPAN("span"),
  RESOURCE("resource"),
  EVENT("event"),
  LINK("link"),
  INSTRUMENTATION("instrumentation"),
  /** The parent span, then its resource. */
  PARENT("parent"),
  PARENT_SPAN("parent.span"),
  PARENT_RESOURCE("parent.resource");

  private final String text;

  AttributeScope(String text) {
    this.text = text;
  }

  /** Whether it is of the parent. */
  public boolean isParent() {
    return this == PARENT || this == PARENT_SPAN || this == PARENT_RESOURCE;
  }

  public String text() {
    return text;
  }
}

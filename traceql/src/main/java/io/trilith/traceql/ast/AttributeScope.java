package io.trilith.traceql.ast;

/** Where an attribute is looked for. */
public enum AttributeScope {
  /** The span, then its resource. */
  ANY(""),
  SPAN("span"),
  RESOURCE("resource"),
  EVENT("event"),
  LINK("link"),
  INSTRUMENTATION("instrumentation");

  private final String text;

  AttributeScope(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}

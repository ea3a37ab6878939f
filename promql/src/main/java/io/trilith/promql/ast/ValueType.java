package io.trilith.promql.ast;

/** What an expression evaluates to. */
public enum ValueType {
  SCALAR("scalar"),
  VECTOR("instant vector"),
  MATRIX("range vector"),
  STRING("string");

  private final String text;

  ValueType(String text) {
    this.text = text;
  }

  /** The words of an error message. */
  public String text() {
    return text;
  }
}

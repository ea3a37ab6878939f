package io.trilith.traceql.ast;

/** An operator on numbers. */
public enum ArithmeticOperator {
  ADD("+"),
  SUBTRACT("-"),
  MULTIPLY("*"),
  DIVIDE("/"),
  MODULO("%"),
  POWER("^");

  private final String text;

  ArithmeticOperator(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** By its sign, which must be one. */
  public static ArithmeticOperator of(String text) {
    for (ArithmeticOperator operator : values()) {
      if (operator.text.equals(text)) {
        return operator;
      }
    }
    throw new IllegalArgumentException(text);
  }
}

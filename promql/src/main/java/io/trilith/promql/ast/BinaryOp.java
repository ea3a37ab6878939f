package io.trilith.promql.ast;

/** The binary operators, weakest first within their {@link Kind}. */
public enum BinaryOp {
  OR("or", Kind.SET),
  AND("and", Kind.SET),
  UNLESS("unless", Kind.SET),
  EQUAL("==", Kind.COMPARISON),
  NOT_EQUAL("!=", Kind.COMPARISON),
  LESS("<", Kind.COMPARISON),
  LESS_EQUAL("<=", Kind.COMPARISON),
  GREATER(">", Kind.COMPARISON),
  GREATER_EQUAL(">=", Kind.COMPARISON),
  TRIM_UPPER("</", Kind.TRIM),
  TRIM_LOWER(">/", Kind.TRIM),
  ADD("+", Kind.ARITHMETIC),
  SUBTRACT("-", Kind.ARITHMETIC),
  MULTIPLY("*", Kind.ARITHMETIC),
  DIVIDE("/", Kind.ARITHMETIC),
  MODULO("%", Kind.ARITHMETIC),
  ATAN2("atan2", Kind.ARITHMETIC),
  POWER("^", Kind.ARITHMETIC);

  /** What family an operator belongs to. */
  public enum Kind {
    SET,
    COMPARISON,
    TRIM,
    ARITHMETIC
  }

  private final String text;
  private final Kind kind;

  BinaryOp(String text, Kind kind) {
    this.text = text;
    this.kind = kind;
  }

  public String text() {
    return text;
  }

  public Kind kind() {
    return kind;
  }
}

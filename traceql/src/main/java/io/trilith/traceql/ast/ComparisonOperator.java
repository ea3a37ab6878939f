package io.trilith.traceql.ast;

/** How two values are compared. */
public enum ComparisonOperator {
  EQUAL("="),
  NOT_EQUAL("!="),
  LESS("<"),
  LESS_EQUAL("<="),
  GREATER(">"),
  GREATER_EQUAL(">=");

  private final String text;

  ComparisonOperator(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  public boolean isOrder() {
    return this != EQUAL && this != NOT_EQUAL;
  }

  /** What an order of less than, equal to or greater than 0 says. */
  public boolean test(int order) {
    return switch (this) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case LESS_EQUAL -> order <= 0;
      case GREATER -> order > 0;
      case GREATER_EQUAL -> order >= 0;
    };
  }

  /** The operator that says the same with the sides exchanged. */
  public ComparisonOperator flipped() {
    return switch (this) {
      case EQUAL, NOT_EQUAL -> this;
      case LESS -> GREATER;
      case LESS_EQUAL -> GREATER_EQUAL;
      case GREATER -> LESS;
      case GREATER_EQUAL -> LESS_EQUAL;
    };
  }

  /** By its sign, which must be one. */
  public static ComparisonOperator of(String text) {
    for (ComparisonOperator operator : values()) {
      if (operator.text.equals(text)) {
        return operator;
      }
    }
    throw new IllegalArgumentException(text);
  }
}

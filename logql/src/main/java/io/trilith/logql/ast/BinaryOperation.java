package io.trilith.logql.ast;

/** The binary operators, by rising strength. */
public enum BinaryOperation {
  OR("or", 1),
  AND("and", 2),
  UNLESS("unless", 2),
  EQUAL("==", 3),
  NOT_EQUAL("!=", 3),
  GREATER(">", 3),
  GREATER_EQUAL(">=", 3),
  LESS("<", 3),
  LESS_EQUAL("<=", 3),
  ADD("+", 4),
  SUBTRACT("-", 4),
  MULTIPLY("*", 5),
  DIVIDE("/", 5),
  MODULO("%", 5),
  POWER("^", 6);

  private final String text;
  private final int strength;

  BinaryOperation(String text, int strength) {
    this.text = text;
    this.strength = strength;
  }

  public String text() {
    return text;
  }

  public int strength() {
    return strength;
  }

  public boolean set() {
    return strength <= 2;
  }

  public boolean comparison() {
    return strength == 3;
  }

  /** The result of arithmetic; 1 or 0 of a comparison. Division by zero is NaN, as in Loki. */
  public double apply(double left, double right) {
    return switch (this) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> right == 0 ? Double.NaN : left / right;
      case MODULO -> right == 0 ? Double.NaN : left % right;
      case POWER -> Math.pow(left, right);
      case EQUAL -> left == right ? 1 : 0;
      case NOT_EQUAL -> left != right ? 1 : 0;
      case GREATER -> left > right ? 1 : 0;
      case GREATER_EQUAL -> left >= right ? 1 : 0;
      case LESS -> left < right ? 1 : 0;
      case LESS_EQUAL -> left <= right ? 1 : 0;
      case OR, AND, UNLESS -> throw new IllegalStateException(text + " has no number");
    };
  }
}

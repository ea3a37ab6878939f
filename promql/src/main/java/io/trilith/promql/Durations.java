package io.trilith.promql;

import io.trilith.promql.ast.DurationExpr;

/** Evaluates duration expressions of a query with a known range and step. */
record Durations(long queryRangeMillis, long queryStepMillis) {
  /** Milliseconds. Throws ExecutionException when it is out of bounds. */
  long millis(DurationExpr duration) {
    double millis = seconds(duration) * 1000;
    if (Double.isNaN(millis) || Math.abs(millis) >= Long.MAX_VALUE / 1_000_000.0) {
      throw new ExecutionException("duration is out of range");
    }
    return Math.round(millis);
  }

  /** Milliseconds of a range or step, which must be above 0. */
  long positiveMillis(DurationExpr duration) {
    long millis = millis(duration);
    if (millis <= 0) {
      throw new ExecutionException("duration must be greater than 0");
    }
    return millis;
  }

  private double seconds(DurationExpr duration) {
    return switch (duration) {
      case DurationExpr.Literal literal -> literal.seconds();
      case DurationExpr.Step _ -> queryStepMillis / 1000.0;
      case DurationExpr.Range _ -> queryRangeMillis / 1000.0;
      case DurationExpr.Negated negated -> -seconds(negated.operand());
      case DurationExpr.Parenthesized parenthesized -> seconds(parenthesized.inner());
      case DurationExpr.Pick pick -> {
        double left = seconds(pick.left());
        double right = seconds(pick.right());
        yield pick.smaller() ? Math.min(left, right) : Math.max(left, right);
      }
      case DurationExpr.Operation operation ->
          compute(operation.operator(), seconds(operation.left()), seconds(operation.right()));
    };
  }

  private static double compute(char operator, double left, double right) {
    return switch (operator) {
      case '+' -> left + right;
      case '-' -> left - right;
      case '*' -> left * right;
      case '^' -> Math.pow(left, right);
      case '/', '%' -> {
        if (right == 0) {
          throw new ExecutionException(operator == '/' ? "division by zero" : "modulo by zero");
        }
        yield operator == '/' ? left / right : left % right;
      }
      default -> throw new IllegalStateException("unknown operator " + operator);
    };
  }
}

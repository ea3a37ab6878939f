package io.trilith.promql.ast;

/**
 * A duration that may be computed: {@code 5m}, {@code 2m * 15}, {@code step() + 1}. Numbers are
 * seconds.
 */
public sealed interface DurationExpr {
  /** A number of seconds; text is how it was written. */
  record Literal(double seconds, String text) implements DurationExpr {}

  /** The step of the query. */
  record Step() implements DurationExpr {}

  /** End minus start of the query. */
  record Range() implements DurationExpr {}

  record Negated(DurationExpr operand) implements DurationExpr {}

  record Parenthesized(DurationExpr inner) implements DurationExpr {}

  /** The smaller or larger of two. */
  record Pick(boolean smaller, DurationExpr left, DurationExpr right) implements DurationExpr {}

  /** One of {@code + - * / % ^}. */
  record Operation(char operator, DurationExpr left, DurationExpr right) implements DurationExpr {}
}

package io.trilith.traceql.ast;

import io.trilith.regex.Regex;

/** What stands between braces: it has one value per span. */
public sealed interface Expression {
  Type type();

  /** A value written in the query. */
  record Literal(Static value) implements Expression {
    @Override
    public Type type() {
      return Type.of(value);
    }
  }

  /** What is looked up in a span. */
  sealed interface Field extends Expression {}

  record AttributeField(AttributeScope scope, String name) implements Field {
    @Override
    public Type type() {
      return Type.ATTRIBUTE;
    }
  }

  record IntrinsicField(Intrinsic intrinsic) implements Field {
    @Override
    public Type type() {
      return intrinsic.type();
    }
  }

  record Not(Expression operand) implements Expression {
    @Override
    public Type type() {
      return Type.BOOL;
    }
  }

  record Minus(Expression operand) implements Expression {
    @Override
    public Type type() {
      return operand.type();
    }
  }

  /**
   * Both sides reckoned together.
   *
   * @param type kept, since chains of thousands lean to the left
   */
  record Arithmetic(ArithmeticOperator operator, Expression left, Expression right, Type type)
      implements Expression {
    public Arithmetic(ArithmeticOperator operator, Expression left, Expression right) {
      this(operator, left, right, type(left.type(), right.type()));
    }

    private static Type type(Type a, Type b) {
      if (a == Type.ATTRIBUTE || b == Type.ATTRIBUTE) {
        return Type.ATTRIBUTE;
      }
      if (a == Type.DURATION || b == Type.DURATION) {
        return Type.DURATION;
      }
      return a == Type.FLOAT || b == Type.FLOAT ? Type.FLOAT : Type.INT;
    }
  }

  record Comparison(ComparisonOperator operator, Expression left, Expression right)
      implements Expression {
    @Override
    public Type type() {
      return Type.BOOL;
    }
  }

  /** {@code =~} and {@code !~}; the whole text must match. */
  record Match(Expression operand, Regex regex, boolean negated) implements Expression {
    @Override
    public Type type() {
      return Type.BOOL;
    }
  }

  record Logical(boolean isAnd, Expression left, Expression right) implements Expression {
    @Override
    public Type type() {
      return Type.BOOL;
    }
  }
}

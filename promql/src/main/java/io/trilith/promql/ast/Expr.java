package io.trilith.promql.ast;

import io.trilith.engine.VectorMatching;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A node of a PromQL query. */
public sealed interface Expr {
  /** Offset of the node's first character in the query. */
  int position();

  ValueType type();

  /** A number; text is how it was written. */
  record NumberLiteral(int position, double value, String text) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.SCALAR;
    }
  }

  record StringLiteral(int position, String value) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.STRING;
    }
  }

  /** What happens at the edges of a window or between two samples. */
  enum Edge {
    PLAIN,
    ANCHORED,
    SMOOTHED
  }

  /** The {@code @} modifier. */
  sealed interface At {
    /** A fixed time, milliseconds since 1970. */
    record Fixed(long millis) implements At {}

    /** Start of the query. */
    record Start() implements At {}

    /** End of the query. */
    record End() implements At {}
  }

  /** Shift of a selector or subquery in time. */
  record Shift(@Nullable At at, @Nullable DurationExpr offset) {
    public static final Shift NONE = new Shift(null, null);
  }

  /** An instant selector; the metric name is among the matchers, and in {@code name} if given. */
  record VectorSelector(
      int position, @Nullable String name, List<Matcher> matchers, Shift shift, Edge edge)
      implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** A range selector. The shift and edge are those of its inner selector. */
  record MatrixSelector(int position, VectorSelector selector, DurationExpr range) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /** An expression evaluated over a range; the step may be left to the server. */
  record Subquery(
      int position, Expr inner, DurationExpr range, @Nullable DurationExpr step, Shift shift)
      implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  record Call(int position, FunctionSignature function, List<Expr> arguments) implements Expr {
    @Override
    public ValueType type() {
      return function.returns();
    }
  }

  record Aggregation(
      int position,
      AggregateOp op,
      Expr inner,
      @Nullable Expr parameter,
      List<String> grouping,
      boolean without)
      implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  record Negation(int position, Expr operand) implements Expr {
    @Override
    public ValueType type() {
      return operand.type();
    }
  }

  /** Unary plus. */
  record Positive(int position, Expr operand) implements Expr {
    @Override
    public ValueType type() {
      return operand.type();
    }
  }

  /**
   * An operator between two expressions.
   *
   * @param scalar whether both sides are scalars; kept, since a chain of operators asks each of
   *     them
   */
  record Binary(
      int position,
      BinaryOp op,
      Expr left,
      Expr right,
      boolean bool,
      VectorMatching matching,
      boolean scalar)
      implements Expr {
    public Binary(
        int position, BinaryOp op, Expr left, Expr right, boolean bool, VectorMatching matching) {
      this(
          position,
          op,
          left,
          right,
          bool,
          matching,
          left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR);
    }

    @Override
    public ValueType type() {
      return scalar ? ValueType.SCALAR : ValueType.VECTOR;
    }
  }

  record Paren(int position, Expr inner) implements Expr {
    @Override
    public ValueType type() {
      return inner.type();
    }
  }

  /** The nodes right below this one. */
  default Stream<Expr> children() {
    return switch (this) {
      case NumberLiteral _, StringLiteral _, VectorSelector _ -> Stream.of();
      case MatrixSelector matrix -> Stream.of(matrix.selector());
      case Subquery subquery -> Stream.of(subquery.inner());
      case Call call -> call.arguments().stream();
      case Aggregation aggregation ->
          aggregation.parameter() == null
              ? Stream.of(aggregation.inner())
              : Stream.of(aggregation.parameter(), aggregation.inner());
      case Negation negation -> Stream.of(negation.operand());
      case Positive positive -> Stream.of(positive.operand());
      case Binary binary -> Stream.of(binary.left(), binary.right());
      case Paren paren -> Stream.of(paren.inner());
    };
  }

  /** The node inside of any parentheses around this one. */
  default Expr unwrapped() {
    Expr inner = this;
    while (inner instanceof Paren paren) {
      inner = paren.inner();
    }
    return inner;
  }
}

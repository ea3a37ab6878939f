package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Pipeline;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Visits all of a tree. */
public final class Walk {
  private Walk() {}

  /** From left to right, without recursion: chains are thousands deep. */
  static boolean any(Expression expression, Predicate<Expression> test) {
    Deque<Expression> open = new ArrayDeque<>();
    open.push(expression);
    while (!open.isEmpty()) {
      Expression next = open.pop();
      if (test.test(next)) {
        return true;
      }
      switch (next) {
        case Expression.Literal _, Expression.Field _ -> {}
        case Expression.Not not -> open.push(not.operand());
        case Expression.Minus minus -> open.push(minus.operand());
        case Expression.Match match -> open.push(match.operand());
        case Expression.Arithmetic e -> both(e.left(), e.right(), open);
        case Expression.Comparison e -> both(e.left(), e.right(), open);
        case Expression.Logical e -> both(e.left(), e.right(), open);
      }
    }
    return false;
  }

  private static void both(Expression left, Expression right, Deque<Expression> open) {
    open.push(right);
    open.push(left);
  }

  /** All fields that a pipeline looks at. */
  public static void fields(Pipeline pipeline, Consumer<Expression.Field> into) {
    pipeline.stages().forEach(stage -> fields(stage, into));
  }

  private static void fields(Pipeline.Stage stage, Consumer<Expression.Field> into) {
    switch (stage) {
      case Pipeline.Filter filter -> {
        if (filter.condition() != null) {
          fields(filter.condition(), into);
        }
      }
      case Pipeline.Joined last -> {
        Pipeline.Chain chain = Pipeline.Chain.of(last);
        fields(chain.first(), into);
        chain.joined().forEach(joined -> fields(joined.right(), into));
      }
      case Pipeline.Group group -> fields(group.pipeline(), into);
      case Pipeline.AggregateFilter filter -> {
        if (filter.aggregate().operand() != null) {
          fields(filter.aggregate().operand(), into);
        }
      }
      case Pipeline.By by -> fields(by.expression(), into);
      case Pipeline.Coalesce _ -> {}
      case Pipeline.Select select -> select.fields().forEach(into);
    }
  }

  private static void fields(Expression expression, Consumer<Expression.Field> into) {
    boolean _ =
        any(
            expression,
            e -> {
              if (e instanceof Expression.Field field) {
                into.accept(field);
              }
              return false;
            });
  }
}

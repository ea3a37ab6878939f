package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Pipeline;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Visits all of a tree. */
public final class Walk {
  private Walk() {}

  static boolean any(Expression expression, Predicate<Expression> test) {
    if (test.test(expression)) {
      return true;
    }
    return switch (expression) {
      case Expression.Literal _, Expression.Field _ -> false;
      case Expression.Not not -> any(not.operand(), test);
      case Expression.Minus minus -> any(minus.operand(), test);
      case Expression.Match match -> any(match.operand(), test);
      case Expression.Arithmetic e -> any(e.left(), test) || any(e.right(), test);
      case Expression.Comparison e -> any(e.left(), test) || any(e.right(), test);
      case Expression.Logical e -> any(e.left(), test) || any(e.right(), test);
    };
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
      case Pipeline.Structural structural -> {
        fields(structural.left(), into);
        fields(structural.right(), into);
      }
      case Pipeline.Both both -> {
        fields(both.left(), into);
        fields(both.right(), into);
      }
      case Pipeline.Either either -> {
        fields(either.left(), into);
        fields(either.right(), into);
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

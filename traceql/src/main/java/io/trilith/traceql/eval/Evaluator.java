package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import io.trilith.tracestore.Span;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The value of an expression for a span. */
final class Evaluator {
  private static final int TRACE_ID_DIGITS = 32;

  private Evaluator() {}

  static Static value(Expression expression, Row row) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Field field -> Fields.get(field, row);
      case Expression.Minus minus -> StaticMath.negate(value(minus.operand(), row));
      case Expression.Arithmetic arithmetic ->
          arithmetic.left() instanceof Expression.Arithmetic
              ? chain(arithmetic, row)
              : StaticMath.apply(
                  arithmetic.operator(),
                  value(arithmetic.left(), row),
                  value(arithmetic.right(), row));
      case Expression.Not not ->
          value(not.operand(), row) instanceof Static.Bool bool
              ? new Static.Bool(!bool.value())
              : Static.Nil.INSTANCE;
      case Expression.Comparison _, Expression.Match _, Expression.Logical _ ->
          new Static.Bool(test(expression, row));
    };
  }

  /** Chains lean to the left, thousands deep: that side is walked, not recursed into. */
  private static Static chain(Expression.Arithmetic last, Row row) {
    Deque<Expression.Arithmetic> above = new ArrayDeque<>();
    Expression at = last;
    while (at instanceof Expression.Arithmetic next) {
      above.push(next);
      at = next.left();
    }
    Static result = value(at, row);
    for (Expression.Arithmetic next : above) {
      result = StaticMath.apply(next.operator(), result, value(next.right(), row));
    }
    return result;
  }

  /** Whether a condition holds. */
  static boolean test(Expression expression, Row row) {
    return switch (expression) {
      case Expression.Logical logical ->
          logical.isAnd()
              ? test(logical.left(), row) && test(logical.right(), row)
              : either(logical, row);
      case Expression.Comparison comparison -> compare(comparison, row);
      case Expression.Match match -> match(match, value(match.operand(), row));
      case Expression.Literal _,
          Expression.Field _,
          Expression.Minus _,
          Expression.Arithmetic _,
          Expression.Not _ ->
          isTrue(value(expression, row));
    };
  }

  /** What is not there is no side of an "or", unless the left side decides before it is seen. */
  private static boolean either(Expression.Logical or, Row row) {
    if (isCondition(or.left())) {
      return test(or.left(), row) || test(or.right(), row);
    }
    Static left = value(or.left(), row);
    return isTrue(left)
        || ((left instanceof Static.Bool || left instanceof Static.Items) && test(or.right(), row));
  }

  private static boolean isCondition(Expression side) {
    return side instanceof Expression.Logical
        || side instanceof Expression.Comparison
        || side instanceof Expression.Match;
  }

  private static boolean isTrue(Static value) {
    return switch (value) {
      case Static.Bool bool -> bool.value();
      case Static.Items items -> items.values().stream().anyMatch(Evaluator::isTrue);
      case Static.Nil _,
          Static.Int _,
          Static.Real _,
          Static.Text _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _ ->
          false;
    };
  }

  private static boolean isNil(Expression expression) {
    return expression instanceof Expression.Literal literal
        && literal.value() instanceof Static.Nil;
  }

  private static boolean compare(Expression.Comparison comparison, Row row) {
    boolean nilLeft = isNil(comparison.left());
    boolean nilRight = isNil(comparison.right());
    if (nilLeft || nilRight) {
      if (nilLeft && nilRight) {
        return false;
      }
      Static value = value(nilLeft ? comparison.right() : comparison.left(), row);
      return !comparison.operator().isOrder()
          && comparison.operator().test(value instanceof Static.Nil ? 0 : 1);
    }
    Static left = value(comparison.left(), row);
    Static right = value(comparison.right(), row);
    return StaticMath.compare(
        comparison.operator(),
        padded(left, comparison.left(), comparison.right()),
        padded(right, comparison.right(), comparison.left()));
  }

  /** Trace ids may be written without their leading zeros. */
  private static Static padded(Static value, Expression self, Expression other) {
    boolean id =
        self instanceof Expression.Literal
            && other instanceof Expression.IntrinsicField field
            && isTraceId(field.intrinsic());
    if (!id || !(value instanceof Static.Text text) || text.value().length() > TRACE_ID_DIGITS) {
      return value;
    }
    boolean hex = text.value().chars().allMatch(HexFormat::isHexDigit);
    return hex
        ? new Static.Text(
            "0".repeat(TRACE_ID_DIGITS - text.value().length())
                + text.value().toLowerCase(Locale.ROOT))
        : value;
  }

  private static boolean isTraceId(Intrinsic intrinsic) {
    return intrinsic.isTraceId();
  }

  static boolean match(Expression.Match match, Static value) {
    return switch (value) {
      case Static.Text text -> match.regex().matches(text.value()) != match.negated();
      case Static.Items items -> matchItems(match, items);
      case Static.Nil _,
          Static.Int _,
          Static.Real _,
          Static.Bool _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _ ->
          false;
    };
  }

  /** Any element has to match; negated, all have to be texts that do not. */
  private static boolean matchItems(Expression.Match match, Static.Items items) {
    for (Static item : items.values()) {
      if (match(match, item) != match.negated()) {
        return !match.negated();
      }
    }
    return match.negated() && !items.values().isEmpty();
  }

  /** A condition with what there is to know of it. */
  record Condition(@Nullable Expression expression, boolean events, boolean links, boolean or) {
    static Condition of(@Nullable Expression expression) {
      return new Condition(
          expression,
          expression != null
              && Walk.any(expression, e -> e instanceof Expression.Field f && Fields.isEvent(f)),
          expression != null
              && Walk.any(expression, e -> e instanceof Expression.Field f && Fields.isLink(f)),
          expression != null
              && Walk.any(expression, e -> e instanceof Expression.Logical l && !l.isAnd()));
    }

    /** The conditions on events must hold for one of them, unless there is an "or" among them. */
    boolean test(Row row, int span) {
      row.moveTo(span);
      if (expression == null) {
        return true;
      }
      if (!events && !links) {
        return Evaluator.test(expression, row);
      }
      if (or) {
        row.anyEvent = true;
        return Evaluator.test(expression, row);
      }
      List<Span.Event> allEvents = row.span.events();
      List<Span.Link> allLinks = row.span.links();
      int eventCount = events ? Math.max(1, allEvents.size()) : 1;
      int linkCount = links ? Math.max(1, allLinks.size()) : 1;
      for (int i = 0; i < eventCount; i++) {
        for (int k = 0; k < linkCount; k++) {
          row.event = i < allEvents.size() ? allEvents.get(i) : null;
          row.link = k < allLinks.size() ? allLinks.get(k) : null;
          if (Evaluator.test(expression, row)) {
            return true;
          }
        }
      }
      return false;
    }
  }
}

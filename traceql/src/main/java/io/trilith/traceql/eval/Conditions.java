package io.trilith.traceql.eval;

import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.ValueTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What of a condition columns can answer. The filter holds for every span for which the condition
 * does; where it is exact, for no other one.
 */
public final class Conditions {
  /** Turns from "and" to "or" in a chain, each of which nests the filter deeper. */
  private static final int TURNS_MAX = 64;

  private boolean exact = true;

  private Conditions() {}

  /** A filter, and whether it says the same as the condition. */
  public record Compiled(SpanFilter filter, boolean exact) {}

  /** Of a condition; null holds for every span. */
  public static Compiled of(@Nullable Expression condition) {
    Conditions conditions = new Conditions();
    SpanFilter filter = condition == null ? SpanFilter.Any.INSTANCE : conditions.compile(condition);
    return new Compiled(filter, conditions.exact);
  }

  /**
   * What conditions on the root of a trace ask of some span of it, be it one that passes the rest
   * or not.
   */
  static List<SpanFilter> ofRoots(@Nullable Expression condition) {
    List<SpanFilter> roots = new ArrayList<>();
    if (condition != null) {
      new Conditions().roots(condition, roots);
    }
    return roots;
  }

  private void roots(Expression condition, List<SpanFilter> into) {
    switch (condition) {
      case Expression.Logical logical -> {
        if (logical.isAnd()) {
          roots(logical.left(), into);
          roots(logical.right(), into);
        }
      }
      case Expression.Match match -> {
        Expression.Field of = match.operand() instanceof Expression.Field f ? ofRoot(f) : null;
        if (of != null && match.regex().matches("") == match.negated()) {
          into.add(
              test(of, new Matching(new Expression.Match(of, match.regex(), match.negated()))));
        }
      }
      case Expression.Comparison comparison -> {
        Expression.Field left = comparison.left() instanceof Expression.Field f ? ofRoot(f) : null;
        Expression.Field right =
            comparison.right() instanceof Expression.Field f ? ofRoot(f) : null;
        Static constant = constant(left != null ? comparison.right() : comparison.left());
        ComparisonOperator operator =
            left != null ? comparison.operator() : comparison.operator().flipped();
        Expression.Field field = left != null ? left : right;
        if (constant instanceof Static.Text && field != null && !ofNoRoot(operator, constant)) {
          into.add(comparison(field, operator, constant));
        }
      }
      default -> {}
    }
  }

  /** Whether it holds for a trace without a root, of which no span says so. */
  private static boolean ofNoRoot(ComparisonOperator operator, Static constant) {
    return StaticMath.compare(operator, new Static.Text(""), constant);
  }

  /** The field of the root span itself that says the same. */
  private static Expression.@Nullable Field ofRoot(Expression.Field field) {
    if (!(field instanceof Expression.IntrinsicField intrinsic)) {
      return null;
    }
    return switch (intrinsic.intrinsic()) {
      case ROOT_NAME -> new Expression.IntrinsicField(Intrinsic.NAME);
      case ROOT_SERVICE -> new Expression.AttributeField(AttributeScope.RESOURCE, "service.name");
      default -> null;
    };
  }

  /**
   * How long a trace must last for a condition to hold for a span of it; 0 when it does not say.
   */
  static long minTraceDuration(@Nullable Expression condition) {
    return switch (condition) {
      case Expression.Logical logical -> {
        long left = minTraceDuration(logical.left());
        long right = minTraceDuration(logical.right());
        yield logical.isAnd() ? Math.max(left, right) : Math.min(left, right);
      }
      case Expression.Comparison comparison -> {
        boolean first = isTraceDuration(comparison.left());
        ComparisonOperator operator =
            first ? comparison.operator() : comparison.operator().flipped();
        if (!first && !isTraceDuration(comparison.right())) {
          yield 0;
        }
        Static constant = constant(first ? comparison.right() : comparison.left());
        yield switch (operator) {
          case EQUAL, GREATER, GREATER_EQUAL -> atLeast(constant);
          default -> 0;
        };
      }
      case null, default -> 0;
    };
  }

  private static boolean isTraceDuration(Expression side) {
    return side instanceof Expression.IntrinsicField field
        && field.intrinsic() == Intrinsic.TRACE_DURATION;
  }

  private static long atLeast(@Nullable Static constant) {
    return switch (constant) {
      case Static.Duration duration -> duration.nanos();
      case Static.Int number -> number.value();
      case Static.Real number -> (long) Math.floor(number.value());
      case null, default -> 0;
    };
  }

  private SpanFilter unknown() {
    exact = false;
    return SpanFilter.Any.INSTANCE;
  }

  private SpanFilter compile(Expression condition) {
    return switch (condition) {
      case Expression.Logical logical -> chain(logical);
      case Expression.Comparison comparison -> comparison(comparison);
      case Expression.Match match ->
          match.operand() instanceof Expression.Field field
              ? test(field, new Matching(match))
              : unknown();
      case Expression.Field field ->
          test(
              field,
              new Generic(
                  kind(field),
                  false,
                  value -> value instanceof Static.Bool b ? b.value() : items(value)));
      case Expression.Literal literal ->
          literal.value() instanceof Static.Bool bool && bool.value()
              ? SpanFilter.Any.INSTANCE
              : new SpanFilter.Or(List.of());
      case Expression.Not _, Expression.Minus _, Expression.Arithmetic _ -> unknown();
    };
  }

  /** A chain of one operator is one list; where they take turns too often, all of it is unknown. */
  private SpanFilter chain(Expression.Logical last) {
    Deque<Expression.Logical> chain = new ArrayDeque<>();
    Expression first = last;
    while (first instanceof Expression.Logical logical) {
      chain.push(logical);
      first = logical.left();
    }
    SpanFilter result = compile(first);
    for (int turns = 0; !chain.isEmpty(); turns++) {
      if (turns > TURNS_MAX) {
        return unknown();
      }
      boolean isAnd = chain.peek().isAnd();
      List<SpanFilter> parts = new ArrayList<>(List.of(result));
      while (!chain.isEmpty() && chain.peek().isAnd() == isAnd) {
        parts.add(compile(chain.pop().right()));
      }
      result = isAnd ? new SpanFilter.And(parts) : new SpanFilter.Or(parts);
    }
    return result;
  }

  private static boolean items(Static value) {
    return value instanceof Static.Items items
        && items.values().stream()
            .anyMatch(item -> item instanceof Static.Bool bool && bool.value());
  }

  private SpanFilter comparison(Expression.Comparison comparison) {
    if (isComputedNil(comparison.left()) || isComputedNil(comparison.right())) {
      return unknown();
    }
    Static right = constant(comparison.right());
    if (right != null && comparison.left() instanceof Expression.Field field) {
      return comparison(field, comparison.operator(), right);
    }
    Static left = constant(comparison.left());
    if (left != null && comparison.right() instanceof Expression.Field field) {
      return comparison(field, comparison.operator().flipped(), left);
    }
    return unknown();
  }

  /** What has no answer is not the nil that is asked for. */
  private static boolean isComputedNil(Expression side) {
    return !(side instanceof Expression.Literal) && constant(side) instanceof Static.Nil;
  }

  private SpanFilter comparison(
      Expression.Field field, ComparisonOperator operator, Static constant) {
    if (constant instanceof Static.Nil) {
      if (operator.isOrder()) {
        return new SpanFilter.Or(List.of());
      }
      boolean equal = operator == ComparisonOperator.EQUAL;
      if (equal
          && field instanceof Expression.AttributeField attribute
          && attribute.scope() == AttributeScope.ANY) {
        return unknown();
      }
      return test(
          field, new Generic(kind(field), equal, value -> value instanceof Static.Nil == equal));
    }
    if (constant instanceof Static.Items) {
      return unknown();
    }
    if (constant instanceof Static.Text text) {
      return operator == ComparisonOperator.EQUAL
          ? test(field, new EqualText(text.value()))
          : test(field, new Generic(kind(field), false, compared(operator, constant)));
    }
    boolean whole = constant instanceof Static.Int || constant instanceof Static.Duration;
    if (whole && isNumber(field)) {
      long wanted =
          constant instanceof Static.Duration duration
              ? duration.nanos()
              : ((Static.Int) constant).value();
      return test(field, new WholeNumber(operator, wanted, constant));
    }
    return test(field, new Generic(kind(field), false, compared(operator, constant)));
  }

  private static Predicate<Static> compared(ComparisonOperator operator, Static constant) {
    return value -> StaticMath.compare(operator, value, constant);
  }

  private static boolean isNumber(Expression.Field field) {
    return field instanceof Expression.AttributeField || kind(field) == SpanField.Kind.DURATION;
  }

  private static @Nullable Static constant(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Minus minus -> {
        Static value = constant(minus.operand());
        yield value == null ? null : StaticMath.negate(value);
      }
      // Of constants alone the parser makes one; what is left is not to be recursed into.
      case Expression.Arithmetic arithmetic ->
          Walk.any(arithmetic, Conditions::isNoConstant) ? null : folded(arithmetic);
      case Expression.Field _,
          Expression.Not _,
          Expression.Comparison _,
          Expression.Match _,
          Expression.Logical _ ->
          null;
    };
  }

  private static boolean isNoConstant(Expression part) {
    return switch (part) {
      case Expression.Literal _, Expression.Minus _, Expression.Arithmetic _ -> false;
      case Expression.Field _,
          Expression.Not _,
          Expression.Comparison _,
          Expression.Match _,
          Expression.Logical _ ->
          true;
    };
  }

  private static @Nullable Static folded(Expression.Arithmetic arithmetic) {
    Static left = constant(arithmetic.left());
    Static right = constant(arithmetic.right());
    return left == null || right == null
        ? null
        : StaticMath.apply(arithmetic.operator(), left, right);
  }

  private SpanFilter test(Expression.Field field, ValueTest test) {
    if (field instanceof Expression.AttributeField attribute
        && attribute.scope() == AttributeScope.ANY) {
      return new AnyScope(attribute.name(), test).filter(this);
    }
    SpanField wanted = field(field);
    if (wanted == null) {
      return unknown();
    }
    exact &= !wanted.kind().isMany();
    return new SpanFilter.Test(wanted, test);
  }

  /** The span's own attribute hides the resource's: saying either is not exact. */
  private record AnyScope(String name, ValueTest test) {
    SpanFilter filter(Conditions of) {
      of.exact = false;
      return new SpanFilter.Or(
          List.of(
              new SpanFilter.Test(new SpanField(SpanField.Kind.SPAN_ATTRIBUTE, name), test),
              new SpanFilter.Test(new SpanField(SpanField.Kind.RESOURCE_ATTRIBUTE, name), test)));
    }
  }

  private static SpanField.@Nullable Kind kind(Expression.Field field) {
    SpanField known = field(field);
    return known == null ? null : known.kind();
  }

  /** The column of a field, null when there is none. */
  public static @Nullable SpanField field(Expression.Field field) {
    return switch (field) {
      case Expression.AttributeField attribute ->
          switch (attribute.scope()) {
            case SPAN -> new SpanField(SpanField.Kind.SPAN_ATTRIBUTE, attribute.name());
            case RESOURCE -> new SpanField(SpanField.Kind.RESOURCE_ATTRIBUTE, attribute.name());
            case INSTRUMENTATION -> new SpanField(SpanField.Kind.SCOPE_ATTRIBUTE, attribute.name());
            case EVENT -> new SpanField(SpanField.Kind.EVENT_ATTRIBUTE, attribute.name());
            case LINK -> new SpanField(SpanField.Kind.LINK_ATTRIBUTE, attribute.name());
            case ANY, PARENT, PARENT_SPAN, PARENT_RESOURCE -> null;
          };
      case Expression.IntrinsicField intrinsic ->
          switch (intrinsic.intrinsic()) {
            case NAME -> SpanField.of(SpanField.Kind.NAME);
            case KIND -> SpanField.of(SpanField.Kind.KIND);
            case STATUS -> SpanField.of(SpanField.Kind.STATUS);
            case STATUS_MESSAGE -> SpanField.of(SpanField.Kind.STATUS_MESSAGE);
            case DURATION -> SpanField.of(SpanField.Kind.DURATION);
            case EVENT_NAME -> SpanField.of(SpanField.Kind.EVENT_NAME);
            case SCOPE_NAME -> SpanField.of(SpanField.Kind.SCOPE_NAME);
            case SCOPE_VERSION -> SpanField.of(SpanField.Kind.SCOPE_VERSION);
            case SPAN_ID,
                PARENT_ID,
                CHILD_COUNT,
                TRACE_ID,
                TRACE_DURATION,
                ROOT_NAME,
                ROOT_SERVICE,
                EVENT_TIME,
                LINK_TRACE_ID,
                LINK_SPAN_ID,
                NESTED_LEFT,
                NESTED_RIGHT,
                NESTED_PARENT ->
                null;
          };
    };
  }

  /** A stored value as the field's type has it. */
  public static Static value(SpanField field, @Nullable AttributeValue value) {
    return value instanceof AttributeValue.Int number
        ? number(field.kind(), number.value())
        : Fields.of(value);
  }

  private static Static number(SpanField.@Nullable Kind kind, long value) {
    if (kind == SpanField.Kind.DURATION) {
      return new Static.Duration(value);
    }
    if (kind == SpanField.Kind.KIND) {
      return new Static.Kind((int) value);
    }
    return kind == SpanField.Kind.STATUS ? new Static.Status((int) value) : new Static.Int(value);
  }

  /** Any test on a value as TraceQL sees it. */
  private record Generic(SpanField.@Nullable Kind kind, boolean missing, Predicate<Static> passes)
      implements ValueTest {
    @Override
    public boolean text(String value) {
      return passes.test(new Static.Text(value));
    }

    @Override
    public boolean number(long value) {
      return passes.test(Conditions.number(kind, value));
    }

    @Override
    public boolean real(double value) {
      return passes.test(new Static.Real(value));
    }

    @Override
    public boolean bool(boolean value) {
      return passes.test(new Static.Bool(value));
    }

    @Override
    public boolean other(AttributeValue value) {
      return passes.test(Fields.of(value));
    }
  }

  /** An attribute's number or a duration against an integer or a duration. */
  private record WholeNumber(ComparisonOperator operator, long wanted, Static constant)
      implements ValueTest {
    @Override
    public boolean text(String value) {
      return false;
    }

    @Override
    public boolean text(byte[] bytes, int from, int to) {
      return false;
    }

    @Override
    public boolean number(long value) {
      return operator.test(Long.compare(value, wanted));
    }

    @Override
    public boolean within(long min, long max) {
      return switch (operator) {
        case EQUAL -> min <= wanted && wanted <= max;
        case NOT_EQUAL -> min != wanted || max != wanted;
        case LESS -> min < wanted;
        case LESS_EQUAL -> min <= wanted;
        case GREATER -> max > wanted;
        case GREATER_EQUAL -> max >= wanted;
      };
    }

    @Override
    public boolean real(double value) {
      return StaticMath.compare(operator, new Static.Real(value), constant);
    }

    @Override
    public boolean other(AttributeValue value) {
      return StaticMath.compare(operator, Fields.of(value), constant);
    }
  }

  /** A text that has to be the same. */
  private static final class EqualText implements ValueTest {
    private final String wanted;
    private final byte[] encoded;

    EqualText(String wanted) {
      this.wanted = wanted;
      this.encoded = wanted.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean text(String value) {
      return value.equals(wanted);
    }

    @Override
    public boolean text(byte[] bytes, int from, int to) {
      return to - from == encoded.length
          && Arrays.equals(bytes, from, to, encoded, 0, encoded.length);
    }

    @Override
    public boolean within(long min, long max) {
      return false;
    }

    @Override
    public boolean other(AttributeValue value) {
      return StaticMath.compare(
          ComparisonOperator.EQUAL, Fields.of(value), new Static.Text(wanted));
    }
  }

  /** A regular expression; texts are matched as they are stored. */
  private record Matching(Expression.Match match) implements ValueTest {
    @Override
    public boolean text(String value) {
      return match.regex().matches(value) != match.negated();
    }

    @Override
    public boolean text(byte[] bytes, int from, int to) {
      return match.regex().matches(bytes, from, to) != match.negated();
    }

    @Override
    public boolean within(long min, long max) {
      return false;
    }

    @Override
    public boolean other(AttributeValue value) {
      return Evaluator.match(match, Fields.of(value));
    }
  }
}

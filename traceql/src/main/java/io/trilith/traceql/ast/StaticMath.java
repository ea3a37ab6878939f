package io.trilith.traceql.ast;

/** Arithmetic and comparison of values. What has no answer is nil, or not true. */
public final class StaticMath {
  private StaticMath() {}

  /** Nil unless both are numbers. Integers stay integers; division of them by 0 is nil. */
  public static Static apply(ArithmeticOperator operator, Static left, Static right) {
    if (!left.isNumeric() || !right.isNumeric()) {
      return Static.Nil.INSTANCE;
    }
    boolean duration = left instanceof Static.Duration || right instanceof Static.Duration;
    if (left instanceof Static.Real || right instanceof Static.Real) {
      double result = real(operator, left.asDouble(), right.asDouble());
      return duration && Double.isFinite(result)
          ? new Static.Duration(Math.round(result))
          : new Static.Real(result);
    }
    long a = integer(left);
    long b = integer(right);
    if (b == 0
        && (operator == ArithmeticOperator.DIVIDE || operator == ArithmeticOperator.MODULO)) {
      return Static.Nil.INSTANCE;
    }
    long result =
        switch (operator) {
          case ADD -> a + b;
          case SUBTRACT -> a - b;
          case MULTIPLY -> a * b;
          case DIVIDE -> a / b;
          case MODULO -> a % b;
          case POWER -> power(a, b);
        };
    return duration ? new Static.Duration(result) : new Static.Int(result);
  }

  /** Wraps around like multiplication; a negative exponent leaves the whole part. */
  private static long power(long base, long exponent) {
    if (exponent < 0) {
      return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    }
    long result = 1;
    long square = base;
    for (long left = exponent; left > 0; left >>= 1) {
      result *= (left & 1) == 1 ? square : 1;
      square *= square;
    }
    return result;
  }

  private static long integer(Static value) {
    return switch (value) {
      case Static.Int number -> number.value();
      case Static.Duration duration -> duration.nanos();
      case Static.Nil _,
          Static.Real _,
          Static.Text _,
          Static.Bool _,
          Static.Status _,
          Static.Kind _,
          Static.Items _ ->
          throw new IllegalStateException("no integer");
    };
  }

  private static double real(ArithmeticOperator operator, double a, double b) {
    return switch (operator) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MODULO -> a % b;
      case POWER -> Math.pow(a, b);
    };
  }

  public static Static negate(Static value) {
    return switch (value) {
      case Static.Int number -> new Static.Int(-number.value());
      case Static.Real number -> new Static.Real(-number.value());
      case Static.Duration duration -> new Static.Duration(-duration.nanos());
      case Static.Nil _,
          Static.Text _,
          Static.Bool _,
          Static.Status _,
          Static.Kind _,
          Static.Items _ ->
          Static.Nil.INSTANCE;
    };
  }

  /**
   * Whether the comparison holds. Of an array any element must, for {@code !=} all; values of types
   * that do not compare never do.
   */
  public static boolean compare(ComparisonOperator operator, Static left, Static right) {
    if (left instanceof Static.Items items) {
      return !(right instanceof Static.Items) && compareItems(operator, items, right);
    }
    if (right instanceof Static.Items items) {
      return compareItems(operator.flipped(), items, left);
    }
    if (left.isNumeric() && right.isNumeric()) {
      return compareNumbers(operator, left, right);
    }
    if (left instanceof Static.Text a && right instanceof Static.Text b) {
      return operator.test(compareBytes(a.value(), b.value()));
    }
    boolean comparable =
        !(left instanceof Static.Nil) && left.getClass() == right.getClass() && !operator.isOrder();
    return comparable && left.equals(right) == (operator == ComparisonOperator.EQUAL);
  }

  private static boolean compareItems(
      ComparisonOperator operator, Static.Items items, Static other) {
    boolean all = operator == ComparisonOperator.NOT_EQUAL;
    for (Static item : items.values()) {
      if (compare(operator, item, other) != all) {
        return !all;
      }
    }
    return all && !items.values().isEmpty();
  }

  private static boolean compareNumbers(ComparisonOperator operator, Static left, Static right) {
    if (left instanceof Static.Real || right instanceof Static.Real) {
      double a = left.asDouble();
      double b = right.asDouble();
      if (Double.isNaN(a) || Double.isNaN(b)) {
        return operator == ComparisonOperator.NOT_EQUAL;
      }
      return operator.test(a < b ? -1 : a > b ? 1 : 0);
    }
    return operator.test(Long.compare(integer(left), integer(right)));
  }

  /** The order of UTF-8 bytes, which is that of code points. */
  private static int compareBytes(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogates = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogates ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}

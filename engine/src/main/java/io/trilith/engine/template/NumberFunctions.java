package io.trilith.engine.template;

import io.trilith.storage.text.Conversions;
import io.trilith.storage.text.GoNumber;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Arithmetic. Whole numbers are cast from anything, as sprig does; what is no number is 0. */
final class NumberFunctions {
  private NumberFunctions() {}

  private interface IntOperation {
    long apply(long left, long right) throws TemplateException;
  }

  private interface DecimalOperation {
    BigDecimal apply(BigDecimal left, BigDecimal right);
  }

  static void add(Map<String, TemplateFunction> all) {
    all.put("int", a -> integer(a.get(0)));
    all.put("float64", a -> decimal(a.get(0)));
    all.put("add", a -> fold(a, 1, Long::sum));
    all.put("mul", a -> fold(a, 1, (x, y) -> x * y));
    all.put("sub", a -> fold(a, 2, (x, y) -> x - y));
    all.put("div", a -> fold(a, 2, (x, y) -> x / nonZero(y)));
    all.put("mod", a -> fold(a, 2, (x, y) -> x % nonZero(y)));
    all.put("max", a -> fold(a, 1, Math::max));
    all.put("min", a -> fold(a, 1, Math::min));
    all.put("addf", a -> foldDecimal(a, BigDecimal::add));
    all.put("subf", a -> foldDecimal(a, BigDecimal::subtract));
    all.put("mulf", a -> foldDecimal(a, BigDecimal::multiply));
    all.put("divf", NumberFunctions::divide);
    all.put("maxf", a -> foldFloat(a, true));
    all.put("minf", a -> foldFloat(a, false));
    all.put("ceil", a -> Math.ceil(decimal(a.get(0))));
    all.put("floor", a -> Math.floor(decimal(a.get(0))));
    all.put("round", NumberFunctions::round);
    all.put("bytes", a -> converted(a.text(0), true));
    all.put("duration", a -> converted(a.text(0), false));
    all.put("duration_seconds", a -> converted(a.text(0), false));
  }

  static Long integer(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Double number -> (long) number.doubleValue();
      case Boolean flag -> flag ? 1L : 0L;
      case String text -> integer(text);
      case null, default -> 0L;
    };
  }

  /** The decimals of a text are cut; prefixes as Go's literals have them. */
  private static long integer(String text) {
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String sign = signed ? text.substring(0, 1) : "";
    String body = text.substring(sign.length());
    int dot = body.indexOf('.');
    String digits = dot >= 0 && isDecimal(body, dot) ? body.substring(0, dot) : body;
    return GoNumber.literal(sign + digits).orElse(0);
  }

  /** Whether nothing but digits is on both sides of the dot. */
  private static boolean isDecimal(String text, int dot) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (i != dot && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }

  static Double decimal(@Nullable Object value) {
    return switch (value) {
      case Long number -> (double) number;
      case Double number -> number;
      case Boolean flag -> flag ? 1.0 : 0.0;
      case String text -> {
        try {
          yield Conversions.number(text);
        } catch (Conversions.Failure e) {
          yield 0.0;
        }
      }
      case null, default -> 0.0;
    };
  }

  private static long nonZero(long value) throws TemplateException {
    if (value == 0) {
      throw new TemplateException("runtime error: integer divide by zero");
    }
    return value;
  }

  private static Object fold(Arguments arguments, int min, IntOperation operation)
      throws TemplateException {
    arguments.count(min, Integer.MAX_VALUE);
    long result = integer(arguments.get(0));
    for (int i = 1; i < arguments.size(); i++) {
      result = operation.apply(result, integer(arguments.get(i)));
    }
    return result;
  }

  private static Object foldDecimal(Arguments arguments, DecimalOperation operation)
      throws TemplateException {
    BigDecimal result = exact(arguments.get(0));
    for (int i = 1; i < arguments.size(); i++) {
      result = new BigDecimal(operation.apply(result, exact(arguments.get(i))).doubleValue());
    }
    return result.doubleValue();
  }

  private static BigDecimal exact(@Nullable Object value) throws TemplateException {
    double number = decimal(value);
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new TemplateException("not a finite number");
    }
    return new BigDecimal(Double.toString(number));
  }

  private static Object divide(Arguments arguments) throws TemplateException {
    double result = decimal(arguments.get(0));
    for (int i = 1; i < arguments.size(); i++) {
      BigDecimal by = exact(arguments.get(i));
      if (by.signum() == 0) {
        throw new TemplateException("decimal division by 0");
      }
      result = exact(result).divide(by, 16, RoundingMode.HALF_UP).doubleValue();
    }
    return result;
  }

  private static Object foldFloat(Arguments arguments, boolean max) throws TemplateException {
    double result = decimal(arguments.get(0));
    for (int i = 1; i < arguments.size(); i++) {
      double next = decimal(arguments.get(i));
      result = max ? Math.max(result, next) : Math.min(result, next);
    }
    return result;
  }

  private static Object round(Arguments arguments) throws TemplateException {
    double value = decimal(arguments.get(0));
    double power = Math.pow(10, integer(arguments.get(1)));
    double from = arguments.size() > 2 ? decimal(arguments.get(2)) : 0.5;
    double digits = power * value;
    double rest = digits - (digits < 0 ? Math.ceil(digits) : Math.floor(digits));
    return (rest >= from ? Math.ceil(digits) : Math.floor(digits)) / power;
  }

  private static Object converted(String text, boolean bytes) throws TemplateException {
    try {
      return bytes ? Conversions.bytes(text) : Conversions.durationNanos(text) / 1e9;
    } catch (Conversions.Failure e) {
      throw new TemplateException(String.valueOf(e.getMessage()));
    }
  }
}

package io.trilith.engine.template;

import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.GoText;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code printf} as in Go. */
final class GoFormat {
  private static final int WIDTH_MAX = 1000;

  private final String format;
  private final List<@Nullable Object> values;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int used;

  private String flags = "";
  private int width;
  private int precision;

  GoFormat(String format, List<@Nullable Object> values) {
    this.format = format;
    this.values = values;
  }

  String run() throws TemplateException {
    while (at < format.length()) {
      char c = format.charAt(at++);
      if (c != '%') {
        out.append(c);
      } else if (at == format.length()) {
        out.append("%!(NOVERB)");
      } else {
        verb();
      }
      Arguments.checkLength(out.length());
    }
    if (used < values.size()) {
      out.append("%!(EXTRA ");
      for (int i = used; i < values.size(); i++) {
        out.append(i > used ? ", " : "").append(GoValues.type(values.get(i))).append('=');
        GoValues.print(values.get(i), out, 0);
      }
      out.append(')');
    }
    return out.toString();
  }

  private void verb() throws TemplateException {
    int from = at;
    while (at < format.length() && "+-# 0".indexOf(format.charAt(at)) >= 0) {
      at++;
    }
    flags = format.substring(from, at);
    width = number();
    precision = -1;
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      precision = Math.max(0, number());
    }
    if (at >= format.length()) {
      out.append("%!(NOVERB)");
      return;
    }
    int verb = format.codePointAt(at);
    at += Character.charCount(verb);
    if (verb == '%') {
      out.append('%');
      return;
    }
    if (used >= values.size()) {
      out.append("%!").appendCodePoint(verb).append("(MISSING)");
      return;
    }
    pad(text(verb, values.get(used++)), verb);
  }

  private int number() throws TemplateException {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      Object value = used < values.size() ? values.get(used++) : null;
      long star = value instanceof Long given ? given : 0;
      return check(star);
    }
    long value = -1;
    while (at < format.length() && Character.isDigit(format.charAt(at))) {
      value = Math.min(Math.max(value, 0) * 10 + format.charAt(at++) - '0', 1_000_000_000);
    }
    return check(value);
  }

  private static int check(long value) throws TemplateException {
    if (value > WIDTH_MAX) {
      throw new TemplateException("width or precision is more than the limit of " + WIDTH_MAX);
    }
    return (int) value;
  }

  private String text(int verb, @Nullable Object value) throws TemplateException {
    String made =
        switch (verb) {
          case 'v' -> plain(value);
          case 's' -> value instanceof Long || value instanceof Double ? null : cut(plain(value));
          case 'd' -> value instanceof Long number ? signed(Long.toString(number)) : null;
          case 'b' -> value instanceof Long number ? Long.toString(number, 2) : null;
          case 'o' -> value instanceof Long number ? Long.toString(number, 8) : null;
          case 'x', 'X' -> hex(verb, value);
          case 'c' ->
              value instanceof Long number && Character.isValidCodePoint(number.intValue())
                  ? Character.toString(number.intValue())
                  : null;
          case 'q' -> value instanceof String text ? GoText.quote(cut(text)) : null;
          case 't' -> value instanceof Boolean flag ? flag.toString() : null;
          case 'T' -> GoValues.type(value);
          case 'f', 'F', 'e', 'E', 'g', 'G' ->
              value instanceof Double number ? signed(decimal((char) verb, number)) : null;
          default -> null;
        };
    if (made != null) {
      return made;
    }
    StringBuilder wrong = new StringBuilder("%!").appendCodePoint(verb).append('(');
    wrong.append(value == null ? "<nil>" : GoValues.type(value) + "=");
    if (value != null) {
      GoValues.print(value, wrong, 0);
    }
    return wrong.append(')').toString();
  }

  private static String plain(@Nullable Object value) throws TemplateException {
    StringBuilder text = new StringBuilder();
    GoValues.print(value, text, 0);
    return text.toString();
  }

  private String cut(String text) {
    return precision < 0 || precision >= text.codePointCount(0, text.length())
        ? text
        : text.substring(0, text.offsetByCodePoints(0, precision));
  }

  private String signed(String number) {
    if (number.startsWith("-")) {
      return number;
    }
    return flags.indexOf('+') >= 0 ? "+" + number : flags.indexOf(' ') >= 0 ? " " + number : number;
  }

  private static @Nullable String hex(int verb, @Nullable Object value) {
    String made =
        switch (value) {
          case Long number -> Long.toString(number, 16);
          case String text -> {
            StringBuilder digits = new StringBuilder();
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
              digits.append(Character.forDigit(b >> 4 & 15, 16));
              digits.append(Character.forDigit(b & 15, 16));
            }
            yield digits.toString();
          }
          case null, default -> null;
        };
    return made == null || verb == 'x' ? made : made.toUpperCase(Locale.ROOT);
  }

  private String decimal(char verb, double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return FloatText.plain(number);
    }
    BigDecimal exact = new BigDecimal(number);
    return switch (verb) {
      case 'f', 'F' ->
          exact.setScale(precision < 0 ? 6 : precision, RoundingMode.HALF_EVEN).toPlainString();
      case 'e', 'E' -> {
        int digits = (precision < 0 ? 6 : precision) + 1;
        String made = String.format(Locale.ROOT, "%." + (digits - 1) + "e", number);
        yield verb == 'E' ? made.toUpperCase(Locale.ROOT) : made;
      }
      default -> {
        if (precision < 0 || number == 0) {
          BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
          int exponent = shortest.precision() - shortest.scale() - 1;
          yield number != 0 && (exponent < -4 || exponent >= 21)
              ? FloatText.exponent(number)
              : FloatText.plain(number);
        }
        BigDecimal rounded =
            exact.round(new MathContext(Math.max(precision, 1), RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        yield exponent < -4 || exponent >= Math.max(precision, 1)
            ? FloatText.exponent(rounded.doubleValue())
            : rounded.stripTrailingZeros().toPlainString();
      }
    };
  }

  private void pad(String text, int verb) {
    int missing = width - text.codePointCount(0, text.length());
    if (missing <= 0) {
      out.append(text);
    } else if (flags.indexOf('-') >= 0) {
      out.append(text).append(" ".repeat(missing));
    } else if (flags.indexOf('0') >= 0 && "dfFeEgGxXbo".indexOf(verb) >= 0) {
      boolean sign = !text.isEmpty() && "+-".indexOf(text.charAt(0)) >= 0;
      out.append(text, 0, sign ? 1 : 0).append("0".repeat(missing));
      out.append(text, sign ? 1 : 0, text.length());
    } else {
      out.append(" ".repeat(missing)).append(text);
    }
  }
}

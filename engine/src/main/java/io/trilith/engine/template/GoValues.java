package io.trilith.engine.template;

import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.GoNumber;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values of templates as Go treats them. A value is a String, Long, Double, Boolean, GoTime,
 * GoDuration, List, Map with text keys, Struct, or null.
 */
final class GoValues {
  private static final int DEPTH_MAX = 100;

  /** Ten to this and more is printed with an exponent. */
  private static final int EXPONENT_FROM = 6;

  private GoValues() {}

  static boolean truth(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case String text -> !text.isEmpty();
      case Long number -> number != 0;
      case Double number -> number != 0;
      case GoDuration length -> length.nanos() != 0;
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  static String type(@Nullable Object value) {
    return switch (value) {
      case null -> "nil";
      case Boolean _ -> "bool";
      case String _ -> "string";
      case Long _ -> "int";
      case Double _ -> "float64";
      case List<?> _ -> "[]interface {}";
      case TextMap _ -> "map[string]string";
      case Map<?, ?> _ -> "map[string]interface {}";
      case Struct struct -> struct.type();
      case GoDuration _ -> "time.Duration";
      default -> "time.Time";
    };
  }

  /** As an action prints it. */
  static String print(@Nullable Object value) throws TemplateException {
    if (value == null) {
      return "<no value>";
    }
    StringBuilder out = new StringBuilder();
    print(value, out, 0);
    return out.toString();
  }

  static void print(@Nullable Object value, StringBuilder out, int depth) throws TemplateException {
    Arguments.checkLength(out.length());
    if (depth > DEPTH_MAX) {
      throw new TemplateException("value is nested deeper than " + DEPTH_MAX);
    }
    switch (value) {
      case null -> out.append("<nil>");
      case Double number -> out.append(number(number));
      case List<?> list -> {
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
          if (i > 0) {
            out.append(' ');
          }
          print(list.get(i), out, depth + 1);
        }
        out.append(']');
      }
      case Map<?, ?> map -> {
        out.append("map[");
        String space = "";
        for (Map.Entry<?, ?> member : new TreeMap<>(map).entrySet()) {
          out.append(space).append(member.getKey()).append(':');
          print(member.getValue(), out, depth + 1);
          space = " ";
        }
        out.append(']');
      }
      case Struct struct -> {
        out.append('{');
        String space = "";
        for (Object member : struct.members().values()) {
          out.append(space);
          print(member, out, depth + 1);
          space = " ";
        }
        out.append('}');
      }
      default -> out.append(value);
    }
  }

  /** A float as Go's {@code %v}: with an exponent below 1e-4 and from 1e6 on. */
  static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
      return FloatText.plain(value);
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    return exponent < -4 || exponent >= EXPONENT_FROM
        ? FloatText.exponent(value)
        : FloatText.plain(value);
  }

  /** The content of a Go string literal. */
  static String unquote(String quoted) throws TemplateException {
    String body = quoted.substring(1, quoted.length() - 1);
    if (quoted.charAt(0) == '`' || body.indexOf('\\') < 0) {
      return body;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length());
    int at = 0;
    while (at < body.length()) {
      int c = body.codePointAt(at);
      at += Character.charCount(c);
      if (c != '\\') {
        bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      at = escape(body, at, bytes);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int escape(String body, int at, ByteArrayOutputStream bytes)
      throws TemplateException {
    char kind = at < body.length() ? body.charAt(at) : ' ';
    int simple = "abfnrtv\\\"'".indexOf(kind);
    if (simple >= 0) {
      bytes.write("\u0007\b\f\n\r\t\u000b\\\"'".charAt(simple));
      return at + 1;
    }
    int digits =
        switch (kind) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> 0;
        };
    int value = GoNumber.digits(body, at + 1, at + 1 + digits, 16);
    if (!Character.isValidCodePoint(value)) {
      throw new TemplateException("bad escape in string: " + body);
    }
    if (digits == 2) {
      bytes.write(value);
    } else {
      bytes.writeBytes(Character.toString(value).getBytes(StandardCharsets.UTF_8));
    }
    return at + 1 + digits;
  }
}

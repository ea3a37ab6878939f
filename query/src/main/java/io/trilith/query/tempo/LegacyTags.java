package io.trilith.query.tempo;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Static;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The search by tags that came before TraceQL: logfmt of names and exact values. */
final class LegacyTags {
  private static final int TAGS_MAX = 100;

  private LegacyTags() {}

  /** One condition for all tags, null when there are none. */
  static @Nullable Expression condition(String logfmt) {
    Expression result = null;
    for (Map.Entry<String, String> tag : parse(logfmt).entrySet()) {
      Expression one = condition(tag.getKey(), tag.getValue());
      result = result == null ? one : new Expression.Logical(true, result, one);
    }
    return result;
  }

  private static Expression condition(String name, String value) {
    Intrinsic intrinsic =
        switch (name) {
          case "name" -> Intrinsic.NAME;
          case "root.name" -> Intrinsic.ROOT_NAME;
          case "root.service.name" -> Intrinsic.ROOT_SERVICE;
          default -> null;
        };
    if (intrinsic != null) {
      return equal(new Expression.IntrinsicField(intrinsic), new Static.Text(value));
    }
    if (name.equals("status.code") || name.equals("error")) {
      int code = value.equals("error") || value.equals("true") ? 2 : value.equals("ok") ? 1 : 0;
      return equal(new Expression.IntrinsicField(Intrinsic.STATUS), new Static.Status(code));
    }
    Expression.Field field = new Expression.AttributeField(AttributeScope.ANY, name);
    Expression result = equal(field, new Static.Text(value));
    if (value.equals("true") || value.equals("false")) {
      Expression bool = equal(field, new Static.Bool(value.equals("true")));
      return new Expression.Logical(false, result, bool);
    }
    OptionalDouble number = GoNumber.real(value);
    return number.isEmpty()
        ? result
        : new Expression.Logical(
            false, result, equal(field, new Static.Real(number.getAsDouble())));
  }

  private static Expression equal(Expression.Field field, Static value) {
    return new Expression.Comparison(
        ComparisonOperator.EQUAL, field, new Expression.Literal(value));
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> tags = new LinkedHashMap<>();
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == ' ') {
        at++;
        continue;
      }
      int equals = text.indexOf('=', at);
      if (equals <= at || text.substring(at, equals).indexOf(' ') >= 0) {
        throw new InvalidRequestException("invalid tags: logfmt pairs name=value are wanted");
      }
      String name = text.substring(at, equals);
      StringBuilder value = new StringBuilder();
      at = value(text, equals + 1, value);
      if (tags.put(name, value.toString()) != null) {
        throw new InvalidRequestException("invalid tags: duplicate tag " + name);
      }
      if (tags.size() > TAGS_MAX) {
        throw new InvalidRequestException("invalid tags: more than " + TAGS_MAX);
      }
    }
    return tags;
  }

  private static int value(String text, int from, StringBuilder into) {
    boolean quoted = from < text.length() && text.charAt(from) == '"';
    int at = quoted ? from + 1 : from;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (quoted ? c == '"' : c == ' ') {
        return at;
      }
      if (quoted && c == '\\' && at < text.length()) {
        c = text.charAt(at++);
      }
      into.append(c);
    }
    if (quoted) {
      throw new InvalidRequestException("invalid tags: a quote is not closed");
    }
    return at;
  }
}

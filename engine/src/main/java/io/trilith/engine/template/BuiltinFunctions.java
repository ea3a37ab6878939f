package io.trilith.engine.template;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What Go's templates bring along, and what looks into values of any type. */
final class BuiltinFunctions {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(100).build())
          .build();

  private BuiltinFunctions() {}

  static void add(Map<String, TemplateFunction> all) {
    // The last argument decides; execution stops at the first that does.
    all.put("and", a -> a.get(a.size() - 1));
    all.put("or", a -> a.get(a.size() - 1));
    all.put("not", a -> !GoValues.truth(a.get(0)));
    all.put("eq", BuiltinFunctions::equalToAny);
    all.put("ne", a -> !equal(a.get(0), a.get(1)));
    all.put("lt", a -> compare(a.get(0), a.get(1)) < 0);
    all.put("le", a -> compare(a.get(0), a.get(1)) <= 0);
    all.put("gt", a -> compare(a.get(0), a.get(1)) > 0);
    all.put("ge", a -> compare(a.get(0), a.get(1)) >= 0);
    all.put("len", a -> length(a.get(0)));
    all.put("index", BuiltinFunctions::index);
    all.put("slice", BuiltinFunctions::slice);
    all.put("print", a -> print(a, false));
    all.put("println", a -> print(a, true));
    all.put("printf", a -> new GoFormat(a.text(0), a.values().subList(1, a.size())).run());
    all.put("html", a -> html(print(a, false)));
    all.put("js", a -> js(print(a, false)));
    all.put("urlquery", a -> URLEncoder.encode(print(a, false), StandardCharsets.UTF_8));
    all.put(
        "call",
        a -> {
          throw new TemplateException("non-function of type " + GoValues.type(a.get(0)));
        });
  }

  /** What Loki's templates have besides. */
  static void addSprig(Map<String, TemplateFunction> all) {
    all.put("default", a -> a.size() > 1 && GoValues.truth(a.get(1)) ? a.get(1) : a.get(0));
    all.put("fromJson", a -> fromJson(a.text(0)));
  }

  private static Object equalToAny(Arguments arguments) throws TemplateException {
    arguments.count(2, Integer.MAX_VALUE);
    for (int i = 1; i < arguments.size(); i++) {
      if (equal(arguments.get(0), arguments.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean equal(@Nullable Object left, @Nullable Object right)
      throws TemplateException {
    if (left == null || right == null) {
      return left == null && right == null;
    }
    if (!left.getClass().equals(right.getClass())
        || left instanceof List<?>
        || left instanceof Map<?, ?>) {
      throw new TemplateException("incompatible types for comparison");
    }
    return left.equals(right);
  }

  private static int compare(@Nullable Object left, @Nullable Object right)
      throws TemplateException {
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    if (left instanceof Long a && right instanceof Long b) {
      return a.compareTo(b);
    }
    if (left instanceof Double a && right instanceof Double b) {
      return a.compareTo(b);
    }
    throw new TemplateException("incompatible types for comparison");
  }

  private static Object length(@Nullable Object value) throws TemplateException {
    return switch (value) {
      case String text -> (long) text.getBytes(StandardCharsets.UTF_8).length;
      case List<?> list -> (long) list.size();
      case Map<?, ?> map -> (long) map.size();
      case null, default -> throw new TemplateException("len of type " + GoValues.type(value));
    };
  }

  private static @Nullable Object index(Arguments arguments) throws TemplateException {
    Object value = arguments.get(0);
    for (int i = 1; i < arguments.size(); i++) {
      Object key = arguments.get(i);
      value =
          switch (value) {
            case TextMap map when key instanceof String name -> map.text(name);
            case Map<?, ?> map when key instanceof String -> map.get(key);
            case List<?> list when key instanceof Long at && at >= 0 && at < list.size() ->
                list.get(at.intValue());
            case String text when key instanceof Long at && at >= 0 && at < text.length() ->
                (long) (text.getBytes(StandardCharsets.UTF_8)[at.intValue()] & 0xff);
            case null, default ->
                throw new TemplateException(
                    "cannot index " + GoValues.type(value) + " with " + GoValues.print(key));
          };
    }
    return value;
  }

  private static Object slice(Arguments arguments) throws TemplateException {
    Object value = arguments.get(0);
    int length = Math.toIntExact((Long) length(value));
    long from = arguments.size() > 1 ? arguments.integer(1) : 0;
    long to = arguments.size() > 2 ? arguments.integer(2) : length;
    if (from < 0 || to > length || from > to) {
      throw new TemplateException("index out of range: " + from);
    }
    if (value instanceof String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      byte[] cut = Arrays.copyOfRange(bytes, (int) from, (int) to);
      return new String(cut, StandardCharsets.UTF_8);
    }
    if (value instanceof List<?> list) {
      return list.subList((int) from, (int) to);
    }
    throw new TemplateException("can't slice item of type " + GoValues.type(value));
  }

  private static String print(Arguments arguments, boolean line) throws TemplateException {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < arguments.size(); i++) {
      Object value = arguments.get(i);
      boolean apart =
          i > 0 && !(value instanceof String) && !(arguments.get(i - 1) instanceof String);
      if (i > 0 && (line || apart)) {
        out.append(' ');
      }
      GoValues.print(value, out, 0);
    }
    if (line) {
      out.append('\n');
    }
    Arguments.checkLength(out.length());
    return out.toString();
  }

  private static String html(String text) throws TemplateException {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        case '\0' -> out.append('\ufffd');
        default -> out.append(c);
      }
    }
    Arguments.checkLength(out.length());
    return out.toString();
  }

  private static String js(String text) throws TemplateException {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ("\\'\"".indexOf(c) >= 0) {
        out.append('\\').append(c);
      } else if (c < ' ' || "<>&=".indexOf(c) >= 0) {
        out.append(String.format(Locale.ROOT, "\\u%04X", (int) c));
      } else {
        out.append(c);
      }
    }
    Arguments.checkLength(out.length());
    return out.toString();
  }

  /** Numbers become floats, as in Go; what is no JSON becomes nothing. */
  private static @Nullable Object fromJson(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      Object value = value(parser);
      return parser.nextToken() == null ? value : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static @Nullable Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new HashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String key = parser.currentName();
          parser.nextToken();
          map.put(key, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case null, default -> null;
    };
  }
}

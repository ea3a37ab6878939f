package io.trilith.traceql.ast;

import io.trilith.storage.text.FloatText;
import java.util.Locale;

/** Writes parts of a tree as TraceQL. */
public final class Printer {
  private static final String[] KINDS = {
    "unspecified", "internal", "server", "client", "producer", "consumer"
  };
  private static final String[] STATUSES = {"unset", "ok", "error"};

  private Printer() {}

  public static String kind(int code) {
    return code >= 0 && code < KINDS.length ? KINDS[code] : Integer.toString(code);
  }

  public static String status(int code) {
    return code >= 0 && code < STATUSES.length ? STATUSES[code] : Integer.toString(code);
  }

  public static String print(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> print(literal.value());
      case Expression.AttributeField field ->
          field.scope().text() + "." + attributeName(field.name());
      case Expression.IntrinsicField field -> field.intrinsic().text();
      case Expression.Not not -> "!" + operand(not.operand());
      case Expression.Minus minus -> "-" + operand(minus.operand());
      case Expression.Arithmetic arithmetic ->
          infix(arithmetic.left(), arithmetic.operator().text(), arithmetic.right());
      case Expression.Comparison comparison ->
          infix(comparison.left(), comparison.operator().text(), comparison.right());
      case Expression.Match match ->
          operand(match.operand())
              + (match.negated() ? " !~ " : " =~ ")
              + quoted(match.regex().pattern());
      case Expression.Logical logical ->
          infix(logical.left(), logical.isAnd() ? "&&" : "||", logical.right());
    };
  }

  private static String infix(Expression left, String operator, Expression right) {
    return operand(left) + " " + operator + " " + operand(right);
  }

  private static String operand(Expression expression) {
    return switch (expression) {
      case Expression.Literal _, Expression.AttributeField _, Expression.IntrinsicField _ ->
          print(expression);
      case Expression.Not _,
          Expression.Minus _,
          Expression.Arithmetic _,
          Expression.Comparison _,
          Expression.Match _,
          Expression.Logical _ ->
          "(" + print(expression) + ")";
    };
  }

  /** Quoted where it has to be. */
  public static String attributeName(String name) {
    boolean plain = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      plain &= " \t\r\n{}()=~!<>&|^,\"\\".indexOf(name.charAt(i)) < 0;
    }
    return plain ? name : quoted(name);
  }

  public static String print(Pipeline.Aggregate aggregate) {
    Expression operand = aggregate.operand();
    String name = aggregate.kind().name().toLowerCase(Locale.ROOT);
    return name + "(" + (operand == null ? "" : print(operand)) + ")";
  }

  public static String print(Static value) {
    return switch (value) {
      case Static.Text text -> quoted(text.value());
      case Static.Items items -> {
        StringBuilder out = new StringBuilder("[");
        for (Static item : items.values()) {
          out.append(out.length() == 1 ? "" : ", ").append(print(item));
        }
        yield out.append(']').toString();
      }
      case Static.Nil _,
          Static.Int _,
          Static.Real _,
          Static.Bool _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _ ->
          text(value);
    };
  }

  /** The value as text without quotes. */
  public static String text(Static value) {
    return switch (value) {
      case Static.Nil _ -> "nil";
      case Static.Int number -> Long.toString(number.value());
      case Static.Real number -> FloatText.plain(number.value());
      case Static.Text text -> text.value();
      case Static.Bool bool -> Boolean.toString(bool.value());
      case Static.Duration duration -> GoDuration.format(duration.nanos());
      case Static.Status status -> status(status.code());
      case Static.Kind kind -> kind(kind.code());
      case Static.Items _ -> print(value);
    };
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        case '\r' -> out.append("\\r");
        default -> out.append(c);
      }
    }
    return out.append('"').toString();
  }
}

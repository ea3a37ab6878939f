package io.trilith.promql;

import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.promql.ast.DurationExpr;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Expr.At;
import io.trilith.promql.ast.Trees;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.FloatText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** Prints trees as queries on one line. Parsing what is printed gives an equal tree. */
public final class QueryPrinter {
  private QueryPrinter() {}

  /** Without recursion: what is to be printed is a list of texts and nodes, the next one first. */
  public static String print(Expr expr) {
    StringBuilder text = new StringBuilder();
    Deque<Object> open = new ArrayDeque<>();
    open.push(expr);
    while (!open.isEmpty()) {
      Object piece = open.pop();
      if (piece instanceof Expr node) {
        Trees.pushAll(pieces(node), open);
      } else {
        text.append(piece);
      }
    }
    return text.toString();
  }

  private static List<Object> pieces(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral number -> List.of(number(number));
      case Expr.StringLiteral text -> List.of(Literals.quote(text.value()));
      case Expr.Paren paren -> List.of("(", paren.inner(), ")");
      case Expr.Negation negation -> List.of("-", negation.operand());
      case Expr.Positive positive -> List.of("+", positive.operand());
      case Expr.VectorSelector selector ->
          List.of(selector(selector) + edge(selector) + shift(selector.shift()));
      case Expr.MatrixSelector matrix ->
          List.of(
              selector(matrix.selector())
                  + "["
                  + duration(matrix.range())
                  + "]"
                  + edge(matrix.selector())
                  + shift(matrix.selector().shift()));
      case Expr.Subquery subquery ->
          List.of(
              subquery.inner(),
              "["
                  + duration(subquery.range())
                  + ":"
                  + (subquery.step() == null ? "" : duration(subquery.step()))
                  + "]"
                  + shift(subquery.shift()));
      case Expr.Call call -> call(call);
      case Expr.Aggregation aggregation -> aggregation(aggregation);
      case Expr.Binary binary ->
          List.of(
              binary.left(),
              " "
                  + binary.op().text()
                  + (binary.bool() ? " bool" : "")
                  + matching(binary.matching())
                  + " ",
              binary.right());
    };
  }

  private static String number(Expr.NumberLiteral number) {
    // Only durations end in one of their units.
    char last = number.text().charAt(number.text().length() - 1);
    boolean duration =
        !number.text().toLowerCase(Locale.ROOT).contains("0x") && "smhdwySMHDWY".indexOf(last) >= 0;
    return duration ? number.text() : FloatText.plain(number.value());
  }

  private static List<Object> call(Expr.Call call) {
    List<Object> pieces = new ArrayList<>();
    pieces.add(call.function().name() + "(");
    for (int i = 0; i < call.arguments().size(); i++) {
      pieces.add(i == 0 ? "" : ", ");
      pieces.add(call.arguments().get(i));
    }
    pieces.add(")");
    return pieces;
  }

  private static List<Object> aggregation(Expr.Aggregation node) {
    StringBuilder text = new StringBuilder(node.op().text());
    if (node.without() || !node.grouping().isEmpty()) {
      text.append(node.without() ? " without " : " by ").append(names(node.grouping())).append(' ');
    }
    text.append('(');
    return node.parameter() == null
        ? List.of(text, node.inner(), ")")
        : List.of(text, node.parameter(), ", ", node.inner(), ")");
  }

  private static String names(List<String> names) {
    List<String> printed = new ArrayList<>();
    names.forEach(name -> printed.add(plainLabel(name) ? name : Literals.quote(name)));
    return "(" + String.join(", ", printed) + ")";
  }

  private static boolean plainLabel(String name) {
    return plain(name) && name.indexOf(':') < 0;
  }

  private static boolean plain(String name) {
    boolean letters = !name.isEmpty() && (name.charAt(0) < '0' || name.charAt(0) > '9');
    for (int i = 0; i < name.length() && letters; i++) {
      char c = name.charAt(i);
      letters =
          c == '_'
              || c == ':'
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9');
    }
    return letters;
  }

  private static String matching(VectorMatching matching) {
    StringBuilder text = new StringBuilder();
    boolean grouped =
        matching.cardinality() == Cardinality.MANY_TO_ONE
            || matching.cardinality() == Cardinality.ONE_TO_MANY;
    if (matching.on() || !matching.labels().isEmpty() || grouped) {
      text.append(matching.on() ? " on " : " ignoring ").append(names(matching.labels()));
    }
    if (grouped) {
      boolean left = matching.cardinality() == Cardinality.MANY_TO_ONE;
      text.append(left ? " group_left " : " group_right ").append(names(matching.include()));
    }
    Double left = matching.fillLeft();
    Double right = matching.fillRight();
    if (left != null && left.equals(right)) {
      text.append(" fill (").append(FloatText.plain(left)).append(')');
    } else {
      if (left != null) {
        text.append(" fill_left (").append(FloatText.plain(left)).append(')');
      }
      if (right != null) {
        text.append(" fill_right (").append(FloatText.plain(right)).append(')');
      }
    }
    return text.toString();
  }

  private static String selector(Expr.VectorSelector selector) {
    List<String> parts = new ArrayList<>();
    String name = selector.name() == null ? "" : selector.name();
    boolean plain = plain(name) && !reserved(name);
    if (!name.isEmpty() && !plain) {
      parts.add(Literals.quote(name));
    }
    boolean skippedName = name.isEmpty();
    for (Matcher matcher : selector.matchers()) {
      if (!skippedName && matcher.equals(Matcher.equal(Labels.NAME, name))) {
        skippedName = true;
        continue;
      }
      String label = plainLabel(matcher.name()) ? matcher.name() : Literals.quote(matcher.name());
      parts.add(label + matcher.op().text() + Literals.quote(matcher.value()));
    }
    String braces = parts.isEmpty() ? "" : "{" + String.join(",", parts) + "}";
    return plain ? name + braces : braces.isEmpty() ? "{}" : braces;
  }

  /** Words that cannot stand where a metric name does. */
  private static boolean reserved(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "on", "ignoring", "bool", "group_left", "group_right", "atan2", "inf", "nan" -> true;
      default -> false;
    };
  }

  private static String edge(Expr.VectorSelector selector) {
    return switch (selector.edge()) {
      case PLAIN -> "";
      case ANCHORED -> " anchored";
      case SMOOTHED -> " smoothed";
    };
  }

  private static String shift(Expr.Shift shift) {
    String at =
        switch (shift.at()) {
          case null -> "";
          case At.Start _ -> " @ start()";
          case At.End _ -> " @ end()";
          case At.Fixed(long millis) ->
              " @ " + java.math.BigDecimal.valueOf(millis, 3).toPlainString();
        };
    if (shift.offset() == null) {
      return at;
    }
    String offset =
        switch (shift.offset()) {
          case DurationExpr.Negated(DurationExpr inner) -> "-" + operand(inner);
          case DurationExpr other -> operand(other);
        };
    return at + " offset " + offset;
  }

  private static String operand(DurationExpr duration) {
    boolean compound =
        duration instanceof DurationExpr.Operation || duration instanceof DurationExpr.Negated;
    return compound ? "(" + duration(duration) + ")" : duration(duration);
  }

  private static String duration(DurationExpr duration) {
    return switch (duration) {
      case DurationExpr.Literal literal -> literal.text();
      case DurationExpr.Step _ -> "step()";
      case DurationExpr.Range _ -> "range()";
      case DurationExpr.Negated negated -> "-" + duration(negated.operand());
      case DurationExpr.Parenthesized parenthesized -> "(" + duration(parenthesized.inner()) + ")";
      case DurationExpr.Pick pick ->
          (pick.smaller() ? "min_of(" : "max_of(")
              + duration(pick.left())
              + ", "
              + duration(pick.right())
              + ")";
      case DurationExpr.Operation operation ->
          duration(operation.left())
              + " "
              + operation.operator()
              + " "
              + duration(operation.right());
    };
  }
}

package io.trilith.promql;

import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.promql.ast.ValueType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a query is evaluated: its operators, those they read from after them. Read-only. */
public final class QueryPlan {
  /** What becomes of the series an operator is given. */
  public enum Mode {
    /** They come from the store, one by one; other threads may help. */
    READS,
    /** They pass by, changed or not, one by one. */
    STREAMS,
    /** They are added to what is kept of their group. */
    FOLDS,
    /** One side is kept; the other passes by. */
    JOINS,
    /** Copies of all of them are kept. */
    COLLECTS,
    /** There are none: numbers. */
    COMPUTES
  }

  /**
   * An operator.
   *
   * @param number of the operator, from 1
   * @param parent number of the operator that takes its series, 0 for the outermost
   * @param depth how many operators are around it
   * @param name such as {@code sum by (job)}, {@code rate} or {@code select}
   * @param details what it reads and how; may be empty
   */
  public record Operator(
      int number, int parent, int depth, String name, Mode mode, String details) {}

  private final List<Operator> operators = new ArrayList<>();
  private final IdentityHashMap<Expr, Integer> numberOf = new IdentityHashMap<>();
  private final Map<Integer, Integer> firstOf = new HashMap<>();
  private final Structure structure;

  QueryPlan(Expr root, Structure structure) {
    this.structure = structure;
    Deque<Below> open = new ArrayDeque<>();
    open.push(new Below(root, 0, 0));
    while (!open.isEmpty()) {
      Trees.pushAll(add(open.pop()), open);
    }
  }

  public List<Operator> operators() {
    return List.copyOf(operators);
  }

  /** The number of a node's operator, or 0. */
  int number(Expr node) {
    return numberOf.getOrDefault(node, 0);
  }

  /** A line per operator, indented by depth. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (Operator operator : operators) {
      text.repeat("  ", operator.depth()).append('#').append(operator.number()).append(' ');
      text.append(operator.name()).append("  [").append(word(operator.mode())).append(']');
      if (!operator.details().isEmpty()) {
        text.append("  ").append(operator.details());
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** How a mode is told. */
  public static String word(Mode mode) {
    return mode.name().toLowerCase(java.util.Locale.ROOT);
  }

  /** A node to be added below an operator. */
  private record Below(Expr expr, int parent, int depth) {}

  /** Adds a node; answers those below it. */
  private List<Below> add(Below added) {
    Expr node = added.expr();
    while (node instanceof Expr.Paren || node instanceof Expr.Positive) {
      node = node.children().findFirst().orElseThrow();
    }
    if (node instanceof Expr.NumberLiteral || node instanceof Expr.StringLiteral) {
      return List.of();
    }
    int number = operators.size() + 1;
    List<String> details = new ArrayList<>();
    Expr range = range(node);
    if (node instanceof Expr.VectorSelector || range != null) {
      details.add(QueryPrinter.print(range == null ? node : range));
    }
    details.addAll(keeps(node));
    if (structure.invariance().worthwhile(node)) {
      details.add("at one time for all steps");
    }
    int shared = structure.shared(node);
    Integer first = shared < 0 ? null : firstOf.putIfAbsent(shared, number);
    if (first != null) {
      details.add("same as #" + first + ", evaluated once if it fits");
    }
    operators.add(
        new Operator(
            number,
            added.parent(),
            added.depth(),
            name(node),
            mode(node, range),
            String.join("; ", details)));
    numberOf.put(node, number);
    List<Below> below = new ArrayList<>();
    for (Expr child : first != null ? List.<Expr>of() : node.children().toList()) {
      if (child.unwrapped() instanceof Expr.Subquery subquery) {
        below.add(new Below(subquery.inner(), number, added.depth() + 1));
      } else if (child.type() != ValueType.MATRIX) {
        below.add(new Below(child, number, added.depth() + 1));
      }
    }
    return below;
  }

  private static @Nullable Expr range(Expr node) {
    if (node instanceof Expr.MatrixSelector || node instanceof Expr.Subquery) {
      return node;
    }
    if (node instanceof Expr.Call call) {
      for (Expr argument : call.arguments()) {
        if (argument.unwrapped() instanceof Expr.MatrixSelector matrix) {
          return matrix;
        }
        if (argument.unwrapped() instanceof Expr.Subquery subquery) {
          return subquery;
        }
      }
    }
    return null;
  }

  private static String name(Expr node) {
    return switch (node) {
      case Expr.VectorSelector _, Expr.MatrixSelector _ -> "select";
      case Expr.Subquery _ -> "subquery";
      case Expr.Call call -> call.function().name();
      case Expr.Negation _ -> "-";
      case Expr.Binary binary -> binary.op().text() + (binary.bool() ? " bool" : "");
      case Expr.Aggregation aggregation -> {
        String grouping = String.join(", ", aggregation.grouping());
        boolean plain = !aggregation.without() && aggregation.grouping().isEmpty();
        String by = aggregation.without() ? " without (" : " by (";
        yield aggregation.op().text() + (plain ? "" : by + grouping + ")");
      }
      case Expr.NumberLiteral _, Expr.StringLiteral _, Expr.Paren _, Expr.Positive _ ->
          throw new IllegalStateException("no operator");
    };
  }

  private static Mode mode(Expr node, @Nullable Expr range) {
    if (node.type() == ValueType.SCALAR) {
      return Mode.COMPUTES;
    }
    return switch (node) {
      case Expr.VectorSelector _, Expr.MatrixSelector _ -> Mode.READS;
      case Expr.Subquery _ -> Mode.COLLECTS;
      case Expr.Aggregation aggregation ->
          switch (aggregation.op()) {
            case QUANTILE -> Mode.COLLECTS;
            default -> Mode.FOLDS;
          };
      case Expr.Binary binary
          when binary.op().kind() == BinaryOp.Kind.SET
              || binary.left().type() == ValueType.SCALAR
              || binary.right().type() == ValueType.SCALAR ->
          Mode.STREAMS;
      case Expr.Binary _ -> Mode.JOINS;
      case Expr.Call call
          when call.function().name().startsWith("sort")
              || (Functions.streams(call) && call.function().name().startsWith("histogram")) ->
          Mode.COLLECTS;
      case Expr.Call _ when range instanceof Expr.Subquery -> Mode.COLLECTS;
      case Expr.Call _ when range != null -> Mode.READS;
      default -> Mode.STREAMS;
    };
  }

  private static List<String> keeps(Expr node) {
    if (!(node instanceof Expr.Binary binary) || mode(node, null) == Mode.COMPUTES) {
      return List.of();
    }
    if (binary.op().kind() == BinaryOp.Kind.SET) {
      return List.of("keeps where the " + (binary.op() == BinaryOp.OR ? "left" : "right") + " is");
    }
    if (mode(node, null) != Mode.JOINS) {
      return List.of();
    }
    boolean left =
        binary.matching().cardinality() == io.trilith.engine.VectorMatching.Cardinality.ONE_TO_MANY;
    return List.of("keeps the " + (left ? "left" : "right") + " side");
  }
}

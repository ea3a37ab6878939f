package io.trilith.rules.lint;

import io.trilith.engine.VectorMatching;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which labels may be left at each place of a PromQL expression. */
final class LabelFlow {
  private final IdentityHashMap<Expr, LabelSet> found = new IdentityHashMap<>();

  /**
   * Of a whole expression.
   *
   * @param leaf the labels of the series that a selector finds
   */
  LabelFlow(Expr root, Function<Expr.VectorSelector, LabelSet> leaf) {
    for (Expr node : Trees.postOrder(root)) {
      found.put(
          node, node instanceof Expr.VectorSelector selector ? leaf.apply(selector) : inner(node));
    }
  }

  /** Those of what a node results in. */
  LabelSet at(Expr node) {
    return found.getOrDefault(node, LabelSet.ANY);
  }

  /** Those that a selector says itself: of series of which nothing else is known. */
  static LabelSet byMatchers(Expr.VectorSelector selector) {
    List<String> absent = new ArrayList<>();
    for (Matcher matcher : selector.matchers()) {
      if (matcher.op() == Matcher.Op.EQUAL && matcher.value().isEmpty()) {
        absent.add(matcher.name());
      }
    }
    return LabelSet.ANY.without(absent);
  }

  private LabelSet inner(Expr node) {
    return switch (node) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> LabelSet.NONE;
      case Expr.VectorSelector selector -> byMatchers(selector);
      case Expr.MatrixSelector matrix -> at(matrix.selector());
      case Expr.Subquery subquery -> at(subquery.inner());
      case Expr.Negation negation -> at(negation.operand());
      case Expr.Positive positive -> at(positive.operand());
      case Expr.Paren paren -> at(paren.inner());
      case Expr.Call call -> call(call);
      case Expr.Aggregation aggregation -> aggregation(aggregation);
      case Expr.Binary binary -> binary(binary);
    };
  }

  private LabelSet aggregation(Expr.Aggregation node) {
    LabelSet inner = at(node.inner());
    return switch (node.op()) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> inner;
      case COUNT_VALUES -> grouped(node, inner).with(texts(node.parameter()));
      case SUM, AVG, COUNT, MIN, MAX, GROUP, STDDEV, STDVAR, QUANTILE -> grouped(node, inner);
    };
  }

  private static LabelSet grouped(Expr.Aggregation node, LabelSet inner) {
    return node.without()
        ? inner.without(node.grouping()).without(List.of(Labels.NAME))
        : inner.only(node.grouping());
  }

  private static List<String> texts(@Nullable Expr parameter) {
    return parameter != null && parameter.unwrapped() instanceof Expr.StringLiteral text
        ? List.of(text.value())
        : List.of();
  }

  private LabelSet call(Expr.Call call) {
    if (call.type() == ValueType.SCALAR) {
      return LabelSet.NONE;
    }
    Expr first = null;
    for (Expr argument : call.arguments()) {
      ValueType type = argument.type();
      if (first == null && (type == ValueType.VECTOR || type == ValueType.MATRIX)) {
        first = argument;
      }
    }
    if (first == null) {
      return LabelSet.NONE;
    }
    LabelSet inner = at(first);
    return switch (call.function().name()) {
      case "absent", "absent_over_time" -> LabelSet.of(equalities(first));
      case "label_replace", "label_join" -> inner.with(texts(call.arguments().get(1)));
      case "histogram_quantile" -> inner.without(List.of("le"));
      case "histogram_quantiles" ->
          inner.without(List.of("le")).with(texts(call.arguments().get(1)));
      case "info" -> LabelSet.ANY;
      default -> inner;
    };
  }

  /** The labels that the selector below absent asks to be equal to something. */
  private static List<String> equalities(Expr argument) {
    Expr plain = argument.unwrapped();
    Expr inner = plain instanceof Expr.MatrixSelector matrix ? matrix.selector() : plain;
    List<String> names = new ArrayList<>();
    if (inner instanceof Expr.VectorSelector selector) {
      for (Matcher matcher : selector.matchers()) {
        if (matcher.op() == Matcher.Op.EQUAL && !matcher.name().equals(Labels.NAME)) {
          names.add(matcher.name());
        }
      }
    }
    return names;
  }

  private LabelSet binary(Expr.Binary node) {
    if (node.scalar()) {
      return LabelSet.NONE;
    }
    LabelSet left = at(node.left());
    LabelSet right = at(node.right());
    if (node.op().kind() == BinaryOp.Kind.SET) {
      return node.op() == BinaryOp.OR ? left.or(right) : left;
    }
    if (node.left().type() == ValueType.SCALAR) {
      return right;
    }
    if (node.right().type() == ValueType.SCALAR) {
      return left;
    }
    VectorMatching matching = node.matching();
    return switch (matching.cardinality()) {
      case ONE_TO_ONE ->
          matching.on() ? left.only(matching.labels()) : left.without(matching.labels());
      case MANY_TO_ONE -> left.with(matching.include());
      case ONE_TO_MANY -> right.with(matching.include());
      case MANY_TO_MANY -> left;
    };
  }
}

package io.trilith.promql.parser;

import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.error.InvalidRequestException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Says what a grammar cannot: types, numbers of arguments, what goes with what. */
final class TypeChecker {
  private static final Set<String> ANCHORABLE =
      Set.of("changes", "delta", "increase", "rate", "resets");
  private static final Set<String> SMOOTHABLE = Set.of("delta", "increase", "rate");

  private final String query;

  TypeChecker(String query) {
    this.query = query;
  }

  /** Checks all nodes, those below another before it. */
  void check(Expr root) {
    List<Expr> nodes = new ArrayList<>();
    Deque<Expr> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Expr node = open.pop();
      nodes.add(node);
      checked(node).forEach(open::push);
    }
    Collections.reverse(nodes);
    nodes.forEach(this::checkNode);
  }

  /** The nodes below one that are expressions of their own. */
  private static Stream<Expr> checked(Expr node) {
    boolean info = node instanceof Expr.Call call && call.function().name().equals("info");
    return node instanceof Expr.MatrixSelector
        ? Stream.of()
        : node.children().limit(info ? 1 : Integer.MAX_VALUE);
  }

  private void checkNode(Expr expr) {
    switch (expr) {
      case Expr.NumberLiteral _, Expr.StringLiteral _ -> {}
      case Expr.VectorSelector selector -> {
        checkMatchers(selector);
        if (selector.edge() == Expr.Edge.ANCHORED) {
          throw error(expr, "anchored modifier can only be used with range selectors");
        }
      }
      case Expr.MatrixSelector matrix -> checkMatchers(matrix.selector());
      case Expr.Paren _ -> {}
      case Expr.Subquery subquery -> {
        if (subquery.inner().type() != ValueType.VECTOR
            && subquery.inner().type() != ValueType.SCALAR) {
          throw error(
              expr,
              "subquery is only allowed on instant vector, got "
                  + subquery.inner().type().text()
                  + " instead");
        }
      }
      case Expr.Negation negation -> checkUnary(negation.operand());
      case Expr.Positive positive -> checkUnary(positive.operand());
      case Expr.Aggregation aggregation -> checkAggregation(aggregation);
      case Expr.Call call -> checkCall(call);
      case Expr.Binary binary -> checkBinary(binary);
    }
  }

  private void checkMatchers(Expr.VectorSelector selector) {
    boolean selective = selector.matchers().stream().anyMatch(matcher -> !matcher.matches(""));
    if (!selective) {
      throw error(selector, "vector selector must contain at least one non-empty matcher");
    }
    long names = selector.matchers().stream().filter(m -> m.name().equals("__name__")).count();
    if (selector.name() != null && names > 1) {
      throw error(selector, "metric name must not be set twice: \"" + selector.name() + "\"");
    }
  }

  private void checkUnary(Expr operand) {
    if (operand.type() != ValueType.SCALAR && operand.type() != ValueType.VECTOR) {
      throw error(
          operand,
          "unary expression only allowed on expressions of type scalar or instant vector, got \""
              + operand.type().text()
              + "\"");
    }
  }

  private void checkAggregation(Expr.Aggregation aggregation) {
    expect(aggregation.inner(), ValueType.VECTOR, "aggregation expression");
    if (aggregation.parameter() != null) {
      expect(
          aggregation.parameter(),
          aggregation.op() == AggregateOp.COUNT_VALUES ? ValueType.STRING : ValueType.SCALAR,
          "aggregation parameter");
    }
  }

  private void checkCall(Expr.Call call) {
    FunctionSignature function = call.function();
    List<Expr> arguments = call.arguments();
    int least = function.argumentsMin();
    int most = function.optional() < 0 ? Integer.MAX_VALUE : function.arguments().size();
    if (arguments.size() < least || arguments.size() > most) {
      String bound =
          least == most
              ? least + ""
              : arguments.size() < least ? "at least " + least : "at most " + most;
      throw error(
          call,
          "expected %s argument(s) in call to \"%s\", got %d"
              .formatted(bound, function.name(), arguments.size()));
    }
    for (int i = 0; i < arguments.size(); i++) {
      Expr argument = arguments.get(i);
      if (function.name().equals("info") && i == 1) {
        checkInfoSelector(argument);
        continue;
      }
      expect(argument, function.argument(i), "call to function \"" + function.name() + "\"");
      if (argument.unwrapped() instanceof Expr.MatrixSelector matrix) {
        checkEdge(matrix, function.name());
      }
    }
  }

  private void checkInfoSelector(Expr argument) {
    boolean plain =
        argument instanceof Expr.VectorSelector selector
            && selector.name() == null
            && selector.shift().equals(Expr.Shift.NONE);
    if (!plain) {
      throw error(argument, "expected label selectors only");
    }
  }

  private void checkEdge(Expr.MatrixSelector matrix, String function) {
    Expr.Edge edge = matrix.selector().edge();
    if (edge == Expr.Edge.ANCHORED && !ANCHORABLE.contains(function)) {
      throw error(
          matrix,
          "anchored modifier can only be used with: changes, delta, increase, rate, resets"
              + " - not with "
              + function);
    }
    if (edge == Expr.Edge.SMOOTHED && !SMOOTHABLE.contains(function)) {
      throw error(
          matrix,
          "smoothed modifier can only be used with: delta, increase, rate - not with " + function);
    }
  }

  private void checkBinary(Expr.Binary binary) {
    BinaryOp op = binary.op();
    boolean comparison = op.kind() == BinaryOp.Kind.COMPARISON;
    if (binary.bool() && !comparison) {
      throw error(binary, "bool modifier can only be used on comparison operators");
    }
    ValueType left = binary.left().type();
    ValueType right = binary.right().type();
    if (!numeric(left) || !numeric(right)) {
      throw error(binary, "binary expression must contain only scalar and instant vector types");
    }
    if (left == ValueType.VECTOR && right == ValueType.VECTOR) {
      checkGroups(binary);
      return;
    }
    if (op.kind() == BinaryOp.Kind.SET) {
      throw error(
          binary, "set operator \"" + op.text() + "\" not allowed in binary scalar expression");
    }
    boolean matched =
        binary.matching().on()
            || !binary.matching().labels().isEmpty()
            || binary.matching().cardinality() != Cardinality.ONE_TO_ONE;
    if (matched) {
      throw error(binary, "vector matching only allowed between instant vectors");
    }
    if (binary.matching().fillLeft() != null || binary.matching().fillRight() != null) {
      throw error(binary, "filling in missing series only allowed between instant vectors");
    }
    if (comparison && !binary.bool() && left == ValueType.SCALAR && right == ValueType.SCALAR) {
      throw error(binary, "comparisons between scalars must use BOOL modifier");
    }
  }

  private void checkGroups(Expr.Binary binary) {
    if (!binary.matching().on()) {
      return;
    }
    for (String label : binary.matching().labels()) {
      if (binary.matching().include().contains(label)) {
        throw error(
            binary, "label \"" + label + "\" must not occur in ON and GROUP clause at once");
      }
    }
  }

  private static boolean numeric(ValueType type) {
    return type == ValueType.SCALAR || type == ValueType.VECTOR;
  }

  private void expect(Expr expr, ValueType expected, String where) {
    if (expr.type() != expected) {
      throw error(
          expr,
          "expected type " + expected.text() + " in " + where + ", got " + expr.type().text());
    }
  }

  private InvalidRequestException error(Expr expr, String message) {
    return ParseErrors.at(query, expr.position(), message);
  }
}

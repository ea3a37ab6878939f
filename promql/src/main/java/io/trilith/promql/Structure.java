package io.trilith.promql;

import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Matcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which parts of a query say the same, wherever they stand in its text. Parts are told apart by
 * number. Read-only.
 */
final class Structure {
  private final Set<Integer> detectingResets;
  private final Invariance invariance;
  private final Map<List<Object>, Integer> numbers = new HashMap<>();
  private final IdentityHashMap<Expr, Integer> numberOf = new IdentityHashMap<>();
  private final Map<Integer, Integer> uses = new HashMap<>();

  /** Selectors at the given positions find other histograms than those elsewhere. */
  Structure(Expr root, Set<Integer> detectingResets) {
    this.detectingResets = detectingResets;
    this.invariance = new Invariance(root);
    Trees.postOrder(root).forEach(this::number);
    count(root);
  }

  /** The number of a vector that occurs more than once, or -1. */
  int shared(Expr expr) {
    Integer number = numberOf.get(expr);
    return number != null && uses.getOrDefault(number, 0) > 1 ? number : -1;
  }

  /** Where the nodes of one part are that is said twice: positions there, by positions here. */
  static Map<Integer, Integer> positions(Expr here, Expr there) {
    Map<Integer, Integer> positions = new HashMap<>();
    List<Expr> theirs = Trees.postOrder(there);
    int at = 0;
    for (Expr ours : Trees.postOrder(here)) {
      positions.put(ours.position(), theirs.get(at++).position());
    }
    return positions;
  }

  /** What a selector selects, to be compared. */
  static List<Object> key(List<Matcher> matchers) {
    List<Object> key = new ArrayList<>();
    for (Matcher matcher : matchers) {
      key.add(Arrays.asList(matcher.name(), matcher.op(), matcher.value()));
    }
    return key;
  }

  /** What of the query has the same value at every step. */
  Invariance invariance() {
    return invariance;
  }

  /** Those below have their numbers. */
  private void number(Expr expr) {
    List<Object> shape = new ArrayList<>();
    for (Expr child : expr.children().toList()) {
      shape.add(numberOf.getOrDefault(child, -1));
    }
    shape.add(expr.getClass());
    switch (expr) {
      case Expr.NumberLiteral number -> shape.add(Double.doubleToRawLongBits(number.value()));
      case Expr.StringLiteral text -> shape.add(text.value());
      case Expr.VectorSelector selector -> {
        shape.add(key(selector.matchers()));
        shape.add(selector.shift());
        shape.add(selector.edge());
        shape.add(detectingResets.contains(selector.position()));
      }
      case Expr.MatrixSelector matrix -> shape.add(matrix.range());
      case Expr.Subquery subquery ->
          shape.add(Arrays.asList(subquery.range(), subquery.step(), subquery.shift()));
      case Expr.Call call -> shape.add(call.function().name());
      case Expr.Aggregation aggregation ->
          shape.add(Arrays.asList(aggregation.op(), aggregation.grouping(), aggregation.without()));
      case Expr.Binary binary ->
          shape.add(Arrays.asList(binary.op(), binary.bool(), binary.matching()));
      case Expr.Negation _, Expr.Positive _, Expr.Paren _ -> {}
    }
    int number = numbers.computeIfAbsent(shape, _ -> numbers.size());
    numberOf.put(expr, number);
  }

  /** What is below a part that is there already is not evaluated again. */
  private void count(Expr root) {
    Set<Integer> seen = new HashSet<>();
    Deque<Expr> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Expr expr = open.pop();
      boolean shareable =
          expr.type() == ValueType.VECTOR
              && !(expr instanceof Expr.Paren)
              && invariance.reads(expr);
      if (shareable) {
        int number = numberOf.getOrDefault(expr, -1);
        uses.merge(number, 1, Integer::sum);
        if (!seen.add(number)) {
          continue;
        }
      }
      // The selector of a range is read by its function, not by itself.
      if (!(expr instanceof Expr.MatrixSelector)) {
        Trees.pushAll(expr.children().toList(), open);
      }
    }
  }
}

package io.trilith.promql;

import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.Arrays;
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
  private final Map<List<Object>, Integer> numbers = new HashMap<>();
  private final IdentityHashMap<Expr, Integer> numberOf = new IdentityHashMap<>();
  private final Map<Integer, Integer> uses = new HashMap<>();

  /** Selectors at the given positions find other histograms than those elsewhere. */
  Structure(Expr root, Set<Integer> detectingResets) {
    this.detectingResets = detectingResets;
    number(root);
    count(root, new HashSet<>());
  }

  /** The number of a vector that occurs more than once, or -1. */
  int shared(Expr expr) {
    Integer number = numberOf.get(expr);
    return number != null && uses.getOrDefault(number, 0) > 1 ? number : -1;
  }

  /** Where the nodes of one part are that is said twice: positions there, by positions here. */
  static Map<Integer, Integer> positions(Expr here, Expr there) {
    Map<Integer, Integer> positions = new HashMap<>();
    pair(here, there, positions);
    return positions;
  }

  private static void pair(Expr here, Expr there, Map<Integer, Integer> positions) {
    positions.put(here.position(), there.position());
    List<Expr> ours = here.children().toList();
    List<Expr> theirs = there.children().toList();
    for (int i = 0; i < ours.size(); i++) {
      pair(ours.get(i), theirs.get(i), positions);
    }
  }

  /** What a selector selects, to be compared. */
  static List<Object> key(List<Matcher> matchers) {
    List<Object> key = new ArrayList<>();
    for (Matcher matcher : matchers) {
      key.add(Arrays.asList(matcher.name(), matcher.op(), matcher.value()));
    }
    return key;
  }

  private int number(Expr expr) {
    List<Object> shape = new ArrayList<>();
    for (Expr child : expr.children().toList()) {
      shape.add(number(child));
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
    return number;
  }

  /** What is below a part that is there already is not evaluated again. */
  private void count(Expr expr, Set<Integer> seen) {
    boolean shareable =
        expr.type() == ValueType.VECTOR && !(expr instanceof Expr.Paren) && reads(expr);
    if (shareable) {
      int number = numberOf.getOrDefault(expr, -1);
      uses.merge(number, 1, Integer::sum);
      if (!seen.add(number)) {
        return;
      }
    }
    // The selector of a range is read by its function, not by itself.
    if (!(expr instanceof Expr.MatrixSelector)) {
      expr.children().forEach(child -> count(child, seen));
    }
  }

  private static boolean reads(Expr expr) {
    return expr instanceof Expr.VectorSelector || expr.children().anyMatch(Structure::reads);
  }
}

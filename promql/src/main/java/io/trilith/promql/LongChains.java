package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates chains of operators without recursion as deep as they are long. At intervals of a fixed
 * number of operators of a chain there is a station, whose value is worked out and kept before what
 * is above it is begun, the innermost first; from there on the value is as good as the chain below
 * it. Confined to one thread.
 */
final class LongChains {
  /** Operators between stations; each takes some frames of the stack, and a copy at a station. */
  private static final int LENGTH = 64;

  private final Evaluator evaluator;
  private final Set<Expr> stations = Collections.newSetFromMap(new IdentityHashMap<>());
  private final IdentityHashMap<Expr, Map<StepGrid, Value>> known = new IdentityHashMap<>();

  LongChains(Evaluator evaluator, Expr root) {
    this.evaluator = evaluator;
    IdentityHashMap<Expr, Integer> lengths = new IdentityHashMap<>();
    for (Expr node : Trees.postOrder(root)) {
      int length = 0;
      for (Expr child : sameGrid(node)) {
        length = Math.max(length, lengths.getOrDefault(child, 0) + 1);
      }
      if (length >= LENGTH && node instanceof Expr.Binary) {
        stations.add(node);
        length = 0;
      }
      if (length > 0) {
        lengths.put(node, length);
      }
    }
  }

  /** The nodes below one that are evaluated at the same times with it. */
  private static List<Expr> sameGrid(Expr node) {
    return switch (node) {
      case Expr.Binary binary -> List.of(binary.left(), binary.right());
      case Expr.Paren paren -> List.of(paren.inner());
      case Expr.Negation negation -> List.of(negation.operand());
      case Expr.Positive positive -> List.of(positive.operand());
      default -> List.of();
    };
  }

  /** Works out the stations below an expression. */
  void prepare(Expr expr, StepGrid grid) {
    if (stations.isEmpty() || evaluator.isFixed(expr, grid)) {
      return;
    }
    List<Expr> found = new ArrayList<>();
    Deque<Expr> open = new ArrayDeque<>(sameGrid(expr));
    while (!open.isEmpty()) {
      Expr node = open.pop();
      if (has(node, grid) || evaluator.isFixed(node, grid)) {
        continue;
      }
      if (stations.contains(node)) {
        found.add(node);
      }
      Trees.pushAll(sameGrid(node), open);
    }
    for (Expr station : found.reversed()) {
      Value value = evaluator.eval(station, grid);
      known.computeIfAbsent(station, _ -> new HashMap<>()).put(grid, value);
    }
  }

  boolean has(Expr expr, StepGrid grid) {
    Map<StepGrid, Value> values = known.get(expr);
    return values != null && values.containsKey(grid);
  }

  /** The value of a station, which is forgotten then; null for what is none. */
  @Nullable Value take(Expr expr, StepGrid grid) {
    Map<StepGrid, Value> values = known.get(expr);
    return values == null ? null : values.remove(grid);
  }

  /** Gives the series of a station one by one, and back what they took. */
  void give(Value.Vector vector, SeriesSink sink) {
    for (Series series : vector.series()) {
      evaluator.context().budget().giveBack(series.bytes());
      sink.accept(series);
    }
  }
}

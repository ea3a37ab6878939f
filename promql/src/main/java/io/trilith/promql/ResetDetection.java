package io.trilith.promql;

import io.trilith.promql.ast.Expr;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds the selectors of whose histograms only count and sum are asked. Their reset hints are
 * worked out while reading, so that conflicts between series show.
 */
final class ResetDetection {
  private static final Set<String> TOTALS_ONLY =
      Set.of("histogram_count", "histogram_sum", "histogram_avg");
  private static final Set<String> BUCKETS =
      Set.of("histogram_quantile", "histogram_quantiles", "histogram_fraction");

  private ResetDetection() {}

  /** A node, and whether only counts and sums of its histograms are asked. */
  private record Asked(Expr expr, boolean totalsOnly) {}

  /** The positions of those selectors. */
  static Set<Integer> selectors(Expr root) {
    Set<Integer> found = new HashSet<>();
    Deque<Asked> open = new ArrayDeque<>();
    open.push(new Asked(root, false));
    while (!open.isEmpty()) {
      Asked node = open.pop();
      if (node.expr() instanceof Expr.VectorSelector selector && node.totalsOnly()) {
        found.add(selector.position());
      }
      boolean below = below(node);
      node.expr().children().forEach(child -> open.push(new Asked(child, below)));
    }
    return found;
  }

  private static boolean below(Asked node) {
    return switch (node.expr()) {
      case Expr.Call call -> {
        String name = call.function().name();
        yield !BUCKETS.contains(name) && (node.totalsOnly() || TOTALS_ONLY.contains(name));
      }
      case Expr.Subquery _ -> false;
      default -> node.totalsOnly();
    };
  }
}

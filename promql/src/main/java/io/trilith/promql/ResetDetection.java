package io.trilith.promql;

import io.trilith.promql.ast.Expr;
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

  /** The positions of those selectors. */
  static Set<Integer> selectors(Expr root) {
    Set<Integer> found = new HashSet<>();
    collect(root, false, found);
    return found;
  }

  private static void collect(Expr expr, boolean totalsOnly, Set<Integer> found) {
    switch (expr) {
      case Expr.VectorSelector selector -> {
        if (totalsOnly) {
          found.add(selector.position());
        }
      }
      case Expr.Call call -> {
        String name = call.function().name();
        boolean below = !BUCKETS.contains(name) && (totalsOnly || TOTALS_ONLY.contains(name));
        call.arguments().forEach(argument -> collect(argument, below, found));
      }
      case Expr.Subquery subquery -> collect(subquery.inner(), false, found);
      default -> expr.children().forEach(child -> collect(child, totalsOnly, found));
    }
  }
}

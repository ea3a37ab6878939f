package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The sort functions. They order instant answers only. */
final class SortFunctions {
  private SortFunctions() {}

  static Value eval(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    List<Series> vector = evaluator.vector(call.arguments().get(0), grid);
    String name = call.function().name();
    if (evaluator.settings().range()) {
      evaluator.warn(
          "sort is ineffective for range queries since results are always ordered by labels",
          call.position());
      return new Value.Vector(vector);
    }
    List<Series> sorted = new ArrayList<>(vector);
    switch (name) {
      case "sort", "sort_desc" -> {
        sorted.removeIf(series -> series.steps() > 0 && series.histogram(0) != null);
        if (grid.count() == 1) {
          sorted.sort(byValue(name.equals("sort_desc")));
        }
      }
      default -> sorted.sort(byLabels(evaluator, call, name.equals("sort_by_label_desc")));
    }
    return new Value.Vector(sorted);
  }

  /** NaN comes last either way. */
  static Comparator<Series> byValue(boolean descending) {
    return (a, b) -> {
      boolean firstNan = Double.isNaN(a.value(0));
      boolean secondNan = Double.isNaN(b.value(0));
      if (firstNan || secondNan) {
        return Boolean.compare(firstNan, secondNan);
      }
      int order = a.value(0) < b.value(0) ? -1 : a.value(0) > b.value(0) ? 1 : 0;
      return descending ? -order : order;
    };
  }

  private static Comparator<Series> byLabels(
      Evaluator evaluator, Expr.Call call, boolean descending) {
    List<String> names = new ArrayList<>();
    for (int i = 1; i < call.arguments().size(); i++) {
      names.add(evaluator.text(call.arguments().get(i)));
    }
    Comparator<Series> order =
        (a, b) -> {
          for (String name : names) {
            int compared = NaturalOrder.compare(a.labels().get(name), b.labels().get(name));
            if (compared != 0) {
              return compared;
            }
          }
          return a.labels().compareTo(b.labels());
        };
    return descending ? order.reversed() : order;
  }
}

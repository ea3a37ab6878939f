package io.trilith.rules.lint;

import io.trilith.promql.QueryPrinter;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A selector of a PromQL expression and what stands around it.
 *
 * @param restartsSeen whether something above it knows that counters fall to zero, or asks only
 *     whether there are series
 * @param mayBeMissing whether the expression is right without series: those are what it asks for,
 *     or there is something instead
 */
record Selected(Expr.VectorSelector selector, boolean restartsSeen, boolean mayBeMissing) {
  private static final Set<String> ABSENT = Set.of("absent", "absent_over_time");
  private static final Set<String> COUNTER_FUNCTIONS =
      Set.of(
          "rate",
          "irate",
          "increase",
          "resets",
          "changes",
          "delta",
          "idelta",
          "deriv",
          "present_over_time",
          "count_over_time",
          "timestamp");

  private record Place(Expr node, boolean restartsSeen, boolean mayBeMissing) {}

  /** All of an expression, from left to right. */
  static List<Selected> of(Expr root) {
    List<Selected> found = new ArrayList<>();
    Deque<Place> open = new ArrayDeque<>();
    open.push(new Place(root, false, false));
    while (!open.isEmpty()) {
      Place place = open.pop();
      if (place.node() instanceof Expr.VectorSelector selector) {
        found.add(new Selected(selector, place.restartsSeen(), place.mayBeMissing()));
      }
      Trees.pushAll(below(place), open);
    }
    return found;
  }

  private static List<Place> below(Place place) {
    boolean seen = place.restartsSeen();
    boolean missing = place.mayBeMissing();
    return switch (place.node()) {
      case Expr.Call call -> {
        boolean absent = ABSENT.contains(call.function().name());
        boolean counts = absent || COUNTER_FUNCTIONS.contains(call.function().name());
        yield call.arguments().stream()
            .map(argument -> new Place(argument, seen || counts, missing || absent))
            .toList();
      }
      case Expr.Aggregation aggregation -> {
        boolean counts =
            aggregation.op() == AggregateOp.COUNT || aggregation.op() == AggregateOp.GROUP;
        yield aggregation
            .children()
            .map(child -> new Place(child, seen || counts, missing))
            .toList();
      }
      case Expr.Binary binary -> {
        boolean either = binary.op() == BinaryOp.OR;
        boolean asks = binary.op() == BinaryOp.AND || binary.op() == BinaryOp.UNLESS;
        boolean differs = binary.op() == BinaryOp.SUBTRACT;
        yield List.of(
            new Place(binary.left(), seen || differs, missing || either),
            new Place(
                binary.right(),
                seen || differs || asks,
                missing || either || binary.op() == BinaryOp.UNLESS));
      }
      default -> place.node().children().map(child -> new Place(child, seen, missing)).toList();
    };
  }

  /** The selector without a shift in time. */
  String text() {
    return text(selector.name(), selector.matchers());
  }

  private static String text(@Nullable String name, List<Matcher> all) {
    return QueryPrinter.print(
        new Expr.VectorSelector(0, name, all, Expr.Shift.NONE, Expr.Edge.PLAIN));
  }

  /** The name of the metric, empty when it is not one. */
  String metric() {
    for (Matcher matcher : selector.matchers()) {
      if (matcher.name().equals(Labels.NAME) && matcher.op() == Matcher.Op.EQUAL) {
        return matcher.value();
      }
    }
    return selector.name() == null ? "" : selector.name();
  }

  /** What finds all series of the metrics that the selector reads: what it says of their names. */
  String wholeMetrics() {
    List<Matcher> names = new ArrayList<>();
    for (Matcher matcher : selector.matchers()) {
      if (matcher.name().equals(Labels.NAME)) {
        names.add(matcher);
      }
    }
    if (names.isEmpty()) {
      return metric().isEmpty() ? text() : text(metric(), List.of());
    }
    return text(selector.name(), names);
  }
}

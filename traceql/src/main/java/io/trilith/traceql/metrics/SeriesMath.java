package io.trilith.traceql.metrics;

import io.trilith.traceql.ast.ArithmeticOperator;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** What can be done with series. */
final class SeriesMath {
  private SeriesMath() {}

  /** Division by zero is not a number, as a missing side is. */
  static double apply(ArithmeticOperator operator, double left, double right) {
    return switch (operator) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> right == 0 ? Double.NaN : left / right;
      case MODULO, POWER -> throw new IllegalStateException("not in the grammar");
    };
  }

  static List<Series> map(List<Series> input, DoubleUnaryOperator change) {
    List<Series> result = new ArrayList<>(input.size());
    for (Series series : input) {
      double[] values = series.values().clone();
      for (int i = 0; i < values.length; i++) {
        values[i] = change.applyAsDouble(values[i]);
      }
      result.add(new Series(series.labels(), values, series.exemplars()));
    }
    return result;
  }

  static List<Series> threshold(List<Series> input, Metrics.Threshold threshold) {
    return map(
        input,
        value -> {
          boolean keep =
              threshold.operator().test(Double.compare(value + 0.0, threshold.constant() + 0.0));
          return Double.isNaN(value) || !keep ? Double.NaN : value;
        });
  }

  /** Keeps the first or last few of each point; of equal ones the first labels win at the top. */
  static List<Series> rank(List<Series> input, Metrics.Rank rank) {
    List<Series> sorted = new ArrayList<>(input);
    sorted.sort(Comparator.comparing(Series::key));
    List<double[]> kept = new ArrayList<>();
    for (Series series : sorted) {
      double[] values = new double[series.values().length];
      Arrays.fill(values, Double.NaN);
      kept.add(values);
    }
    int points = sorted.isEmpty() ? 0 : sorted.getFirst().values().length;
    for (int point = 0; point < points; point++) {
      int at = point;
      List<Integer> present = new ArrayList<>();
      for (int i = 0; i < sorted.size(); i++) {
        if (!Double.isNaN(sorted.get(i).values()[point])) {
          present.add(i);
        }
      }
      Comparator<Integer> greatestFirst =
          Comparator.comparingDouble((Integer i) -> -sorted.get(i).values()[at])
              .thenComparingInt(i -> i);
      present.sort(rank.top() ? greatestFirst : greatestFirst.reversed());
      for (int i : present.subList(0, Math.min(rank.count(), present.size()))) {
        kept.get(i)[point] = sorted.get(i).values()[point];
      }
    }
    List<Series> result = new ArrayList<>();
    for (int i = 0; i < sorted.size(); i++) {
      result.add(new Series(sorted.get(i).labels(), kept.get(i), sorted.get(i).exemplars()));
    }
    return result;
  }

  /** Series of the same labels; a side that has only one without labels goes with all. */
  static List<Series> join(ArithmeticOperator operator, List<Series> left, List<Series> right) {
    Map<List<Series.Label>, Series> byGroup = new HashMap<>();
    right.forEach(series -> byGroup.put(series.group(), series));
    boolean oneLeft = left.size() == 1 && left.getFirst().group().isEmpty();
    boolean oneRight = right.size() == 1 && right.getFirst().group().isEmpty();
    List<Series> result = new ArrayList<>();
    if (oneLeft && !oneRight) {
      for (Series series : right) {
        result.add(combine(operator, left.getFirst(), series, series.labels()));
      }
      return result;
    }
    for (Series series : left) {
      Series other = oneRight ? right.getFirst() : byGroup.get(series.group());
      if (other != null) {
        result.add(combine(operator, series, other, labels(operator, series, other)));
      }
    }
    return result;
  }

  private static List<Series.Label> labels(ArithmeticOperator operator, Series left, Series right) {
    if (!left.group().isEmpty()) {
      return left.group();
    }
    String name = "(" + name(left) + " " + operator.text() + " " + name(right) + ")";
    return List.of(new Series.Label(Series.NAME, new Static.Text(name)));
  }

  private static String name(Series series) {
    for (Series.Label label : series.labels()) {
      if (label.name().equals(Series.NAME)) {
        return Printer.text(label.value());
      }
    }
    return "";
  }

  private static Series combine(
      ArithmeticOperator operator, Series left, Series right, List<Series.Label> labels) {
    double[] values = new double[left.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = apply(operator, left.values()[i], right.values()[i]);
    }
    return new Series(labels, values, left.exemplars());
  }
}

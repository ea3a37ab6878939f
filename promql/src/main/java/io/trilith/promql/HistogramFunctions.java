package io.trilith.promql;

import io.trilith.engine.FloatText;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.BucketCursor;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramMath;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Quantiles and fractions of native and classic histograms. Confined to one thread. */
final class HistogramFunctions {
  private final Evaluator evaluator;
  private final Expr.Call call;
  private final String name;
  private final Expr vector;

  HistogramFunctions(Evaluator evaluator, Expr.Call call) {
    this.evaluator = evaluator;
    this.call = call;
    this.name = call.function().name();
    this.vector =
        switch (name) {
          case "histogram_quantile" -> call.arguments().get(1);
          case "histogram_quantiles" -> call.arguments().get(0);
          default -> call.arguments().get(2);
        };
  }

  /** The series of one histogram: native ones, and classic buckets with their bounds. */
  private static final class Group {
    private final Labels labels;
    private final boolean dropsName;
    private final List<Series> natives = new ArrayList<>();
    private final List<Series> buckets = new ArrayList<>();
    private final List<Double> bounds = new ArrayList<>();

    Group(Labels labels, boolean dropsName) {
      this.labels = labels;
      this.dropsName = dropsName;
    }
  }

  Value eval(StepGrid grid) {
    List<double[]> parameters = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    String label = "";
    for (int i = 0; i < call.arguments().size(); i++) {
      Expr argument = call.arguments().get(i);
      switch (argument.type()) {
        case SCALAR -> {
          parameters.add(evaluator.scalar(argument, grid));
          positions.add(argument.position());
        }
        case STRING -> label = evaluator.text(argument);
        case VECTOR, MATRIX -> {}
      }
    }
    if (name.equals("histogram_quantiles")) {
      LabelFunctions.requireLabelName(label, name, "quantile");
    }
    List<Series> result = new ArrayList<>();
    List<Group> groups = groups(evaluator.vector(vector, grid));
    int runs = name.equals("histogram_fraction") ? 1 : parameters.size();
    for (int run = 0; run < runs; run++) {
      double[] first = parameters.get(run);
      double[] second = parameters.get(runs == parameters.size() ? run : 1);
      if (!name.equals("histogram_fraction")) {
        for (int step = 0; step < grid.count(); step++) {
          OverTimeKernels.checkQuantile(evaluator, first[step], positions.get(run));
        }
      }
      for (Group group : groups) {
        eval(group, first, second, label, result);
      }
    }
    return new Value.Vector(result);
  }

  private List<Group> groups(List<Series> input) {
    LabelGrouping grouping = LabelGrouping.without(List.of("le"));
    Map<Labels, Group> groups = new LinkedHashMap<>();
    for (Series series : input) {
      // The name tells histograms apart as long as it is not dropped for good.
      String metric = series.labels().get(Labels.NAME);
      Labels key = grouping.of(series.labels());
      Labels named = key.toBuilder().set(Labels.NAME, metric).build();
      boolean isClassic = false;
      boolean isNative = false;
      for (int step = 0; step < series.steps(); step++) {
        isClassic |= series.has(step) && series.histogram(step) == null;
        isNative |= series.histogram(step) != null;
      }
      if (isNative) {
        Labels all = series.labels();
        groups.computeIfAbsent(all, k -> new Group(all, true)).natives.add(series);
      }
      if (isClassic) {
        double bound = bound(series);
        if (!Double.isNaN(bound)) {
          Group group = groups.computeIfAbsent(named, k -> new Group(named, true));
          group.buckets.add(series);
          group.bounds.add(bound);
        }
      }
    }
    return new ArrayList<>(groups.values());
  }

  private double bound(Series series) {
    String text = series.labels().get("le");
    try {
      double bound = Literals.number(text);
      if (!Double.isNaN(bound)) {
        return bound;
      }
    } catch (NumberFormatException e) {
      // Said below, as for NaN.
    }
    warn(
        "bucket label \"le\" is missing or has a malformed value of "
            + Literals.quote(text)
            + forMetric(series.labels()));
    return Double.NaN;
  }

  private static String forMetric(Labels labels) {
    String metric = labels.get(Labels.NAME);
    return metric.isEmpty() ? "" : " for metric name " + Literals.quote(metric);
  }

  private void eval(
      Group group, double[] first, double[] second, String label, List<Series> result) {
    ClassicBuckets buckets = new ClassicBuckets();
    Labels.Builder changing = group.labels.toBuilder();
    Map<Labels, Series> outputs = new LinkedHashMap<>();
    for (int step = 0; step < first.length; step++) {
      Labels labels =
          label.isEmpty()
              ? group.labels
              : changing.set(label, FloatText.withPoint(first[step])).build();
      double value;
      FloatHistogram histogram = nativeAt(group, step);
      boolean classic = collect(group, step, buckets);
      if (histogram != null && classic) {
        warn("vector contains a mix of classic and native histograms" + forMetric(group.labels));
        continue;
      } else if (histogram != null) {
        value = ofNative(histogram, first[step], second[step], group.labels);
      } else if (classic) {
        value = ofClassic(buckets, first[step], second[step], group.labels);
      } else {
        continue;
      }
      outputs
          .computeIfAbsent(labels, k -> new Series(k, group.dropsName, first.length))
          .set(step, value);
    }
    result.addAll(outputs.values());
  }

  private static @Nullable FloatHistogram nativeAt(Group group, int step) {
    for (Series series : group.natives) {
      if (series.has(step) && series.histogram(step) != null) {
        return series.histogram(step);
      }
    }
    return null;
  }

  private static boolean collect(Group group, int step, ClassicBuckets buckets) {
    buckets.clear();
    for (int i = 0; i < group.buckets.size(); i++) {
      Series series = group.buckets.get(i);
      if (series.has(step) && series.histogram(step) == null) {
        buckets.add(group.bounds.get(i), series.value(step));
      }
    }
    return !buckets.isEmpty();
  }

  private double ofNative(FloatHistogram h, double first, double second, Labels labels) {
    boolean hasNan = Double.isNaN(h.sum()) && h.count() > 0;
    if (name.equals("histogram_fraction")) {
      if (hasNan && nanObservations(h)) {
        info(
            "input to histogram_fraction has NaN observations, which are excluded from all"
                + " fractions"
                + forMetric(labels));
      }
      return HistogramMath.fraction(first, second, h);
    }
    double value = HistogramMath.quantile(first, h);
    if (hasNan && first >= 0 && first <= 1 && nanObservations(h)) {
      info(
          "input to histogram_quantile has NaN observations, result is "
              + (Double.isNaN(value) ? "NaN" : "skewed higher")
              + forMetric(labels));
    }
    return value;
  }

  private static boolean nanObservations(FloatHistogram h) {
    BucketCursor cursor = new BucketCursor(h);
    double inBuckets = 0;
    while (cursor.next()) {
      inBuckets += cursor.count();
    }
    return inBuckets < h.count();
  }

  private double ofClassic(ClassicBuckets buckets, double first, double second, Labels labels) {
    boolean forced = buckets.makeMonotonic();
    if (name.equals("histogram_fraction")) {
      return buckets.fraction(first, second);
    }
    if (forced) {
      info(
          "input to histogram_quantile needed to be fixed for monotonicity (see"
              + " https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
              + forMetric(labels)
              + ": "
              + buckets.details());
    }
    return buckets.quantile(first);
  }

  private void warn(String text) {
    evaluator.warn(text, vector.position());
  }

  private void info(String text) {
    evaluator.info(text, vector.position());
  }
}

package io.trilith.promql;

import io.trilith.engine.GroupIndex;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.BucketCursor;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramMath;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.GoNumber;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** The series of one histogram: native ones, and classic buckets, ascending in their bounds. */
  private static final class Group {
    private final Labels labels;
    private final List<Series> natives = new ArrayList<>();
    private Series[] buckets = new Series[16];
    private double[] bounds = new double[16];
    private int size;

    Group(Labels labels) {
      this.labels = labels;
    }

    /** Of equal bounds the one that came first stays first. */
    void add(double bound, Series series) {
      if (size == bounds.length) {
        buckets = Arrays.copyOf(buckets, 2 * size);
        bounds = Arrays.copyOf(bounds, 2 * size);
      }
      int at = size;
      while (at > 0 && Double.compare(bounds[at - 1], bound) > 0) {
        at--;
      }
      System.arraycopy(buckets, at, buckets, at + 1, size - at);
      System.arraycopy(bounds, at, bounds, at + 1, size - at);
      buckets[at] = series;
      bounds[at] = bound;
      size++;
    }
  }

  void stream(StepGrid grid, SeriesSink sink) {
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
    List<Group> groups = groups(grid);
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
        evaluator.context().check();
        eval(group, first, second, label, sink);
      }
    }
  }

  private List<Group> groups(StepGrid grid) {
    // The name tells histograms apart as long as it is not dropped for good.
    LabelGrouping classic = LabelGrouping.allBut(List.of("le"));
    LabelGrouping whole = LabelGrouping.allBut(List.of());
    GroupIndex index = new GroupIndex();
    List<Group> groups = new ArrayList<>();
    evaluator.stream(
        vector,
        grid,
        given -> {
          boolean isClassic = false;
          boolean isNative = false;
          for (int step = 0; given.hasHistograms() && step < given.steps(); step++) {
            isClassic |= given.has(step) && given.histogram(step) == null;
            isNative |= given.histogram(step) != null;
          }
          isClassic |= !given.hasHistograms();
          double bound = isClassic ? bound(given) : Double.NaN;
          if (!isNative && Double.isNaN(bound)) {
            return;
          }
          evaluator.context().budget().addBytes(Series.bytes(grid.count()) + 16);
          Series series = given.copy();
          if (isNative) {
            group(index.of(whole, given.labels()), index, groups).natives.add(series);
          }
          if (!Double.isNaN(bound)) {
            group(index.of(classic, given.labels()), index, groups).add(bound, series);
          }
        });
    return groups;
  }

  private static Group group(int number, GroupIndex index, List<Group> groups) {
    if (number == groups.size()) {
      groups.add(new Group(index.key(number)));
    }
    return groups.get(number);
  }

  private double bound(Series series) {
    String text = series.labels().get("le");
    double bound = GoNumber.real(text).orElse(Double.NaN);
    if (!Double.isNaN(bound)) {
      return bound;
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

  private void eval(Group group, double[] first, double[] second, String label, SeriesSink sink) {
    ClassicBuckets buckets = new ClassicBuckets(group.size);
    Labels.Builder changing = group.labels.toBuilder();
    Map<Labels, Series> outputs = new LinkedHashMap<>();
    Series output = null;
    for (int step = 0; step < first.length; step++) {
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
      if (output == null || (!label.isEmpty() && first[step] != first[step - 1])) {
        Labels labels =
            label.isEmpty()
                ? group.labels
                : changing.set(label, FloatText.withPoint(first[step])).build();
        output = outputs.computeIfAbsent(labels, k -> new Series(k, true, first.length));
      }
      output.set(step, value);
    }
    outputs.values().forEach(sink::accept);
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
    for (int i = 0; i < group.size; i++) {
      Series series = group.buckets[i];
      if (series.has(step) && series.histogram(step) == null) {
        buckets.add(group.bounds[i], series.value(step));
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

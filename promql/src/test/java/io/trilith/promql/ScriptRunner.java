package io.trilith.promql;

import com.google.re2j.Pattern;
import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepGrid;
import io.trilith.promql.histogram.BucketCursor;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Plays a script and counts which evaluations give what they should. */
final class ScriptRunner {
  private static final long LOOKBACK_MILLIS = 300_000;

  private final MemoryReader reader = new MemoryReader();
  private final PromqlEngine engine;
  private final List<String> failures = new ArrayList<>();
  private int passed;

  ScriptRunner() {
    this(QueryWorkers.NONE);
  }

  /** Evaluates with helpers. */
  ScriptRunner(QueryWorkers workers) {
    this.engine = new PromqlEngine(200, LOOKBACK_MILLIS, 60_000, true, workers);
  }

  int passed() {
    return passed;
  }

  /** One line each. */
  List<String> failures() {
    return failures;
  }

  ScriptRunner play(String source) {
    for (Script.Command command : Script.parse(source)) {
      switch (command) {
        case Script.Clear _ -> reader.clear();
        case Script.Load load -> load(load);
        case Script.Eval eval -> {
          String failure = check(eval);
          if (failure == null) {
            passed++;
          } else {
            failures.add("line " + eval.line + ": " + eval.query + ": " + failure);
          }
        }
      }
    }
    return this;
  }

  private void load(Script.Load load) {
    load.series()
        .forEach(
            (labels, values) -> {
              for (Script.TimedValue value : values) {
                FloatHistogram histogram = value.point().histogram();
                reader.add(
                    labels,
                    value.time(),
                    new MemoryReader.Sample(
                        value.point().value(),
                        histogram == null ? null : histogram.toNative(),
                        value.start()));
              }
            });
  }

  private PromqlResult.Answer ask(Script.Eval eval) {
    QueryContext context = QueryContext.unlimited();
    if (eval.range) {
      StepGrid grid = StepGrid.between(eval.start, eval.end, eval.step);
      return engine.range(eval.query, grid, LOOKBACK_MILLIS, reader, context);
    }
    return engine.instant(eval.query, eval.end, LOOKBACK_MILLIS, reader, context);
  }

  private @Nullable String check(Script.Eval eval) {
    PromqlResult.Answer answer;
    try {
      answer = ask(eval);
    } catch (InvalidRequestException e) {
      List<Script.Expectation> expected = eval.expects.get("fail");
      if (expected == null) {
        return "error " + e.getMessage();
      }
      for (Script.Expectation one : expected) {
        if (!matches(one, String.valueOf(e.getMessage()))) {
          return "expected error " + one + " but got " + e.getMessage();
        }
      }
      return null;
    } catch (RuntimeException e) {
      return "crashed with " + e + " at " + e.getStackTrace()[0];
    }
    if (eval.expects.containsKey("fail")) {
      return "should have failed";
    }
    String problem = annotations(eval, "warn", answer.warnings());
    problem = problem != null ? problem : annotations(eval, "info", answer.infos());
    problem = problem != null ? problem : compare(eval, answer.result());
    return problem != null ? problem : inRangeMode(eval);
  }

  private static @Nullable String annotations(Script.Eval eval, String kind, List<String> present) {
    List<Script.Expectation> expected = eval.expects.get(kind);
    if (expected != null && present.isEmpty()) {
      return "expected " + kind + " " + expected;
    }
    if (eval.expects.containsKey("no_" + kind) && !present.isEmpty()) {
      return "expected no " + kind + " but got " + present;
    }
    if (expected != null) {
      for (Script.Expectation one : expected) {
        if (present.stream().noneMatch(text -> matches(one, text))) {
          return "expected " + kind + " " + one + " but got " + present;
        }
      }
    }
    return null;
  }

  private static boolean matches(Script.Expectation expectation, String text) {
    return switch (expectation.mode()) {
      case "msg" -> text.endsWith(expectation.text());
      case "regex" -> Pattern.compile(expectation.text()).matcher(text).find();
      default -> true;
    };
  }

  /** As Prometheus does: every instant evaluation must be right in the middle of a range, too. */
  private @Nullable String inRangeMode(Script.Eval eval) {
    boolean aboutTheQuery =
        Pattern.compile("(start|end|range|step)\\(\\)").matcher(eval.query).find();
    if (eval.range || eval.rangeVector || eval.ordered || eval.text != null || aboutTheQuery) {
      return null;
    }
    StepGrid grid = StepGrid.between(eval.start - 60_000, eval.start + 60_000, 60_000);
    PromqlResult result;
    try {
      result =
          engine
              .range(eval.query, grid, LOOKBACK_MILLIS, reader, QueryContext.unlimited())
              .result();
    } catch (RuntimeException e) {
      return "range mode: " + e;
    }
    TreeMap<Labels, Series> found = new TreeMap<>();
    for (Series series : ((PromqlResult.RangeMatrix) result).series()) {
      if (series.has(1)) {
        found.put(series.labels(), series);
      }
    }
    if (eval.scalar != null) {
      return compare(
          "range mode", new SeriesNotation.Point(eval.scalar, null), found.get(Labels.EMPTY), 1);
    }
    return compareAt(eval, found, 1, "range mode");
  }

  private static @Nullable String compareAt(
      Script.Eval eval, Map<Labels, Series> found, int step, String where) {
    for (Labels labels : found.keySet()) {
      if (!eval.series.containsKey(labels)) {
        return where + " unexpected series " + labels;
      }
    }
    for (Labels labels : eval.series.keySet()) {
      String problem =
          compare(where + " " + labels, eval.series.get(labels).get(0), found.get(labels), step);
      if (problem != null) {
        return problem;
      }
    }
    return null;
  }

  private static @Nullable String compare(Script.Eval eval, PromqlResult result) {
    return switch (result) {
      case PromqlResult.Text text ->
          text.value().equals(eval.text) ? null : "got text " + text.value();
      case PromqlResult.Scalar scalar ->
          eval.scalar != null && almost(eval.scalar, scalar.value(), 1e-6)
              ? null
              : "expected " + eval.scalar + " but got " + scalar.value();
      case PromqlResult.InstantVector vector -> vector(eval, vector.series());
      case PromqlResult.RangeMatrix matrix -> matrix(eval, matrix);
      case PromqlResult.Samples samples -> samples(eval, samples.series());
    };
  }

  private static @Nullable String vector(Script.Eval eval, List<Series> series) {
    TreeMap<Labels, Series> found = new TreeMap<>();
    for (Series one : series) {
      if (found.put(one.labels(), one) != null) {
        return "series twice: " + one.labels();
      }
    }
    if (eval.ordered) {
      List<Labels> expected = new ArrayList<>(eval.series.keySet());
      List<Labels> order = series.stream().map(Series::labels).toList();
      if (!expected.equals(order)) {
        return "expected the order " + expected + " but got " + order;
      }
    }
    return compareAt(eval, found, 0, "");
  }

  private static @Nullable String matrix(Script.Eval eval, PromqlResult.RangeMatrix matrix) {
    for (Series series : matrix.series()) {
      if (!eval.series.containsKey(series.labels())) {
        return "unexpected series " + series.labels();
      }
    }
    for (Labels labels : eval.series.keySet()) {
      Series series = null;
      for (Series one : matrix.series()) {
        series = one.labels().equals(labels) ? one : series;
      }
      List<SeriesNotation.@Nullable Point> points = eval.series.get(labels);
      for (int step = 0; step < Math.max(points.size(), matrix.grid().count()); step++) {
        SeriesNotation.Point expected = step < points.size() ? points.get(step) : null;
        boolean there = series != null && step < series.steps() && series.has(step);
        if (expected == null && !there) {
          continue;
        }
        if (expected == null) {
          return labels + " has an unexpected value at step " + step;
        }
        String problem =
            compare(labels + " at step " + step, expected, there ? series : null, step);
        if (problem != null) {
          return problem;
        }
      }
    }
    return null;
  }

  private static @Nullable String samples(Script.Eval eval, List<RangeSamples> found) {
    if (found.size() != eval.series.size()) {
      return "got " + found.size() + " series";
    }
    for (RangeSamples samples : found) {
      List<SeriesNotation.@Nullable Point> points = eval.series.get(samples.labels());
      int floats = 0;
      int histograms = 0;
      for (int i = 0; points != null && i < points.size(); i++) {
        SeriesNotation.Point point = points.get(i);
        if (point != null && point.histogram() != null) {
          histograms++;
        } else if (point != null) {
          if (floats >= samples.floats() || point.value() != samples.value(floats)) {
            return "other value in " + samples.labels();
          }
          floats++;
        }
      }
      if (floats != samples.floats() || histograms != samples.histograms()) {
        return "other number of samples in " + samples.labels();
      }
    }
    return null;
  }

  private static @Nullable String compare(
      String where, SeriesNotation.@Nullable Point expected, @Nullable Series series, int step) {
    if (expected == null || series == null || !series.has(step)) {
      return where + " missing";
    }
    FloatHistogram histogram = series.histogram(step);
    if (expected.histogram() == null) {
      boolean same = histogram == null && almost(expected.value(), series.value(step), 1e-6);
      return same
          ? null
          : where
              + " expected "
              + expected.value()
              + " but got "
              + (histogram == null ? series.value(step) + "" : histogram.toString());
    }
    if (histogram == null || !same(expected.histogram(), histogram)) {
      return where
          + " expected "
          + expected.histogram()
          + " but got "
          + (histogram == null ? series.value(step) + "" : histogram.toString());
    }
    return null;
  }

  private static boolean same(FloatHistogram a, FloatHistogram b) {
    if (!almost(a.count(), b.count(), 1e-6) || !almost(a.sum(), b.sum(), 1e-6)) {
      return false;
    }
    BucketCursor left = new BucketCursor(a);
    BucketCursor right = new BucketCursor(b);
    while (true) {
      boolean more = nextShown(left);
      if (more != nextShown(right)) {
        return false;
      }
      if (!more) {
        return true;
      }
      boolean same =
          left.boundaryRule() == right.boundaryRule()
              && almost(left.lower(), right.lower(), 1e-9)
              && almost(left.upper(), right.upper(), 1e-9)
              && almost(left.count(), right.count(), 1e-6);
      if (!same) {
        return false;
      }
    }
  }

  private static boolean nextShown(BucketCursor cursor) {
    while (cursor.next()) {
      if (cursor.count() != 0 && !(cursor.zero() && cursor.count() <= 0)) {
        return true;
      }
    }
    return false;
  }

  private static boolean almost(double a, double b, double epsilon) {
    if (Double.isNaN(a) || Double.isNaN(b) || StaleMarker.is(a)) {
      return Double.isNaN(a) && Double.isNaN(b);
    }
    if (a == b) {
      return true;
    }
    double sum = Math.abs(a) + Math.abs(b);
    double difference = Math.abs(a - b);
    if (a == 0 || b == 0 || sum < Double.MIN_NORMAL) {
      return difference < epsilon * Double.MIN_NORMAL;
    }
    return difference / Math.min(sum, Double.MAX_VALUE) < epsilon;
  }
}

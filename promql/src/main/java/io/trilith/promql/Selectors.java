package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads what selectors name. Confined to one thread. */
final class Selectors {
  /** What an instant selector answers for a sample. */
  enum Wanted {
    SAMPLE,
    TIMESTAMP,
    START_TIMESTAMP
  }

  /** Samples after which deadline and client are looked at; a series counts a few more. */
  private static final int CHECK_EVERY = 8192;

  private final SeriesReader reader;
  private final Evaluator evaluator;
  private final Set<Integer> detectingResets;
  private final ArrayDeque<SampleBuffer> spare = new ArrayDeque<>();

  /** Samples read since somebody looked at deadline and client. */
  private int unchecked = CHECK_EVERY;

  /** Histograms of selectors at the given positions get reset hints. */
  Selectors(SeriesReader reader, Evaluator evaluator, Set<Integer> detectingResets) {
    this.reader = reader;
    this.evaluator = evaluator;
    this.detectingResets = detectingResets;
  }

  /** When a shifted selector looks, for a step of the grid. */
  long time(Expr.Shift shift, StepGrid grid, int step) {
    EvaluationSettings settings = evaluator.settings();
    long at =
        switch (shift.at()) {
          case null -> grid.time(step);
          case Expr.At.Fixed fixed -> fixed.millis();
          case Expr.At.Start _ -> settings.start();
          case Expr.At.End _ -> settings.end();
        };
    return shift.offset() == null ? at : at - settings.durations().millis(shift.offset());
  }

  /** When a shifted selector looks, for all steps of the grid, which has one at least. */
  StepTimes times(Expr.Shift shift, StepGrid grid) {
    return new StepTimes(time(shift, grid, 0), shift.at() == null ? grid.step() : 0);
  }

  /** The series as a list, with a copy of the points of each. */
  List<Series> instant(
      Expr.VectorSelector selector, List<Matcher> matchers, StepGrid grid, Wanted wanted) {
    return evaluator.collect(grid, sink -> instant(selector, matchers, grid, wanted, sink));
  }

  /** Gives the series that the matchers find, at most lookback old at each step. */
  void instant(
      Expr.VectorSelector selector,
      List<Matcher> matchers,
      StepGrid grid,
      Wanted wanted,
      SeriesSink sink) {
    if (grid.count() == 0) {
      return;
    }
    long lookback = evaluator.settings().lookbackMillis();
    boolean smoothed = selector.edge() == Expr.Edge.SMOOTHED;
    StepTimes times = times(selector.shift(), grid);
    long from = times.first() - lookback + 1;
    long to = times.at(grid.count() - 1) + (smoothed ? lookback : 0);
    SeriesSet set = select(matchers, from, to);
    SampleBuffer buffer = takeBuffer();
    Series series = new Series(Labels.EMPTY, false, grid.count());
    for (int i = 0; i < set.size(); i++) {
      read(set, i, from, to, buffer);
      if (buffer.size() == 0) {
        continue;
      }
      series.reset(set.labels(i), wanted != Wanted.SAMPLE);
      if (smoothed) {
        smooth(selector, times, buffer, series);
      } else if (wanted == Wanted.SAMPLE && !buffer.hasHistograms()) {
        pickFloats(times, lookback, buffer, series);
      } else {
        pick(selector, times, buffer, series, wanted);
      }
      if (!series.isEmpty()) {
        sink.accept(series);
      }
    }
    spare.add(buffer);
  }

  private SampleBuffer takeBuffer() {
    SampleBuffer buffer = spare.poll();
    return buffer == null ? new SampleBuffer() : buffer;
  }

  private static void pickFloats(
      StepTimes times, long lookback, SampleBuffer buffer, Series series) {
    long[] timestamps = buffer.timestamps();
    double[] values = buffer.values();
    int size = buffer.size();
    int next = 0;
    for (int step = 0; step < series.steps(); step++) {
      long time = times.at(step);
      while (next < size && timestamps[next] <= time) {
        next++;
      }
      int at = next - 1;
      if (at >= 0 && timestamps[at] > time - lookback && !StaleMarker.is(values[at])) {
        series.set(step, values[at]);
      }
    }
  }

  private void pick(
      Expr.VectorSelector selector,
      StepTimes times,
      SampleBuffer buffer,
      Series series,
      Wanted wanted) {
    long lookback = evaluator.settings().lookbackMillis();
    boolean detect = detectingResets.contains(selector.position());
    int next = 0;
    FloatHistogram converted = null;
    int convertedAt = -1;
    for (int step = 0; step < series.steps(); step++) {
      long time = times.at(step);
      while (next < buffer.size() && buffer.timestamps()[next] <= time) {
        next++;
      }
      int at = next - 1;
      if (at < 0 || buffer.timestamps()[at] <= time - lookback || stale(buffer, at)) {
        continue;
      }
      NativeHistogram histogram = buffer.histogram(at);
      if (wanted != Wanted.SAMPLE) {
        setTime(series, step, buffer, at, wanted);
      } else if (histogram == null) {
        series.set(step, buffer.values()[at]);
      } else {
        if (convertedAt != at || converted == null) {
          FloatHistogram before = detect ? predecessor(buffer, at) : null;
          converted = SampleColumns.hinted(FloatHistogram.of(histogram), before, detect);
          convertedAt = at;
        }
        series.set(step, converted);
      }
    }
  }

  private static @Nullable FloatHistogram predecessor(SampleBuffer buffer, int at) {
    for (int i = at - 1; i >= 0; i--) {
      NativeHistogram histogram = buffer.histogram(i);
      if (histogram != null && !histogram.isStale()) {
        return FloatHistogram.of(histogram);
      }
    }
    return null;
  }

  private static void setTime(Series series, int step, SampleBuffer buffer, int at, Wanted wanted) {
    if (wanted == Wanted.TIMESTAMP) {
      series.set(step, buffer.timestamps()[at] / 1000.0);
    } else {
      series.set(step, buffer.startTimestamp(at) / 1000.0);
    }
  }

  private static boolean stale(SampleBuffer buffer, int at) {
    NativeHistogram histogram = buffer.histogram(at);
    return histogram != null ? histogram.isStale() : StaleMarker.is(buffer.values()[at]);
  }

  private void smooth(
      Expr.VectorSelector selector, StepTimes times, SampleBuffer buffer, Series series) {
    SampleColumns columns = SampleColumns.of(series.labels(), buffer, false);
    Window window = new Window(columns, evaluator, selector.position());
    long lookback = evaluator.settings().lookbackMillis();
    for (int step = 0; step < series.steps(); step++) {
      long time = times.at(step);
      window.moveTo(step, time, time, time - lookback, time + lookback);
      ExtendedRate.interpolateAt(window, time, series);
    }
  }

  private SeriesSet select(List<Matcher> matchers, long from, long to) {
    evaluator.context().check();
    SeriesSet set = reader.select(matchers, from, to, evaluator.context().budget()::addBytes);
    evaluator.context().budget().addSeries(set.size());
    return set;
  }

  private void read(SeriesSet set, int series, long from, long to, SampleBuffer buffer) {
    if (unchecked >= CHECK_EVERY) {
      evaluator.context().check();
      unchecked = 0;
    }
    set.read(series, from, to, buffer);
    unchecked += 64 + buffer.size();
    evaluator.context().budget().addSamples(buffer.size());
  }

  /**
   * Gives all samples that the windows of a range selector may need, series by series.
   *
   * @param sink takes columns that are valid until it returns
   */
  void range(Expr.MatrixSelector matrix, StepGrid grid, long range, Consumer<SampleColumns> sink) {
    if (grid.count() == 0) {
      return;
    }
    Expr.VectorSelector selector = matrix.selector();
    long lookback = evaluator.settings().lookbackMillis();
    StepTimes times = times(selector.shift(), grid);
    long from = times.first() - range + 1;
    long to = times.at(grid.count() - 1);
    if (selector.edge() != Expr.Edge.PLAIN) {
      from -= lookback;
      to += selector.edge() == Expr.Edge.SMOOTHED ? lookback : 0;
    }
    SeriesSet set = select(selector.matchers(), from, to);
    boolean detect = detectingResets.contains(selector.position());
    SampleBuffer buffer = takeBuffer();
    for (int i = 0; i < set.size(); i++) {
      read(set, i, from, to, buffer);
      if (buffer.size() > 0) {
        sink.accept(SampleColumns.borrowed(set.labels(i), buffer, detect));
      }
    }
    spare.add(buffer);
  }
}

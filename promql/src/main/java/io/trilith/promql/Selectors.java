package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.Detail.Aggregate;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads what selectors name. Confined to one thread; what it answers is not. */
final class Selectors {
  /** What an instant selector answers for a sample. */
  enum Wanted {
    SAMPLE,
    TIMESTAMP,
    START_TIMESTAMP
  }

  private final SeriesReader reader;
  private final Evaluator evaluator;
  private final Set<Integer> detectingResets;

  /** How often the query names matchers, and what was found for those it names again. */
  private final Map<List<Object>, Integer> uses = new HashMap<>();

  private final Map<List<Object>, Selected> selected = new HashMap<>();

  private record Selected(Detail detail, long from, long to, SeriesSet set) {}

  /** Histograms of selectors at the given positions get reset hints. */
  Selectors(SeriesReader reader, Evaluator evaluator, Set<Integer> detectingResets, Expr root) {
    this.reader = reader;
    this.evaluator = evaluator;
    this.detectingResets = detectingResets;
    Trees.preOrder(
        root,
        expr -> {
          if (expr instanceof Expr.VectorSelector selector) {
            uses.merge(Structure.key(selector.matchers()), 1, Integer::sum);
          }
        });
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
  List<Series> list(
      Expr.VectorSelector selector, List<Matcher> matchers, StepGrid grid, Wanted wanted) {
    return evaluator.collect(
        grid, sink -> evaluator.run(instant(selector, matchers, grid, wanted), grid, sink));
  }

  /** The series that the matchers find, at most lookback old at each step. */
  SeriesSource instant(
      Expr.VectorSelector selector, List<Matcher> matchers, StepGrid grid, Wanted wanted) {
    long lookback = evaluator.settings().lookbackMillis();
    boolean smoothed = selector.edge() == Expr.Edge.SMOOTHED;
    StepTimes times = times(selector.shift(), grid);
    long from = times.first() - lookback + 1;
    long to = times.at(Math.max(0, grid.count() - 1)) + (smoothed ? lookback : 0);
    boolean last = !smoothed && wanted != Wanted.START_TIMESTAMP;
    Detail detail = last ? detail(Aggregate.LAST, times, grid, 0) : Detail.SAMPLES;
    SeriesSet set = grid.count() == 0 ? NOTHING : select(matchers, detail, from, to);
    QueryStatistics counts = evaluator.countsSamples() ? evaluator.statistics() : null;
    return new SeriesSource() {
      @Override
      public int size() {
        return set.size();
      }

      @Override
      public void run(int first, int end, Lane lane, SeriesSink sink) {
        Series series = new Series(Labels.EMPTY, false, grid.count());
        for (int i = first; i < end; i++) {
          SampleBuffer buffer = lane.read(set, i, from, to);
          if (buffer.size() == 0) {
            continue;
          }
          series.reset(set.labels(i), wanted != Wanted.SAMPLE);
          if (smoothed) {
            smooth(selector, times, buffer, lane, series);
          } else if (wanted == Wanted.SAMPLE && !buffer.hasHistograms()) {
            pickFloats(times, lookback, buffer, series);
          } else {
            pick(selector, times, buffer, series, wanted);
          }
          if (series.isEmpty()) {
            continue;
          }
          if (counts != null) {
            counts.count(points(series));
          }
          sink.accept(series);
        }
      }
    };
  }

  private static long[] points(Series series) {
    long[] points = new long[series.steps()];
    for (int step = 0; step < points.length; step++) {
      points[step] = series.has(step) ? 1 : 0;
    }
    return points;
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
      Expr.VectorSelector selector,
      StepTimes times,
      SampleBuffer buffer,
      Lane lane,
      Series series) {
    SampleColumns columns =
        SampleColumns.of(series.labels(), buffer, false, evaluator.settings().useStarts());
    Window window = new Window(columns, lane, selector.position());
    long lookback = evaluator.settings().lookbackMillis();
    for (int step = 0; step < series.steps(); step++) {
      long time = times.at(step);
      window.moveTo(step, time, time, time - lookback, time + lookback);
      ExtendedRate.interpolateAt(window, time, series);
    }
  }

  /**
   * What the matchers find. A selection of matchers that the query names again is kept if it takes
   * less than half of what is left: it serves any part of its time.
   */
  private SeriesSet select(List<Matcher> matchers, Detail detail, long from, long to) {
    evaluator.context().check();
    List<Object> key = Structure.key(matchers);
    Selected known = selected.get(key);
    if (known != null
        && known.detail().equals(detail)
        && known.from() <= from
        && known.to() >= to) {
      return known.set();
    }
    QueryBudget budget = evaluator.context().budget();
    LongAdder bytes = new LongAdder();
    long room = budget.room();
    SeriesSet set =
        reader.select(
            matchers,
            detail,
            from,
            to,
            more -> {
              budget.addBytes(more);
              bytes.add(more);
            });
    budget.addSeries(set.size());
    evaluator.statistics().selected(set.size());
    if (uses.getOrDefault(key, 0) > 1 && known == null && bytes.sum() < room / 2) {
      budget.giveBack(bytes.sum());
      evaluator.retain(bytes.sum());
      selected.put(key, new Selected(detail, from, to, set));
    }
    return set;
  }

  /** How closely the windows before some times must be known. */
  private Detail detail(Aggregate wanted, StepTimes times, StepGrid grid, long range) {
    if (wanted == Aggregate.SAMPLES || grid.count() == 0 || !reader.hasAggregates()) {
      return Detail.SAMPLES;
    }
    long alignment = Math.abs(times.first());
    for (long step = grid.count() == 1 ? 0 : times.stride(); step != 0; ) {
      long rest = alignment % step;
      alignment = step;
      step = rest;
    }
    return new Detail(wanted, alignment, range);
  }

  /**
   * The samples that the windows of a range selector may need.
   *
   * @param wanted of each window
   */
  SampleSource range(Expr.MatrixSelector matrix, StepGrid grid, long range, Aggregate wanted) {
    Expr.VectorSelector selector = matrix.selector();
    long lookback = evaluator.settings().lookbackMillis();
    StepTimes times = times(selector.shift(), grid);
    boolean plain = selector.edge() == Expr.Edge.PLAIN;
    boolean smoothed = selector.edge() == Expr.Edge.SMOOTHED;
    boolean detect = detectingResets.contains(selector.position());
    // Whether the first histogram of a window is a reset, the one before it tells.
    long from = times.first() - range + 1 - (plain && !detect ? 0 : lookback);
    long to = times.at(Math.max(0, grid.count() - 1)) + (smoothed ? lookback : 0);
    Detail detail = plain ? detail(wanted, times, grid, range) : Detail.SAMPLES;
    SeriesSet set = grid.count() == 0 ? NOTHING : select(selector.matchers(), detail, from, to);
    boolean useStarts = evaluator.settings().useStarts();
    return new SampleSource() {
      @Override
      public int size() {
        return set.size();
      }

      @Override
      public void run(int first, int end, Lane lane, Consumer<SampleColumns> taker) {
        for (int i = first; i < end; i++) {
          SampleBuffer buffer = lane.read(set, i, from, to);
          if (buffer.size() > 0) {
            taker.accept(SampleColumns.borrowed(set.labels(i), buffer, detect, useStarts));
          }
        }
      }
    };
  }

  /** Nothing was looked for. */
  private static final SeriesSet NOTHING =
      new SeriesSet() {
        @Override
        public int size() {
          return 0;
        }

        @Override
        public Labels labels(int series) {
          throw new IndexOutOfBoundsException(series);
        }

        @Override
        public void read(int series, long minMillis, long maxMillis, SampleBuffer into) {
          throw new IndexOutOfBoundsException(series);
        }
      };
}

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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what selectors name. Confined to one thread. */
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
  private final SampleBuffer buffer = new SampleBuffer();

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

  List<Series> instant(Expr.VectorSelector selector, StepGrid grid, Wanted wanted) {
    return instant(selector, selector.matchers(), grid, wanted);
  }

  List<Series> instant(
      Expr.VectorSelector selector, List<Matcher> matchers, StepGrid grid, Wanted wanted) {
    List<Series> found = new ArrayList<>();
    if (grid.count() == 0) {
      return found;
    }
    long lookback = evaluator.settings().lookbackMillis();
    boolean smoothed = selector.edge() == Expr.Edge.SMOOTHED;
    long first = time(selector.shift(), grid, 0);
    long last = time(selector.shift(), grid, grid.count() - 1);
    SeriesSet set = select(matchers, first - lookback + 1, smoothed ? last + lookback : last);
    for (int i = 0; i < set.size(); i++) {
      read(set, i, first - lookback + 1, smoothed ? last + lookback : last);
      if (buffer.size() == 0) {
        continue;
      }
      Labels labels = set.labels(i);
      evaluator.context().budget().addBytes(9L * grid.count() + 64);
      Series series = new Series(labels, wanted != Wanted.SAMPLE, grid.count());
      if (smoothed) {
        smooth(selector, grid, series);
      } else {
        pick(selector, grid, series, wanted);
      }
      if (!series.isEmpty()) {
        found.add(series);
      }
    }
    return found;
  }

  private void pick(Expr.VectorSelector selector, StepGrid grid, Series series, Wanted wanted) {
    long lookback = evaluator.settings().lookbackMillis();
    boolean detect = detectingResets.contains(selector.position());
    int next = 0;
    FloatHistogram before = null;
    FloatHistogram converted = null;
    int convertedAt = -1;
    for (int step = 0; step < grid.count(); step++) {
      long time = time(selector.shift(), grid, step);
      while (next < buffer.size() && buffer.timestamps()[next] <= time) {
        next++;
      }
      int at = next - 1;
      if (at < 0 || buffer.timestamps()[at] <= time - lookback || stale(at)) {
        continue;
      }
      if (wanted != Wanted.SAMPLE) {
        setTime(series, step, at, wanted);
      } else if (buffer.histogram(at) == null) {
        series.set(step, buffer.values()[at]);
      } else {
        if (convertedAt != at || converted == null) {
          before = detect ? predecessor(at) : null;
          converted =
              SampleColumns.hinted(
                  FloatHistogram.of(java.util.Objects.requireNonNull(buffer.histogram(at))),
                  before,
                  detect);
          convertedAt = at;
        }
        series.set(step, converted);
      }
    }
  }

  private @Nullable FloatHistogram predecessor(int at) {
    for (int i = at - 1; i >= 0; i--) {
      NativeHistogram histogram = buffer.histogram(i);
      if (histogram != null && !histogram.isStale()) {
        return FloatHistogram.of(histogram);
      }
    }
    return null;
  }

  private void setTime(Series series, int step, int at, Wanted wanted) {
    if (wanted == Wanted.TIMESTAMP) {
      series.set(step, buffer.timestamps()[at] / 1000.0);
    } else {
      series.set(step, buffer.startTimestamp(at) / 1000.0);
    }
  }

  private boolean stale(int at) {
    NativeHistogram histogram = buffer.histogram(at);
    return histogram != null
        ? histogram.isStale()
        : io.trilith.tsdb.StaleMarker.is(buffer.values()[at]);
  }

  private void smooth(Expr.VectorSelector selector, StepGrid grid, Series series) {
    SampleColumns columns = SampleColumns.of(series.labels(), buffer, false);
    Window window = new Window(columns, evaluator, selector.position());
    long lookback = evaluator.settings().lookbackMillis();
    for (int step = 0; step < grid.count(); step++) {
      long time = time(selector.shift(), grid, step);
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

  private void read(SeriesSet set, int series, long from, long to) {
    if ((series & 63) == 0) {
      evaluator.context().check();
    }
    set.read(series, from, to, buffer);
    evaluator.context().budget().addSamples(buffer.size());
  }

  /** All samples that the windows of a range selector may need. */
  List<SampleColumns> range(Expr.MatrixSelector matrix, StepGrid grid, long range) {
    List<SampleColumns> found = new ArrayList<>();
    if (grid.count() == 0) {
      return found;
    }
    Expr.VectorSelector selector = matrix.selector();
    long lookback = evaluator.settings().lookbackMillis();
    long from = time(selector.shift(), grid, 0) - range + 1;
    long to = time(selector.shift(), grid, grid.count() - 1);
    if (selector.edge() != Expr.Edge.PLAIN) {
      from -= lookback;
      to += selector.edge() == Expr.Edge.SMOOTHED ? lookback : 0;
    }
    SeriesSet set = select(selector.matchers(), from, to);
    boolean detect = detectingResets.contains(selector.position());
    for (int i = 0; i < set.size(); i++) {
      read(set, i, from, to);
      if (buffer.size() > 0) {
        evaluator.context().budget().addBytes(16L * buffer.size() + 64);
        found.add(SampleColumns.of(set.labels(i), buffer, detect));
      }
    }
    return found;
  }
}

package io.trilith.promql;

import io.trilith.promql.QueryStatistics.Probe;
import org.jspecify.annotations.Nullable;

/** Tells whose time it is on one thread, so that each operator gets its own only. */
final class OperatorClock {
  private @Nullable Probe current;
  private long since;

  /** Time is the probe's from now on; answers whose it was. */
  @Nullable Probe enter(@Nullable Probe probe) {
    long now = System.nanoTime();
    Probe before = current;
    if (before != null) {
      before.nanos.add(now - since);
    }
    current = probe;
    since = now;
    return before;
  }

  /** A stage whose time and series are counted. */
  static Stage measured(Stage stage, Probe probe) {
    return (lane, next) -> {
      SeriesSink inner = stage.over(lane, counted(next, probe));
      return series -> {
        Probe before = lane.clock().enter(probe);
        inner.accept(series);
        lane.clock().enter(before);
      };
    };
  }

  /** A source whose time and series are counted. */
  static SeriesSource measured(SeriesSource source, Probe probe) {
    return new SeriesSource() {
      @Override
      public int size() {
        return source.size();
      }

      @Override
      public void run(int from, int to, Lane lane, SeriesSink sink) {
        Probe before = lane.clock().enter(probe);
        source.run(from, to, lane, away(lane.clock(), counted(sink, probe)));
        lane.clock().enter(before);
      }
    };
  }

  /** Time within the sink is nobody's unless somebody enters. */
  static SeriesSink away(OperatorClock clock, SeriesSink sink) {
    return series -> {
      Probe before = clock.enter(null);
      sink.accept(series);
      clock.enter(before);
    };
  }

  /** Counts series on their way. */
  static SeriesSink counted(SeriesSink sink, Probe probe) {
    return series -> {
      probe.series.increment();
      sink.accept(series);
    };
  }
}

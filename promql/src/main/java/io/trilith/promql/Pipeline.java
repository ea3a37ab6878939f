package io.trilith.promql;

import java.util.List;

/**
 * Series of a source that pass through stages, the outermost first. Thread-safe.
 *
 * @param steps of what comes out
 */
record Pipeline(SeriesSource source, List<Stage> stages, int steps) {
  /** The sink at the inner end of the stages. */
  static SeriesSink through(List<Stage> stages, Lane lane, SeriesSink sink) {
    SeriesSink next = sink;
    for (Stage stage : stages) {
      next = stage.over(lane, next);
    }
    return next;
  }

  void run(int from, int to, Lane lane, SeriesSink sink) {
    source.run(from, to, lane, through(stages, lane, sink));
  }
}

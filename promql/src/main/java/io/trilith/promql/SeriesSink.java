package io.trilith.promql;

/** Takes the series of a vector one at a time, in the order of the answer. */
@FunctionalInterface
interface SeriesSink {
  /**
   * Takes a series that has a value at some step. It is the giver's: valid, with all its arrays,
   * until the call returns. Who keeps it keeps a {@linkplain Series#copy copy}.
   */
  void accept(Series series);
}

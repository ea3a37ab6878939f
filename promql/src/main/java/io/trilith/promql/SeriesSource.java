package io.trilith.promql;

/** Numbered series, each of which can be made apart from the others. Thread-safe. */
interface SeriesSource {
  /** How many there are, those that turn out to be empty included. */
  int size();

  /** Makes those of a range, in their order, by means of the lane; empty ones are left out. */
  void run(int from, int to, Lane lane, SeriesSink sink);
}

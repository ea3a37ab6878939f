package io.trilith.promql;

/** Takes annotations about places in a query. */
interface Notes {
  /** Warns; the position is an offset in the query. */
  void warn(String text, int position);

  /** Informs; the position is an offset in the query. */
  void info(String text, int position);
}

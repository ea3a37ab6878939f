package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamReader;
import java.util.List;
import java.util.SortedMap;

/** Tells which shapes the lines of a selection have. Thread-safe. */
public interface PatternSource {
  /**
   * The shapes, the most frequent first.
   *
   * @param start nanoseconds, included
   * @param end nanoseconds, excluded
   * @param step nanoseconds that one count stands for
   */
  List<Pattern> patterns(
      Expr.Logs logs, long start, long end, long step, StreamReader reader, QueryContext context);

  /**
   * A shape in the language of pattern filters.
   *
   * @param level of its lines, empty when they have none
   * @param counts lines by the time their step begins, nanoseconds
   */
  record Pattern(String pattern, String level, SortedMap<Long, Long> counts) {}
}

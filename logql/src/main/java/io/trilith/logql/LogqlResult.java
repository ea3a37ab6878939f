package io.trilith.logql;

import io.trilith.engine.StepGrid;
import io.trilith.engine.StepSeries;
import io.trilith.logstore.ScanCounts;
import java.util.List;
import java.util.SortedMap;

/** What a LogQL query answers. */
public sealed interface LogqlResult {
  /** Streams in order of their labels. */
  record Streams(List<LogStream> streams) implements LogqlResult {}

  /**
   * Entries that share their labels.
   *
   * @param labels sorted; values may be empty
   * @param entries in the direction of the query
   */
  record LogStream(SortedMap<String, String> labels, List<LogEntry> entries) {}

  /**
   * One entry.
   *
   * @param time nanoseconds since 1970
   * @param line as text; bytes that are not UTF-8 became replacement characters
   * @param metadata structured metadata, when categories are kept apart
   * @param parsed labels that stages made, when categories are kept apart
   */
  record LogEntry(
      long time,
      String line,
      SortedMap<String, String> metadata,
      SortedMap<String, String> parsed) {}

  /** One number at one time, milliseconds since 1970. */
  record Scalar(long time, double value) implements LogqlResult {}

  /** Series with one step each, in the order of the answer. */
  record InstantVector(long time, List<StepSeries> series) implements LogqlResult {}

  /** Series over a grid, sorted by labels; none is empty. */
  record RangeMatrix(StepGrid grid, List<StepSeries> series) implements LogqlResult {}

  /**
   * What was read for an answer.
   *
   * @param bytes of lines
   * @param streams that the selectors chose
   * @param scans pages read and left out
   */
  record Statistics(
      long bytes,
      long lines,
      long linesKept,
      long entriesReturned,
      long streams,
      ScanCounts scans) {}

  /** A result, what was read for it, and what the user should know. */
  record Answer(LogqlResult result, Statistics statistics, List<String> warnings) {}
}

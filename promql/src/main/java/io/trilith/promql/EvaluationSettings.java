package io.trilith.promql;

import io.trilith.engine.StepGrid;

/**
 * What the evaluation of a query depends on besides its text and data.
 *
 * @param lookbackMillis how long a sample stands for the time after it
 * @param subqueryStepMillis the step of subqueries that name none
 * @param useStarts whether rates count from the start times of counters
 * @param start of the query, milliseconds; the time of an instant query
 * @param end of the query
 * @param step of the query; 0 for an instant one
 */
record EvaluationSettings(
    long lookbackMillis,
    long subqueryStepMillis,
    boolean useStarts,
    long start,
    long end,
    long step) {
  boolean range() {
    return step > 0;
  }

  /** The steps of the query. */
  StepGrid grid() {
    return range() ? StepGrid.between(start, end, step) : StepGrid.instant(start);
  }

  Durations durations() {
    return new Durations(end - start, step);
  }
}

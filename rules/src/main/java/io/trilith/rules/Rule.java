package io.trilith.rules;

import java.util.Map;

/**
 * A rule. Immutable.
 *
 * @param name of the series it records, or of its alerts
 * @param expr as it was written
 * @param forMillis how long an alert is pending; 0 for a recording rule
 * @param keepFiringForMillis how long an alert fires on when it is quiet
 * @param ownLabels those of the rule itself; an empty value removes a label
 * @param labels as well with those of its group
 * @param line where it begins in its file, from 1 on; 0 when not known
 */
public record Rule(
    Kind kind,
    String name,
    String expr,
    RuleQuery query,
    long forMillis,
    long keepFiringForMillis,
    Map<String, String> ownLabels,
    Map<String, String> labels,
    Map<String, String> annotations,
    int line) {
  /** What becomes of the result. */
  public enum Kind {
    RECORDING,
    ALERTING
  }

  public boolean alerting() {
    return kind == Kind.ALERTING;
  }
}

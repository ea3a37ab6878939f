package io.trilith.rules.lint;

import java.util.Map;

/**
 * What is wrong with a rule.
 *
 * @param line where the rule begins, from 1 on; 0 when not known
 * @param number of the rule in its group, from 1 on
 * @param details the names and numbers in the reason, for programs
 */
public record Finding(
    String file,
    int line,
    String group,
    int number,
    String rule,
    Check check,
    String reason,
    Map<String, String> details) {

  /** {@code FILE:3: group "g", rule 2, "name": check: reason}. */
  @Override
  public String toString() {
    return file
        + (line > 0 ? ":" + line : "")
        + ": group \""
        + group
        + "\", rule "
        + number
        + ", \""
        + rule
        + "\": "
        + check.text()
        + ": "
        + reason;
  }
}

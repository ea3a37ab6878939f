package io.trilith.rules.file;

/**
 * What is wrong with a file.
 *
 * @param line from 1 on; 0 when not known
 * @param column from 1 on
 * @param group its name, empty when no group is meant
 * @param rule its number in the group from 1 on, 0 when no rule is meant
 * @param ruleName empty when it has none
 * @param key what the value belongs to, empty when none is meant
 */
public record Problem(
    String file,
    int line,
    int column,
    String group,
    int rule,
    String ruleName,
    String key,
    String reason) {

  /** {@code FILE: 3:7: group "g", rule 2, "name": expr: reason}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(file);
    text.append(file.isEmpty() ? "" : ": ");
    if (line > 0) {
      text.append(line).append(':').append(column).append(": ");
    }
    if (!group.isEmpty()) {
      text.append("group \"").append(group).append('"');
      if (rule > 0) {
        text.append(", rule ").append(rule).append(", \"").append(ruleName).append('"');
      }
      text.append(": ");
    }
    if (!key.isEmpty()) {
      text.append(key).append(": ");
    }
    return text.append(reason).toString();
  }
}

package io.trilith.rules.file;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** Collects what is wrong with a file, with the place that is being read. Not thread-safe. */
public final class Problems {
  private final String file;
  private final boolean unknownAllowed;
  private final List<Problem> found = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private String group = "";
  private int rule;
  private String ruleName = "";

  /**
   * Of a file.
   *
   * @param unknownAllowed whether keys that nobody knows are passed over
   */
  public Problems(String file, boolean unknownAllowed) {
    this.file = file;
    this.unknownAllowed = unknownAllowed;
  }

  void inGroup(String name) {
    group = name;
    rule = 0;
    ruleName = "";
  }

  void inRule(int number, String name) {
    rule = number;
    ruleName = name;
  }

  boolean unknownAllowed() {
    return unknownAllowed;
  }

  public void add(@Nullable Node node, String key, String reason) {
    Mark mark = node == null ? null : node.getStartMark().orElse(null);
    add(mark, key, reason);
  }

  void add(@Nullable Mark mark, String key, String reason) {
    int line = mark == null ? 0 : mark.getLine() + 1;
    int column = mark == null ? 0 : mark.getColumn() + 1;
    found.add(new Problem(file, line, column, group, rule, ruleName, key, reason));
  }

  void warn(String text) {
    warnings.add(file + ": " + text);
  }

  public List<Problem> found() {
    return List.copyOf(found);
  }

  public List<String> warnings() {
    return List.copyOf(warnings);
  }
}

package io.trilith.logql.pipeline;

import org.jspecify.annotations.Nullable;

/** Takes the keys and values a parser finds and makes labels of those that are needed. */
final class LabelSink {
  private final Needed needed;
  private EntryLabels labels;
  private int found;

  LabelSink(Needed needed) {
    this.needed = needed;
    this.labels = new EntryLabels();
  }

  void begin(EntryLabels into) {
    labels = into;
    found = 0;
  }

  /** Whether nothing else can be needed: the parser may stop. */
  boolean done() {
    return found >= needed.count();
  }

  boolean wantsBelow(String prefix) {
    return needed.below(prefix);
  }

  /** The label's name when the value is wanted, else empty. */
  String wanted(String key) {
    if (key.isEmpty() || !needed.mayHave(key)) {
      return "";
    }
    String name = labels.parsedName(key);
    return needed.has(name) && labels.claim(name) ? name : "";
  }

  void put(String name, String value) {
    labels.set(name, value);
    found++;
  }

  /** Takes what a plan finds in a line of its shape. */
  void follow(ShapePlan plan, int row) {
    for (int i = 0; i < plan.size() && !done(); i++) {
      String value = plan.value(i, row);
      String name = value == null ? "" : wanted(plan.key(i));
      if (value != null && !name.isEmpty()) {
        put(name, value);
      }
    }
  }

  /** A value that replaces what another parser found. */
  void replace(String key, String value) {
    String name = labels.parsedName(key);
    if (needed.has(name)) {
      boolean _ = labels.claim(name);
      labels.set(name, value);
      found++;
    }
  }

  void fail(String kind, @Nullable String details) {
    labels.fail(kind, details);
  }

  /**
   * A key as a label name: what is not a letter, digit or underscore becomes an underscore.
   *
   * @param first whether the name begins with it, and so may not begin with a digit
   */
  static String sanitize(String key, boolean first) {
    String trimmed = key.strip();
    boolean clean = true;
    for (int i = 0; i < trimmed.length() && clean; i++) {
      clean = allowed(trimmed.charAt(i));
    }
    boolean digit =
        first && !trimmed.isEmpty() && trimmed.charAt(0) >= '0' && trimmed.charAt(0) <= '9';
    if (clean && !digit) {
      return trimmed;
    }
    StringBuilder name = new StringBuilder(trimmed.length() + 1);
    if (digit) {
      name.append('_');
    }
    for (int i = 0; i < trimmed.length(); i++) {
      char c = trimmed.charAt(i);
      if (!Character.isLowSurrogate(c)) {
        name.append(allowed(c) ? c : '_');
      }
    }
    return name.toString();
  }

  private static boolean allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
}

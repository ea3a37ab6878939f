package io.trilith.storage.model;

import io.trilith.regex.Regex;
import io.trilith.regex.SortedValues;
import io.trilith.storage.text.RegexText;
import org.jspecify.annotations.Nullable;

/**
 * One predicate over a label value; an absent label has the empty value. Regular expressions are
 * RE2, anchored at both ends. Thread-safe.
 */
public final class Matcher {
  /** How a value is compared. */
  public enum Op {
    EQUAL("="),
    NOT_EQUAL("!="),
    MATCH("=~"),
    NOT_MATCH("!~");

    private final String text;

    Op(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  private final String name;
  private final Op op;
  private final String value;
  private final @Nullable Regex regex;

  private Matcher(String name, Op op, String value, @Nullable Regex regex) {
    this.name = name;
    this.op = op;
    this.value = value;
    this.regex = regex;
  }

  /**
   * A matcher in which {@code .} matches newlines too, as in Prometheus 3. Throws
   * InvalidRequestException.
   */
  public static Matcher of(String name, Op op, String value) {
    return of(name, op, value, true);
  }

  /** As {@link #of(String, Op, String)}, with the meaning of {@code .} chosen. */
  public static Matcher of(String name, Op op, String value, boolean dotMatchesNewline) {
    if (op == Op.EQUAL || op == Op.NOT_EQUAL) {
      return new Matcher(name, op, value, null);
    }
    return new Matcher(name, op, value, RegexText.compile(value, dotMatchesNewline));
  }

  public static Matcher equal(String name, String value) {
    return new Matcher(name, Op.EQUAL, value, null);
  }

  public String name() {
    return name;
  }

  public Op op() {
    return op;
  }

  public String value() {
    return value;
  }

  /** Whether this value, "" for an absent label, satisfies the matcher. */
  public boolean matches(String candidate) {
    return switch (op) {
      case EQUAL -> candidate.equals(value);
      case NOT_EQUAL -> !candidate.equals(value);
      case MATCH -> regexMatches(candidate);
      case NOT_MATCH -> !regexMatches(candidate);
    };
  }

  public boolean matches(Labels labels) {
    return matches(labels.get(name));
  }

  /** The expression of =~ and !~, null of the others. */
  public @Nullable Regex regex() {
    return regex;
  }

  /**
   * The places, ascending, of the values that a matcher of a regular expression accepts, or does
   * not.
   */
  public int[] places(SortedValues values, boolean accepted) {
    if (regex == null) {
      throw new IllegalStateException("matcher " + this + " has no regular expression");
    }
    int[] matching = regex.matching(values);
    if ((op == Op.MATCH) == accepted) {
      return matching;
    }
    int[] others = new int[values.size() - matching.length];
    int next = 0;
    for (int place = 0; place < values.size(); place++) {
      if (next < matching.length && matching[next] == place) {
        next++;
      } else {
        others[place - next] = place;
      }
    }
    return others;
  }

  private boolean regexMatches(String candidate) {
    if (regex == null) {
      throw new IllegalStateException("matcher " + this + " has no regular expression");
    }
    return regex.matches(candidate);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Matcher m && name.equals(m.name) && op == m.op && value.equals(m.value);
  }

  @Override
  public int hashCode() {
    return (name.hashCode() * 31 + op.hashCode()) * 31 + value.hashCode();
  }

  @Override
  public String toString() {
    return name + op.text() + '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}

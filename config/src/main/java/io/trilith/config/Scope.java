package io.trilith.config;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a caller may do. None contains another; {@code read} and {@code write} stand for three. */
public enum Scope {
  READ_METRICS("read:metrics"),
  READ_LOGS("read:logs"),
  READ_TRACES("read:traces"),
  WRITE_METRICS("write:metrics"),
  WRITE_LOGS("write:logs"),
  WRITE_TRACES("write:traces"),
  /** Changes rule groups and silences. */
  RULES("rules"),
  /** Asks for deletions, lists and cancels them. */
  DELETE("delete"),
  /** Flush, compaction, retention, restore, configuration. */
  ADMIN("admin"),
  /** Reads the server's own metrics, which name tenants. */
  METRICS("metrics");

  private final String text;

  Scope(String text) {
    this.text = text;
  }

  /** As in files. */
  public String text() {
    return text;
  }

  /**
   * The scopes that words of a file name.
   *
   * @throws IllegalArgumentException naming a word that is none
   */
  public static Set<Scope> parse(List<String> words) {
    EnumSet<Scope> all = EnumSet.noneOf(Scope.class);
    for (String word : words) {
      Set<Scope> meant = named(word);
      if (meant.isEmpty()) {
        throw new IllegalArgumentException(
            "scope '"
                + word
                + "' is not one of read, write, "
                + Arrays.stream(values()).map(Scope::text).collect(Collectors.joining(", ")));
      }
      all.addAll(meant);
    }
    return Set.copyOf(all);
  }

  /** What one word names; nothing when it is no scope, as in tokens of others. */
  public static Set<Scope> named(String word) {
    EnumSet<Scope> all = EnumSet.noneOf(Scope.class);
    for (Scope scope : values()) {
      if (scope.text.equals(word) || scope.text.startsWith(word + ":")) {
        all.add(scope);
      }
    }
    return all;
  }
}

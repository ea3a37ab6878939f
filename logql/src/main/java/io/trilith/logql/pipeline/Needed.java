package io.trilith.logql.pipeline;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The labels that what comes after a stage looks at: all, or the named ones. Immutable. */
public final class Needed {
  public static final Needed ALL = new Needed(null);
  public static final Needed NONE = new Needed(Set.of());

  private final @Nullable Set<String> names;

  /** Keys whose labels may be needed, whatever else has their name; null when all are. */
  private final @Nullable Set<String> keys;

  private Needed(@Nullable Set<String> names) {
    this.names = names;
    if (names == null) {
      keys = null;
      return;
    }
    Set<String> possible = new HashSet<>(names);
    for (String name : names) {
      if (name.endsWith(EntryLabels.SUFFIX)) {
        possible.add(name.substring(0, name.length() - EntryLabels.SUFFIX.length()));
      }
    }
    keys = Set.copyOf(possible);
  }

  /** Whether a parser that finds this key may make a label of it that is needed. */
  boolean mayHave(String key) {
    return keys == null || keys.contains(key);
  }

  public static Needed of(Iterable<String> names) {
    return NONE.plus(names);
  }

  Needed plus(Iterable<String> more) {
    if (names == null) {
      return this;
    }
    Set<String> union = new HashSet<>(names);
    more.forEach(union::add);
    return new Needed(Set.copyOf(union));
  }

  boolean nothing() {
    return names != null && names.isEmpty();
  }

  boolean has(String name) {
    return names == null || names.contains(name);
  }

  /** How many names a parser must find until it may stop. */
  int count() {
    return names == null ? Integer.MAX_VALUE : names.size();
  }

  /** Whether a key below this prefix could be needed. */
  boolean below(String prefix) {
    if (names == null) {
      return true;
    }
    for (String name : names) {
      if (name.length() > prefix.length()
          && name.startsWith(prefix)
          && name.charAt(prefix.length()) == '_') {
        return true;
      }
    }
    return false;
  }
}

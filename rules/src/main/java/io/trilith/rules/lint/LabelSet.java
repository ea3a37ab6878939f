package io.trilith.rules.lint;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which labels series may have. Immutable.
 *
 * @param allBut whether the names are those that they cannot have
 */
record LabelSet(boolean allBut, Set<String> names) {
  static final LabelSet ANY = new LabelSet(true, Set.of());
  static final LabelSet NONE = new LabelSet(false, Set.of());

  LabelSet {
    names = Set.copyOf(names);
  }

  static LabelSet of(Collection<String> names) {
    return new LabelSet(false, Set.copyOf(names));
  }

  boolean mayHave(String name) {
    return allBut != names.contains(name);
  }

  LabelSet with(Collection<String> more) {
    Set<String> changed = new HashSet<>(names);
    if (allBut) {
      changed.removeAll(more);
    } else {
      changed.addAll(more);
    }
    return new LabelSet(allBut, changed);
  }

  LabelSet without(Collection<String> gone) {
    Set<String> changed = new HashSet<>(names);
    if (allBut) {
      changed.addAll(gone);
    } else {
      changed.removeAll(gone);
    }
    return new LabelSet(allBut, changed);
  }

  LabelSet only(Collection<String> kept) {
    Set<String> left = new HashSet<>();
    for (String name : kept) {
      if (mayHave(name)) {
        left.add(name);
      }
    }
    return new LabelSet(false, left);
  }

  LabelSet or(LabelSet other) {
    if (allBut && other.allBut) {
      Set<String> neither = new HashSet<>(names);
      neither.retainAll(other.names);
      return new LabelSet(true, neither);
    }
    return allBut ? with(other.names) : other.with(names);
  }
}

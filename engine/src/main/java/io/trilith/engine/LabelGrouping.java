package io.trilith.engine;

import io.trilith.storage.model.Labels;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which labels of a series make its group: only the named ones ({@code by}, {@code on}), or all but
 * the named ones ({@code without}, {@code ignoring}). Thread-safe.
 */
public final class LabelGrouping {
  private final Set<String> names;
  private final boolean without;

  private LabelGrouping(Set<String> names, boolean without) {
    this.names = names;
    this.without = without;
  }

  public static LabelGrouping by(Collection<String> names) {
    return new LabelGrouping(Set.copyOf(new HashSet<>(names)), false);
  }

  /** All labels but these and, as ever, the metric name. */
  public static LabelGrouping without(Collection<String> names) {
    Set<String> dropped = new HashSet<>(names);
    dropped.add(Labels.NAME);
    return new LabelGrouping(Set.copyOf(dropped), true);
  }

  /** All labels but these; the metric name is one like any other. */
  public static LabelGrouping allBut(Collection<String> names) {
    return new LabelGrouping(Set.copyOf(new HashSet<>(names)), true);
  }

  /** Hash of what {@link #of} would answer, without making it; not {@link Labels#hashCode}. */
  int hash(Labels labels) {
    int hash = 1;
    for (int i = 0; i < labels.size(); i++) {
      if (names.contains(labels.name(i)) != without) {
        hash = 31 * (31 * hash + labels.name(i).hashCode()) + labels.value(i).hashCode();
      }
    }
    return hash;
  }

  /** Whether {@link #of} would answer the key. */
  boolean gives(Labels key, Labels labels) {
    int at = 0;
    for (int i = 0; i < labels.size(); i++) {
      if (names.contains(labels.name(i)) != without) {
        boolean same =
            at < key.size()
                && key.name(at).equals(labels.name(i))
                && key.value(at).equals(labels.value(i));
        if (!same) {
          return false;
        }
        at++;
      }
    }
    return at == key.size();
  }

  /** The labels by which the series is grouped: equal ones are one group. */
  public Labels of(Labels labels) {
    if (!without && names.isEmpty()) {
      return Labels.EMPTY;
    }
    return labels.filter(name -> names.contains(name) != without);
  }
}

package io.trilith.promql;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes the metric names away that operators gave up, once all have had their chance to use them.
 */
final class NameRemoval {
  /** The labels that go with the name. */
  static final Set<String> DROPPED = Set.of(Labels.NAME, "__type__", "__unit__");

  private NameRemoval() {}

  /**
   * The series under their final labels; those with equal labels become one. Throws
   * ExecutionException when two of them have a value at the same step.
   */
  static List<Series> apply(List<Series> vector) {
    List<Series> renamed = new ArrayList<>(vector.size());
    for (Series series : vector) {
      renamed.add(series.dropsName() ? series.as(withoutName(series.labels()), false) : series);
    }
    return merge(renamed);
  }

  static Labels withoutName(Labels labels) {
    return labels.filter(name -> !DROPPED.contains(name));
  }

  /** Joins series of equal labels. */
  static List<Series> merge(List<Series> vector) {
    Map<Labels, Integer> places = new HashMap<>();
    List<Series> merged = new ArrayList<>(vector.size());
    for (Series series : vector) {
      Integer place = places.putIfAbsent(series.labels(), merged.size());
      if (place == null) {
        merged.add(series);
      } else {
        merged.set(place, join(merged.get(place), series));
      }
    }
    return merged;
  }

  private static Series join(Series a, Series b) {
    Series joined = new Series(a.labels(), a.dropsName(), a.steps());
    for (int step = 0; step < a.steps(); step++) {
      if (a.has(step) && b.has(step)) {
        throw new ExecutionException("vector cannot contain metrics with the same labelset");
      }
      if (a.has(step)) {
        joined.copy(step, a, step);
      } else if (b.has(step)) {
        joined.copy(step, b, step);
      }
    }
    return joined;
  }
}

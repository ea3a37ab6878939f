package io.trilith.engine;

import io.trilith.storage.model.Labels;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the two sides of a binary operator find each other.
 *
 * @param on whether only the named labels count, else all but them
 * @param include labels a {@code group_left} or {@code group_right} takes from the "one" side
 * @param fillLeft value of a missing left side, null when a missing side drops the pair
 * @param fillRight value of a missing right side
 */
public record VectorMatching(
    Cardinality cardinality,
    boolean on,
    List<String> labels,
    List<String> include,
    @Nullable Double fillLeft,
    @Nullable Double fillRight) {

  /** How many series of a side may share a match group. */
  public enum Cardinality {
    ONE_TO_ONE,
    MANY_TO_ONE,
    ONE_TO_MANY,
    MANY_TO_MANY
  }

  public VectorMatching {
    labels = List.copyOf(labels);
    include = List.copyOf(include);
  }

  /** One to one by all labels. */
  public static VectorMatching plain() {
    return new VectorMatching(Cardinality.ONE_TO_ONE, false, List.of(), List.of(), null, null);
  }

  public VectorMatching withCardinality(Cardinality other) {
    return new VectorMatching(other, on, labels, include, fillLeft, fillRight);
  }

  /** What makes the match group of a series. */
  public LabelGrouping signature() {
    return on ? LabelGrouping.by(labels) : LabelGrouping.without(labels);
  }

  /**
   * The labels of a pair's result.
   *
   * @param many the side whose labels stay: the "many" side, or the left one
   * @param dropped labels that go even where the matching leaves them, such as the metric name
   */
  public Labels result(Labels many, Labels one, Set<String> dropped) {
    Labels kept = many;
    if (cardinality == Cardinality.ONE_TO_ONE) {
      kept = many.filter(name -> labels.contains(name) == on);
    }
    for (String name : dropped) {
      if (kept.has(name)) {
        kept = kept.filter(other -> !dropped.contains(other));
        break;
      }
    }
    if (include.isEmpty()) {
      return kept;
    }
    Labels.Builder builder = kept.toBuilder();
    for (String name : include) {
      builder.set(name, one.get(name));
    }
    return builder.build();
  }
}

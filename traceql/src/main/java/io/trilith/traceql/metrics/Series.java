package io.trilith.traceql.metrics;

import io.trilith.traceql.ast.Static;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.List;

/**
 * A series of numbers.
 *
 * @param labels in order
 * @param values one per point; not a number where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // the array is handed on, never compared
public record Series(List<Label> labels, double[] values, List<Exemplar> exemplars) {
  static final String NAME = "__name__";

  /** A label; its value keeps its type. */
  public record Label(String name, Static value) {}

  /** A span that stands for many. */
  public record Exemplar(TraceId traceId, double value, long timeMillis) {}

  /** The labels without the name. */
  List<Label> group() {
    List<Label> group = new ArrayList<>(labels);
    group.removeIf(label -> label.name().equals(NAME));
    return group;
  }

  /** The labels as text, which gives series an order. */
  String key() {
    return labels.toString();
  }
}

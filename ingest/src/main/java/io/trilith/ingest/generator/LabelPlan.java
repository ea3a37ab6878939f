package io.trilith.ingest.generator;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which attributes become which labels beside those that a family always has. Immutable.
 *
 * @param attributes and, at the same places, the names of their labels
 * @param external labels that all series get
 */
record LabelPlan(List<String> attributes, List<String> labels, Labels external, int valueMax) {
  /** Series of which there is no room for the labels. */
  private static final String OVERFLOW = "metric_overflow";

  /**
   * Plans them.
   *
   * @param own labels that the family has anyway
   * @param attributes to be made labels; of those that would be the same label the first one counts
   * @param prefixes to put in front of their names, at least one, maybe empty
   */
  static LabelPlan of(
      GeneratorRules rules, List<String> own, List<String> attributes, List<String> prefixes) {
    Set<String> names = new HashSet<>(own);
    List<String> kept = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    int room = rules.limits().labelsPerSeriesMax() - own.size() - 3;
    for (String attribute : attributes) {
      List<String> wanted = new ArrayList<>();
      for (String prefix : prefixes) {
        String name = Texts.labelName(prefix + attribute);
        wanted.add(own.contains(name) ? "__" + name : name);
      }
      if (!attribute.isEmpty() && labels.size() + wanted.size() <= room && names.addAll(wanted)) {
        kept.add(attribute);
        labels.addAll(wanted);
      }
    }
    Labels.Builder external = Labels.EMPTY.toBuilder();
    for (String pair : rules.writing().externalLabels()) {
      int equals = pair.indexOf('=');
      String name = Texts.labelName(pair.substring(0, equals));
      if (names.add(name)) {
        Texts.set(external, name, pair.substring(equals + 1), rules.limits().labelValueMax());
      }
    }
    return new LabelPlan(
        List.copyOf(kept), List.copyOf(labels), external.build(), rules.limits().labelValueMax());
  }

  /** Cuts a value so that two that are the same when cut are the same series. */
  String cut(String value) {
    return Texts.cut(value, valueMax);
  }

  Labels.Builder builder() {
    return external.toBuilder();
  }

  /** Sets the planned labels to values in their order. */
  void set(Labels.Builder builder, List<String> values) {
    for (int i = 0; i < labels.size() && i < values.size(); i++) {
      Texts.set(builder, labels.get(i), values.get(i), valueMax);
    }
  }

  Labels overflow() {
    return external.toBuilder().set(OVERFLOW, "true").build();
  }
}

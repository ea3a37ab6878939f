package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code count_values}: a series for each value of a group. */
final class CountValues implements GroupFold {
  private final Evaluator evaluator;
  private final String label;
  private final boolean dropsName;
  private final int steps;
  private final Labels.Builder builder;
  private final Map<Labels, Series> outputs = new LinkedHashMap<>();

  CountValues(Evaluator evaluator, String label, Labels labels, boolean dropsName, int steps) {
    this.evaluator = evaluator;
    this.label = label;
    this.dropsName = dropsName && !label.equals(Labels.NAME);
    this.steps = steps;
    this.builder = labels.toBuilder();
  }

  @Override
  public void add(Series member) {
    Series output = null;
    long counted = 0;
    for (int step = 0; step < steps; step++) {
      if (!member.has(step)) {
        continue;
      }
      FloatHistogram histogram = member.histogram(step);
      long bits = Double.doubleToRawLongBits(member.value(step));
      if (histogram != null) {
        count(output(histogram.toString()), step, 1);
        continue;
      }
      if (output == null || bits != counted) {
        output = output(FloatText.plain(member.value(step)));
        counted = bits;
      }
      count(output, step, 1);
    }
  }

  private Series output(String text) {
    Labels labels = builder.set(label, text).build();
    Series output = outputs.get(labels);
    if (output == null) {
      evaluator.context().budget().addSeries(1);
      evaluator.context().budget().addBytes(Series.bytes(steps) + 64 + 2L * text.length());
      output = new Series(labels, dropsName, steps);
      outputs.put(labels, output);
    }
    return output;
  }

  private static void count(Series output, int step, double more) {
    output.set(step, output.has(step) ? output.value(step) + more : more);
  }

  @Override
  public void finish(List<Series> into) {
    into.addAll(outputs.values());
  }

  /**
   * The results of all groups, of which two come together where the label hides what they differ
   * in.
   */
  static final class Merged {
    private final Map<Labels, Series> merged = new LinkedHashMap<>();

    void add(CountValues group, boolean dropsName) {
      boolean drops = dropsName && !group.label.equals(Labels.NAME);
      group.outputs.forEach(
          (labels, given) -> {
            Series output = drops ? given.as(labels, true) : given;
            Series same = merged.putIfAbsent(labels, output);
            for (int step = 0; same != null && step < output.steps(); step++) {
              if (output.has(step)) {
                count(same, step, output.value(step));
              }
            }
          });
    }

    List<Series> series() {
      return new ArrayList<>(merged.values());
    }
  }
}

package io.trilith.rules;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * The value of a series at a tick.
 *
 * @param value meaningless when there is a histogram
 */
public record RuleSample(Labels labels, double value, @Nullable FloatHistogram histogram) {
  public RuleSample(Labels labels, double value) {
    this(labels, value, null);
  }
}

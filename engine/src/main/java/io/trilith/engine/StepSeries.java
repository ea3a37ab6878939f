package io.trilith.engine;

import io.trilith.storage.model.Labels;

/** Floats of one series over a step grid. Not thread-safe; immutable once handed on. */
@SuppressWarnings("ArrayRecordComponent") // a column of primitives is the point; never compared
public record StepSeries(Labels labels, double[] values, Presence presence) {
  public static StepSeries empty(Labels labels, int steps) {
    return new StepSeries(labels, new double[steps], new Presence(steps));
  }

  public void set(int step, double value) {
    values[step] = value;
    presence.set(step);
  }

  public boolean has(int step) {
    return presence.has(step);
  }
}

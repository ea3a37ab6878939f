package io.trilith.engine;

import java.util.Arrays;

/**
 * Aggregates floats of one group, step by step, without keeping them. Means are kept as running
 * means once a sum overflows. Confined to one thread.
 */
public final class FloatAggregate {
  /** The aggregations that need no list of their inputs. */
  public enum Kind {
    SUM,
    AVG,
    MIN,
    MAX,
    COUNT,
    GROUP,
    STDDEV,
    STDVAR
  }

  /** Bytes an aggregation holds for each step, at most. */
  public static final int BYTES_PER_STEP = 21;

  private final Kind kind;
  private final double[] sum;
  private final double[] compensation;
  private final int[] count;
  private final boolean[] meanOnly;

  public FloatAggregate(Kind kind, int steps) {
    this.kind = kind;
    this.sum = new double[steps];
    this.count = new int[steps];
    boolean plain = kind == Kind.MIN || kind == Kind.MAX || kind == Kind.COUNT;
    this.compensation = plain || kind == Kind.GROUP ? new double[0] : new double[steps];
    this.meanOnly = kind == Kind.AVG ? new boolean[steps] : new boolean[0];
    if (kind == Kind.MIN || kind == Kind.MAX) {
      Arrays.fill(sum, Double.NaN);
    }
  }

  public void add(int step, double value) {
    count[step]++;
    switch (kind) {
      case COUNT, GROUP -> {}
      case SUM -> addCompensated(step, value);
      case AVG -> addToMean(step, value);
      case MIN -> {
        if (value < sum[step] || Double.isNaN(sum[step])) {
          sum[step] = value;
        }
      }
      case MAX -> {
        if (value > sum[step] || Double.isNaN(sum[step])) {
          sum[step] = value;
        }
      }
      case STDDEV, STDVAR -> {
        double delta = value - sum[step];
        sum[step] += delta / count[step];
        compensation[step] += delta * (value - sum[step]);
      }
    }
  }

  /** Adds the values of the steps that are present, one each. */
  public void add(double[] values, Presence present) {
    if (kind == Kind.SUM) {
      boolean all = present.count() == sum.length;
      for (int step = 0; step < sum.length; step++) {
        if (all || present.has(step)) {
          count[step]++;
          addCompensated(step, values[step]);
        }
      }
      return;
    }
    for (int step = 0; step < sum.length; step++) {
      if (present.has(step)) {
        add(step, values[step]);
      }
    }
  }

  private void addCompensated(int step, double value) {
    double next = sum[step] + value;
    compensation[step] += KahanSum.error(sum[step], value, next);
    sum[step] = next;
  }

  private void addToMean(int step, double value) {
    if (!meanOnly[step]) {
      if (count[step] == 1 || !Double.isInfinite(sum[step] + value)) {
        addCompensated(step, value);
        return;
      }
      meanOnly[step] = true;
      sum[step] /= count[step] - 1;
      compensation[step] /= count[step] - 1;
    }
    if (Double.isInfinite(sum[step])) {
      if (Double.isInfinite(value) && (sum[step] > 0) == (value > 0)) {
        return;
      }
      if (!Double.isInfinite(value) && !Double.isNaN(value)) {
        return;
      }
    }
    double ratio = (count[step] - 1.0) / count[step];
    sum[step] *= ratio;
    compensation[step] *= ratio;
    addCompensated(step, value / count[step]);
  }

  /** How many values the step has; the aggregation has no value where this is 0. */
  public int count(int step) {
    return count[step];
  }

  public double value(int step) {
    return switch (kind) {
      case COUNT -> count[step];
      case GROUP -> 1;
      case MIN, MAX -> sum[step];
      case SUM -> total(step);
      case AVG -> meanOnly[step] ? total(step) : mean(step);
      case STDVAR -> compensation[step] / count[step];
      case STDDEV -> Math.sqrt(compensation[step] / count[step]);
    };
  }

  private double total(int step) {
    return Double.isInfinite(sum[step]) ? sum[step] : sum[step] + compensation[step];
  }

  private double mean(int step) {
    if (Double.isInfinite(sum[step])) {
      return sum[step];
    }
    return sum[step] / count[step] + compensation[step] / count[step];
  }
}

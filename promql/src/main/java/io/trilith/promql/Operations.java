package io.trilith.promql;

import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.promql.histogram.HistogramTrim;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import org.jspecify.annotations.Nullable;

/** One binary operator on one pair of samples. Confined to one thread. */
final class Operations {
  private final Notes notes;
  private final BinaryOp op;
  private final boolean bool;
  private final int position;

  /** After {@link #apply}: the float result, valid when histogram is null. */
  double value;

  /** After {@link #apply}: the histogram result, if it is one. */
  @Nullable FloatHistogram histogram;

  Operations(Notes notes, BinaryOp op, boolean bool, int position) {
    this.notes = notes;
    this.op = op;
    this.bool = bool;
    this.position = position;
  }

  /** Whether there is a result. */
  boolean apply(
      double left,
      @Nullable FloatHistogram leftHistogram,
      double right,
      @Nullable FloatHistogram rightHistogram) {
    histogram = null;
    if (leftHistogram == null && rightHistogram == null) {
      return floats(left, right);
    }
    if (leftHistogram != null && rightHistogram != null) {
      return histograms(leftHistogram, rightHistogram);
    }
    return leftHistogram != null
        ? histogramAndFloat(leftHistogram, right)
        : floatAndHistogram(left, rightHistogram);
  }

  /** Whether {@link #compute} knows it. */
  boolean arithmetic() {
    return op.kind() == BinaryOp.Kind.ARITHMETIC;
  }

  /** All results of an arithmetic operator on floats; as many as there are. */
  void compute(double[] left, double[] right, double[] results) {
    switch (op) {
      case ADD -> {
        for (int i = 0; i < results.length; i++) {
          results[i] = left[i] + right[i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < results.length; i++) {
          results[i] = left[i] - right[i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < results.length; i++) {
          results[i] = left[i] * right[i];
        }
      }
      case DIVIDE -> {
        for (int i = 0; i < results.length; i++) {
          results[i] = left[i] / right[i];
        }
      }
      default -> {
        for (int i = 0; i < results.length; i++) {
          results[i] = arithmetic(op, left[i], right[i]);
        }
      }
    }
  }

  private boolean floats(double left, double right) {
    switch (op.kind()) {
      case ARITHMETIC -> value = arithmetic(op, left, right);
      case COMPARISON -> {
        boolean holds = compare(op, left, right);
        value = bool ? (holds ? 1 : 0) : left;
        return bool || holds;
      }
      case TRIM, SET -> {
        return incompatible("float", "float");
      }
    }
    return true;
  }

  static double arithmetic(BinaryOp op, double left, double right) {
    return switch (op) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> left / right;
      case MODULO -> left % right;
      case POWER -> power(left, right);
      case ATAN2 -> Math.atan2(left, right);
      default -> throw new IllegalStateException("not arithmetic: " + op);
    };
  }

  /** As IEEE 754 has it: 1 to the power of anything is 1, also of NaN and infinities. */
  private static double power(double left, double right) {
    if (left == 1 || (left == -1 && Double.isInfinite(right))) {
      return 1;
    }
    return Math.pow(left, right);
  }

  static boolean compare(BinaryOp op, double left, double right) {
    return switch (op) {
      case EQUAL -> left == right;
      case NOT_EQUAL -> left != right;
      case LESS -> left < right;
      case LESS_EQUAL -> left <= right;
      case GREATER -> left > right;
      case GREATER_EQUAL -> left >= right;
      default -> throw new IllegalStateException("not a comparison: " + op);
    };
  }

  private boolean histogramAndFloat(FloatHistogram left, double right) {
    switch (op) {
      case MULTIPLY -> histogram = left.multiply(right).compact();
      case DIVIDE -> histogram = left.divide(right).compact();
      case TRIM_UPPER -> histogram = HistogramTrim.below(left, right);
      case TRIM_LOWER -> histogram = HistogramTrim.above(left, right);
      default -> {
        return incompatible("histogram", "float");
      }
    }
    return true;
  }

  private boolean floatAndHistogram(double left, @Nullable FloatHistogram right) {
    if (op == BinaryOp.MULTIPLY && right != null) {
      histogram = right.multiply(left).compact();
      return true;
    }
    return incompatible("float", "histogram");
  }

  private boolean histograms(FloatHistogram left, FloatHistogram right) {
    return switch (op) {
      case ADD, SUBTRACT -> addition(left, right);
      case EQUAL, NOT_EQUAL -> {
        boolean holds = left.sameAs(right) == (op == BinaryOp.EQUAL);
        value = holds ? 1 : 0;
        histogram = bool ? null : left;
        yield bool || holds;
      }
      default -> incompatible("histogram", "histogram");
    };
  }

  private boolean addition(FloatHistogram left, FloatHistogram right) {
    if (!left.compatible(right)) {
      notes.warn(
          "vector contains a mix of histograms with exponential and custom buckets schemas",
          position);
      return false;
    }
    boolean minus = op == BinaryOp.SUBTRACT;
    HistogramSum sum = new HistogramSum(left).add(minus ? right.multiply(-1) : right);
    if (sum.reconciledBounds()) {
      notes.info(
          "mismatched custom buckets were reconciled during "
              + (minus ? "subtraction" : "addition"),
          position);
    }
    if (!minus && sum.conflictingResets()) {
      notes.warn("conflicting counter resets during histogram addition", position);
    }
    FloatHistogram result = sum.result().compact();
    histogram = minus ? result.withHint(ResetHint.GAUGE) : result;
    return true;
  }

  private boolean incompatible(String left, String right) {
    notes.info(
        "incompatible sample types encountered for binary operator \""
            + op.text()
            + "\": "
            + left
            + " "
            + op.text()
            + " "
            + right,
        position);
    return false;
  }
}

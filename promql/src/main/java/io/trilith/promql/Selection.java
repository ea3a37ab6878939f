package io.trilith.promql;

import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.Expr;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/** {@code topk}, {@code bottomk}, {@code limitk}, {@code limit_ratio}: keeps some of the series. */
final class Selection {
  private final Evaluator evaluator;
  private final AggregateOp op;
  private final int position;
  private final int innerPosition;
  private final double[] checked;

  /**
   * A selection of a number, or of a share, at each step; the position is that of the parameter.
   */
  Selection(Evaluator evaluator, Expr.Aggregation node, int position, double[] parameter) {
    this.evaluator = evaluator;
    this.op = node.op();
    this.position = position;
    this.innerPosition = node.inner().position();
    this.checked = check(parameter);
  }

  /** Starts a group. */
  GroupFold fold() {
    return op == AggregateOp.TOPK || op == AggregateOp.BOTTOMK ? new Best() : new Passing();
  }

  /** Keeps what is chosen as soon as it is seen. */
  private final class Passing implements GroupFold {
    private final int[] kept = new int[checked.length];
    private final List<Series> outputs = new ArrayList<>();

    @Override
    public void add(Series member) {
      Series output = null;
      for (int step = 0; step < checked.length; step++) {
        boolean chosen =
            member.has(step)
                && (op == AggregateOp.LIMITK
                    ? kept[step] < (long) checked[step]
                    : chosen(member.labels(), checked[step]));
        if (chosen) {
          if (output == null) {
            long bytes = Series.bytes(checked.length) + member.labels().bytes();
            evaluator.context().budget().addBytes(bytes);
            output = new Series(member.labels(), member.dropsName(), checked.length);
            outputs.add(output);
          }
          kept[step]++;
          output.copy(step, member, step);
        }
      }
    }

    @Override
    public void finish(List<Series> into) {
      into.addAll(outputs);
    }
  }

  /** Keeps the best so far of each step, in a heap whose root is the worst of them. */
  private final class Best implements GroupFold {
    private final double[][] values = new double[checked.length][];
    private final int[][] members = new int[checked.length][];
    private final int[] sizes = new int[checked.length];
    private final List<Labels> labels = new ArrayList<>();
    private final BitSet dropsName = new BitSet();

    Best() {
      evaluator.context().budget().addBytes(20L * checked.length + 64);
    }

    @Override
    public void add(Series member) {
      int number = labels.size();
      boolean kept = false;
      for (int step = 0; step < checked.length; step++) {
        if (!member.has(step)) {
          continue;
        }
        if (member.histogram(step) != null) {
          evaluator.info("ignored histogram in " + op.text() + " aggregation", innerPosition);
          continue;
        }
        kept |= offer(step, member.value(step), number);
      }
      if (kept) {
        labels.add(member.labels());
        dropsName.set(number, member.dropsName());
      }
    }

    private boolean offer(int step, double value, int number) {
      int size = sizes[step];
      if (size < (long) checked[step]) {
        grow(step, size);
        values[step][size] = value;
        members[step][size] = number;
        sizes[step]++;
        rise(values[step], members[step], size);
        return true;
      }
      if (size == 0 || !better(value, number, values[step][0], members[step][0])) {
        return false;
      }
      values[step][0] = value;
      members[step][0] = number;
      sink(values[step], members[step], size);
      return true;
    }

    private void grow(int step, int size) {
      if (values[step] == null) {
        evaluator.context().budget().addBytes(12L * 4 + 40);
        values[step] = new double[4];
        members[step] = new int[4];
      } else if (size == values[step].length) {
        evaluator.context().budget().addBytes(12L * size);
        values[step] = Arrays.copyOf(values[step], 2 * size);
        members[step] = Arrays.copyOf(members[step], 2 * size);
      }
    }

    /** NaN is worst; of equal values the one that came first is better. */
    private boolean better(double value, int number, double other, int otherNumber) {
      if (Double.isNaN(value) || Double.isNaN(other)) {
        return Double.isNaN(value) == Double.isNaN(other)
            ? number < otherNumber
            : Double.isNaN(other);
      }
      if (value == other) {
        return number < otherNumber;
      }
      return op == AggregateOp.TOPK ? value > other : value < other;
    }

    private void rise(double[] heap, int[] numbers, int from) {
      int at = from;
      while (at > 0) {
        int parent = (at - 1) / 2;
        if (!better(heap[parent], numbers[parent], heap[at], numbers[at])) {
          return;
        }
        swap(heap, numbers, at, parent);
        at = parent;
      }
    }

    private void sink(double[] heap, int[] numbers, int size) {
      int at = 0;
      while (2 * at + 1 < size) {
        int child = 2 * at + 1;
        boolean second =
            child + 1 < size
                && better(heap[child], numbers[child], heap[child + 1], numbers[child + 1]);
        child += second ? 1 : 0;
        if (!better(heap[at], numbers[at], heap[child], numbers[child])) {
          return;
        }
        swap(heap, numbers, at, child);
        at = child;
      }
    }

    private static void swap(double[] heap, int[] numbers, int a, int b) {
      double value = heap[a];
      heap[a] = heap[b];
      heap[b] = value;
      int number = numbers[a];
      numbers[a] = numbers[b];
      numbers[b] = number;
    }

    @Override
    public void finish(List<Series> into) {
      Series[] outputs = new Series[labels.size()];
      int steps = checked.length;
      for (int step = 0; step < steps; step++) {
        evaluator.context().check();
        // Taken worst first: an instant answer is best first.
        for (int size = sizes[step]; size > 0; size--) {
          int number = members[step][0];
          if (outputs[number] == null) {
            evaluator.context().budget().addBytes(Series.bytes(steps));
            outputs[number] = new Series(labels.get(number), dropsName.get(number), steps);
            if (steps == 1) {
              into.add(outputs[number]);
            }
          }
          outputs[number].set(step, values[step][0]);
          values[step][0] = values[step][size - 1];
          members[step][0] = members[step][size - 1];
          sink(values[step], members[step], size - 1);
        }
      }
      if (steps == 1) {
        Collections.reverse(into);
        return;
      }
      for (Series output : outputs) {
        if (output != null) {
          into.add(output);
        }
      }
    }
  }

  private double[] check(double[] parameter) {
    double[] checked = parameter.clone();
    for (int step = 0; step < checked.length; step++) {
      double value = checked[step];
      if (Double.isNaN(value)) {
        throw new ExecutionException(
            op == AggregateOp.LIMIT_RATIO ? "Ratio value is NaN" : "Parameter value is NaN");
      }
      if (op == AggregateOp.LIMIT_RATIO) {
        checked[step] = Math.clamp(value, -1.0, 1.0);
        if (checked[step] != value) {
          evaluator.warn(
              "ratio value should be between -1 and 1, got "
                  + FloatText.json(value)
                  + ", capping to "
                  + FloatText.json(checked[step]),
              position);
        }
      } else if (Math.abs(value) >= Long.MAX_VALUE) {
        throw new ExecutionException("Scalar value " + FloatText.json(value) + " overflows int64");
      }
    }
    return checked;
  }

  /** By a hash, so that a ratio and its complement share the series out. */
  private static boolean chosen(Labels labels, double ratio) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < labels.size(); i++) {
      hash = mix(hash, labels.name(i));
      hash = mix(hash, labels.value(i));
    }
    hash ^= hash >>> 32;
    hash *= 0x9e3779b97f4a7c15L;
    hash ^= hash >>> 29;
    double at = (hash >>> 11) * 0x1p-53;
    return ratio >= 0 ? at < ratio : at >= 1 + ratio;
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = (mixed ^ text.charAt(i)) * 0x100000001b3L;
    }
    return (mixed ^ 0xff) * 0x100000001b3L;
  }
}

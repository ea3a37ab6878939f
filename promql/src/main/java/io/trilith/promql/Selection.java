package io.trilith.promql;

import io.trilith.engine.FloatText;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.Expr;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** {@code topk}, {@code bottomk}, {@code limitk}, {@code limit_ratio}: keeps some of the series. */
final class Selection {
  private final Evaluator evaluator;
  private final AggregateOp op;
  private final int position;
  private final int innerPosition;

  /** The position is that of the parameter. */
  Selection(Evaluator evaluator, Expr.Aggregation node, int position) {
    this.evaluator = evaluator;
    this.op = node.op();
    this.position = position;
    this.innerPosition = node.inner().position();
  }

  List<Series> select(List<Aggregator.Group> groups, double[] parameter) {
    double[] checked = check(parameter);
    List<Series> result = new ArrayList<>();
    for (Aggregator.Group group : groups) {
      evaluator.context().check();
      List<Series> members = group.members();
      Series[] outputs = new Series[members.size()];
      for (int i = 0; i < outputs.length; i++) {
        Series member = members.get(i);
        outputs[i] = new Series(member.labels(), member.dropsName(), member.steps());
      }
      Integer[] order = {};
      for (int step = 0; step < checked.length; step++) {
        order = select(members, step, checked[step]);
        for (int chosen : order) {
          outputs[chosen].copy(step, members.get(chosen), step);
        }
      }
      if (checked.length == 1) {
        for (int chosen : order) {
          result.add(outputs[chosen]);
        }
      } else {
        Arrays.stream(outputs).filter(series -> !series.isEmpty()).forEach(result::add);
      }
    }
    return result;
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

  /** The chosen members, best first. */
  private Integer[] select(List<Series> members, int step, double parameter) {
    List<Integer> candidates = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Series member = members.get(i);
      if (!member.has(step)) {
        continue;
      }
      if (op == AggregateOp.LIMIT_RATIO) {
        if (chosen(member.labels(), parameter)) {
          candidates.add(i);
        }
      } else if (op == AggregateOp.LIMITK || member.histogram(step) == null) {
        candidates.add(i);
      } else {
        evaluator.info("ignored histogram in " + op.text() + " aggregation", innerPosition);
      }
    }
    if (op == AggregateOp.LIMIT_RATIO) {
      return candidates.toArray(Integer[]::new);
    }
    if (op != AggregateOp.LIMITK) {
      candidates.sort(byValue(members, step));
    }
    int size = (int) Math.min(candidates.size(), Math.max(0, (long) parameter));
    return candidates.subList(0, size).toArray(Integer[]::new);
  }

  private Comparator<Integer> byValue(List<Series> members, int step) {
    boolean top = op == AggregateOp.TOPK;
    return (a, b) -> {
      double first = members.get(a).value(step);
      double second = members.get(b).value(step);
      if (Double.isNaN(first) || Double.isNaN(second)) {
        return Boolean.compare(Double.isNaN(first), Double.isNaN(second));
      }
      int order = first < second ? -1 : first > second ? 1 : 0;
      return top ? -order : order;
    };
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

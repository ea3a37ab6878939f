package io.trilith.promql;

import io.trilith.engine.FloatAggregate;
import io.trilith.engine.GroupIndex;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Evaluates one aggregation: its series pass by one at a time, folded into their groups. Confined
 * to one thread.
 */
final class Aggregator {
  private final Evaluator evaluator;
  private final Expr.Aggregation node;
  private final AggregateOp op;
  private final GroupIndex groups = new GroupIndex();
  private final List<GroupFold> folds = new ArrayList<>();

  /** Groups of which any series gives up its name. */
  private final BitSet dropping = new BitSet();

  private final LabelGrouping grouping;
  private final LabelGrouping groupingOfNameless;

  Aggregator(Evaluator evaluator, Expr.Aggregation node) {
    this.evaluator = evaluator;
    this.node = node;
    this.op = node.op();
    if (node.without()) {
      grouping = LabelGrouping.without(node.grouping());
      List<String> dropped = new ArrayList<>(node.grouping());
      dropped.addAll(NameRemoval.DROPPED);
      groupingOfNameless = LabelGrouping.without(dropped);
    } else {
      grouping = LabelGrouping.by(node.grouping());
      groupingOfNameless = grouping;
    }
  }

  /** Makes the fold of a new group. */
  @FunctionalInterface
  private interface Folds {
    GroupFold start(Labels labels, boolean dropsName);
  }

  void stream(StepGrid grid, SeriesSink sink) {
    Folds start = folds(grid);
    evaluator.stream(node.inner(), grid, series -> add(series, start));
    CountValues.Merged merged = new CountValues.Merged();
    List<Series> result = new ArrayList<>();
    for (int group = 0; group < folds.size(); group++) {
      GroupFold fold = folds.get(group);
      evaluator.context().check();
      if (fold instanceof CountValues values) {
        merged.add(values, dropping.get(group));
      } else {
        result.clear();
        fold.finish(result);
        boolean drops = dropping.get(group) && makesSeries();
        for (Series series : result) {
          sink.accept(drops ? series.as(series.labels(), true) : series);
        }
      }
    }
    merged.series().forEach(sink::accept);
  }

  /** Whether a group has a series of its own, else some of those it was given. */
  private boolean makesSeries() {
    return switch (op) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> false;
      default -> true;
    };
  }

  private void add(Series series, Folds start) {
    int group = groups.of(series.dropsName() ? groupingOfNameless : grouping, series.labels());
    if (group == folds.size()) {
      folds.add(start.start(groups.key(group), series.dropsName()));
    }
    if (series.dropsName()) {
      dropping.set(group);
    }
    folds.get(group).add(series);
  }

  private Folds folds(StepGrid grid) {
    Expr parameter = node.parameter();
    if (op == AggregateOp.COUNT_VALUES && parameter != null) {
      String label = evaluator.text(parameter);
      if (!LabelFunctions.validLabel(label)) {
        throw new ExecutionException("invalid label name " + Literals.quote(label));
      }
      return (labels, drops) -> new CountValues(evaluator, label, labels, drops, grid.count());
    }
    double[] numbers = parameter == null ? new double[0] : evaluator.scalar(parameter, grid);
    return switch (op) {
      case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> {
        Selection selection =
            new Selection(evaluator, node, parameter == null ? 0 : parameter.position(), numbers);
        yield (_, _) -> selection.fold();
      }
      case QUANTILE -> {
        for (double number : numbers) {
          int position = parameter == null ? 0 : parameter.position();
          OverTimeKernels.checkQuantile(evaluator, number, position);
        }
        yield (labels, drops) -> new QuantileFold(evaluator, node, labels, drops, numbers);
      }
      default -> (labels, drops) -> fold(labels, drops, grid.count());
    };
  }

  private GroupFold fold(Labels labels, boolean dropsName, int steps) {
    evaluator.context().budget().addBytes(Series.bytes(steps) + labels.bytes() + heldBytes(steps));
    return switch (op) {
      case COUNT, GROUP ->
          new CountFold(op == AggregateOp.GROUP, new Series(labels, dropsName, steps));
      case SUM, AVG -> new TotalFold(evaluator, node, new Series(labels, dropsName, steps));
      case MIN -> floats(FloatAggregate.Kind.MIN, labels, dropsName, steps);
      case MAX -> floats(FloatAggregate.Kind.MAX, labels, dropsName, steps);
      case STDDEV -> floats(FloatAggregate.Kind.STDDEV, labels, dropsName, steps);
      case STDVAR -> floats(FloatAggregate.Kind.STDVAR, labels, dropsName, steps);
      default -> throw new IllegalStateException("no fold for " + op);
    };
  }

  private GroupFold floats(FloatAggregate.Kind kind, Labels labels, boolean dropsName, int steps) {
    return new FloatFold(evaluator, node, kind, new Series(labels, dropsName, steps));
  }

  private static long heldBytes(int steps) {
    return 64L + (long) FloatAggregate.BYTES_PER_STEP * steps;
  }
}

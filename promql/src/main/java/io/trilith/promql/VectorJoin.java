package io.trilith.promql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.StepGrid;
import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pairs the series of two vectors, step by step. Confined to one thread. */
final class VectorJoin {
  private final Evaluator evaluator;
  private final VectorMatching matching;
  private final LabelGrouping signature;
  private final Operations operations;
  private final boolean swapped;
  private final boolean drops;
  private final boolean keepsName;
  private final @Nullable Double fillMany;
  private final @Nullable Double fillOne;
  private final Map<Labels, Integer> groups = new HashMap<>();
  private final Map<Labels, Series> outputs = new LinkedHashMap<>();

  VectorJoin(Evaluator evaluator, Expr.Binary node, Operations operations) {
    this.evaluator = evaluator;
    this.matching = node.matching();
    this.signature = matching.signature();
    this.operations = operations;
    this.swapped = matching.cardinality() == Cardinality.ONE_TO_MANY;
    this.drops = node.bool();
    this.keepsName = node.op().kind() != BinaryOp.Kind.ARITHMETIC;
    this.fillMany = swapped ? matching.fillRight() : matching.fillLeft();
    this.fillOne = swapped ? matching.fillLeft() : matching.fillRight();
  }

  /** The series of a side and the number of their match group. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Side(List<Series> series, int[] group) {}

  private Side side(List<Series> series) {
    int[] group = new int[series.size()];
    for (int i = 0; i < group.length; i++) {
      group[i] = groups.computeIfAbsent(signature.of(series.get(i).labels()), key -> groups.size());
    }
    return new Side(series, group);
  }

  List<Series> join(List<Series> left, List<Series> right, StepGrid grid) {
    boolean nothing =
        (left.isEmpty() && matching.fillLeft() == null)
            || (right.isEmpty() && matching.fillRight() == null);
    if (nothing) {
      return List.of();
    }
    Side many = side(swapped ? right : left);
    Side one = side(swapped ? left : right);
    int[] oneAt = new int[groups.size()];
    boolean[] matched = new boolean[groups.size()];
    for (int step = 0; step < grid.count(); step++) {
      if ((step & 63) == 0) {
        evaluator.context().check();
      }
      Arrays.fill(oneAt, -1);
      Arrays.fill(matched, false);
      for (int i = 0; i < one.group().length; i++) {
        if (one.series().get(i).has(step)) {
          if (oneAt[one.group()[i]] >= 0) {
            throw duplicate(one, oneAt[one.group()[i]], i);
          }
          oneAt[one.group()[i]] = i;
        }
      }
      joinStep(many, one, oneAt, matched, step);
    }
    List<Series> result = new ArrayList<>(outputs.values());
    result.removeIf(Series::isEmpty);
    return result;
  }

  private void joinStep(Side many, Side one, int[] oneAt, boolean[] matched, int step) {
    for (int i = 0; i < many.group().length; i++) {
      Series series = many.series().get(i);
      if (!series.has(step)) {
        continue;
      }
      int group = many.group()[i];
      int partner = oneAt[group];
      if (partner < 0 && fillOne == null) {
        continue;
      }
      if (matched[group] && matching.cardinality() == Cardinality.ONE_TO_ONE) {
        throw new ExecutionException(
            "multiple matches for labels: many-to-one matching must be explicit"
                + " (group_left/group_right)");
      }
      matched[group] = true;
      pair(series, partner < 0 ? null : one.series().get(partner), step);
    }
    for (int i = 0; i < one.group().length && fillMany != null; i++) {
      if (one.series().get(i).has(step) && !matched[one.group()[i]]) {
        pair(null, one.series().get(i), step);
      }
    }
  }

  /** One of the two may be missing and is filled then. */
  private void pair(@Nullable Series many, @Nullable Series one, int step) {
    double manyValue = many != null ? many.value(step) : orZero(fillMany);
    double oneValue = one != null ? one.value(step) : orZero(fillOne);
    FloatHistogram manyHistogram = many == null ? null : many.histogram(step);
    FloatHistogram oneHistogram = one == null ? null : one.histogram(step);
    boolean kept =
        swapped
            ? operations.apply(oneValue, oneHistogram, manyValue, manyHistogram)
            : operations.apply(manyValue, manyHistogram, oneValue, oneHistogram);
    Labels manyLabels = many != null ? many.labels() : filler(one);
    Labels oneLabels = one != null ? one.labels() : filler(many);
    boolean dropsName = drops || (many != null && many.dropsName());
    Labels labels = matching.result(manyLabels, oneLabels, keepsName);
    if (!kept) {
      return;
    }
    Series output = outputs.get(labels);
    if (output == null) {
      output = new Series(labels, dropsName, many != null ? many.steps() : stepsOf(one));
      outputs.put(labels, output);
    }
    if (output.has(step)) {
      throw new ExecutionException(
          "multiple matches for labels: grouping labels must ensure unique matches");
    }
    if (operations.histogram != null) {
      output.set(step, operations.histogram);
    } else {
      output.set(step, operations.value);
    }
  }

  private static double orZero(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  private static int stepsOf(@Nullable Series series) {
    return series == null ? 0 : series.steps();
  }

  private Labels filler(@Nullable Series other) {
    return other == null ? Labels.EMPTY : signature.of(other.labels());
  }

  private ExecutionException duplicate(Side side, int first, int second) {
    Series a = side.series().get(first);
    Series b = side.series().get(second);
    return new ExecutionException(
        "found duplicate series for the match group "
            + signature.of(a.labels())
            + " on the "
            + (swapped ? "left" : "right")
            + " hand-side of the operation: ["
            + a.labels()
            + ", "
            + b.labels()
            + "];many-to-many matching not allowed: matching labels must be unique on one side");
  }
}

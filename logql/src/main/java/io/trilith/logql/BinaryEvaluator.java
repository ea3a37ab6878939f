package io.trilith.logql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.logql.ast.BinaryOperation;
import io.trilith.logql.ast.Expr;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Applies one binary operator step by step. Confined to one thread. */
final class BinaryEvaluator {
  private final BinaryOperation operation;
  private final boolean bool;
  private final VectorMatching matching;
  private final int steps;
  private final QueryContext context;

  BinaryEvaluator(Expr.Binary expr, int steps, QueryContext context) {
    this.operation = expr.operation();
    this.bool = expr.bool();
    this.matching = expr.matching();
    this.steps = steps;
    this.context = context;
  }

  /** With a number on the left or on the right. A filter keeps the vector's value either way. */
  List<StepSeries> withNumber(List<StepSeries> input, double number, boolean numberLeft) {
    List<StepSeries> results = new ArrayList<>(input.size());
    for (StepSeries series : input) {
      context.check();
      StepSeries result = StepSeries.empty(series.labels(), steps);
      for (int step = 0; step < steps; step++) {
        if (series.has(step)) {
          double value = series.values()[step];
          set(result, step, numberLeft ? number : value, numberLeft ? value : number, value);
        }
      }
      addIfAny(results, result);
    }
    return results;
  }

  private void set(StepSeries result, int step, double left, double right, double kept) {
    double value = operation.apply(left, right);
    if (!operation.comparison() || bool) {
      result.set(step, value);
    } else if (value == 1) {
      result.set(step, kept);
    }
  }

  private static void addIfAny(List<StepSeries> results, StepSeries result) {
    if (result.presence().count() > 0) {
      results.add(result);
    }
  }

  List<StepSeries> vectors(List<StepSeries> left, List<StepSeries> right) {
    return operation.set() ? sets(left, right) : joined(left, right);
  }

  private List<StepSeries> sets(List<StepSeries> left, List<StepSeries> right) {
    LabelGrouping signature = matching.signature();
    boolean or = operation == BinaryOperation.OR;
    Map<Labels, boolean[]> present = presence(or ? left : right, signature);
    Map<Labels, StepSeries> results = new LinkedHashMap<>();
    if (or) {
      for (StepSeries series : left) {
        copy(series, null, true, results);
      }
    }
    boolean keepsPresent = operation == BinaryOperation.AND;
    for (StepSeries series : or ? right : left) {
      context.check();
      copy(series, present.get(signature.of(series.labels())), keepsPresent, results);
    }
    List<StepSeries> found = new ArrayList<>(results.values());
    found.removeIf(result -> result.presence().count() == 0);
    return found;
  }

  /**
   * Adds the steps of a series to the result with its labels.
   *
   * @param others where the other side has a match, null for nowhere
   * @param keepsPresent whether steps with a match are the ones wanted
   */
  private void copy(
      StepSeries series,
      boolean @Nullable [] others,
      boolean keepsPresent,
      Map<Labels, StepSeries> results) {
    boolean all = others == null && keepsPresent && operation == BinaryOperation.OR;
    StepSeries result =
        results.computeIfAbsent(series.labels(), labels -> StepSeries.empty(labels, steps));
    for (int step = 0; step < steps; step++) {
      boolean other = others != null && others[step];
      if (series.has(step) && (all || other == keepsPresent) && !result.has(step)) {
        result.set(step, series.values()[step]);
      }
    }
  }

  private Map<Labels, boolean[]> presence(List<StepSeries> input, LabelGrouping signature) {
    Map<Labels, boolean[]> present = new HashMap<>();
    for (StepSeries series : input) {
      boolean[] steps =
          present.computeIfAbsent(signature.of(series.labels()), _ -> new boolean[this.steps]);
      for (int step = 0; step < steps.length; step++) {
        steps[step] |= series.has(step);
      }
    }
    return present;
  }

  private List<StepSeries> joined(List<StepSeries> left, List<StepSeries> right) {
    boolean manyRight = matching.cardinality() == Cardinality.ONE_TO_MANY;
    List<StepSeries> many = manyRight ? right : left;
    List<StepSeries> one = manyRight ? left : right;
    LabelGrouping signature = matching.signature();
    Map<Labels, List<StepSeries>> byGroup = new HashMap<>();
    for (StepSeries series : one) {
      byGroup.computeIfAbsent(signature.of(series.labels()), _ -> new ArrayList<>()).add(series);
    }
    Map<Labels, StepSeries> results = new HashMap<>();
    List<StepSeries> ordered = new ArrayList<>();
    for (StepSeries series : many) {
      context.check();
      Labels group = signature.of(series.labels());
      List<StepSeries> partners = byGroup.get(group);
      if (partners == null) {
        continue;
      }
      for (int i = 0; i < partners.size(); i++) {
        pair(series, partners, i, manyRight, results, ordered);
      }
    }
    ordered.removeIf(result -> result.presence().count() == 0);
    return ordered;
  }

  private void pair(
      StepSeries series,
      List<StepSeries> partners,
      int which,
      boolean manyRight,
      Map<Labels, StepSeries> results,
      List<StepSeries> ordered) {
    StepSeries partner = partners.get(which);
    Labels labels = matching.result(series.labels(), partner.labels(), Set.of());
    StepSeries result = results.get(labels);
    boolean fresh = result == null;
    if (result == null) {
      context.budget().addBytes(9L * steps + 100);
      result = StepSeries.empty(labels, steps);
      results.put(labels, result);
      ordered.add(result);
    }
    for (int step = 0; step < steps; step++) {
      if (!series.has(step) || !partner.has(step)) {
        continue;
      }
      refuseSecond(partners, which, step);
      if (!fresh && result.has(step)) {
        throw new InvalidRequestException(
            matching.cardinality() == Cardinality.ONE_TO_ONE
                ? "multiple matches for labels: many-to-one matching must be explicit"
                    + " (group_left/group_right)"
                : "multiple matches for labels: grouping labels must ensure unique matches");
      }
      double ofSeries = series.values()[step];
      double ofPartner = partner.values()[step];
      double left = manyRight ? ofPartner : ofSeries;
      double right = manyRight ? ofSeries : ofPartner;
      set(result, step, left, right, left);
    }
  }

  private void refuseSecond(List<StepSeries> partners, int which, int step) {
    for (int i = 0; i < which; i++) {
      if (partners.get(i).has(step)) {
        throw new InvalidRequestException(
            "found duplicate series on the "
                + (matching.cardinality() == Cardinality.ONE_TO_MANY ? "left" : "right")
                + " hand-side;many-to-many matching not allowed: matching labels must be unique"
                + " on one side");
      }
    }
  }
}

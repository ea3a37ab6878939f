package io.trilith.promql;

import io.trilith.engine.GroupIndex;
import io.trilith.engine.LabelGrouping;
import io.trilith.engine.Presence;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pairs the series of two vectors. The "one" side, the right one of two alike, is kept; the other
 * one passes by. Confined to one thread.
 */
final class VectorJoin {
  private static final int NONE = -1;

  /** Values after which deadline and client are looked at. */
  private static final int CHECK_EVERY = 1 << 20;

  private final Evaluator evaluator;
  private final Expr.Binary node;
  private final VectorMatching matching;
  private final LabelGrouping signature;
  private final Operations operations;
  private final int steps;
  private final boolean swapped;
  private final boolean oneToOne;
  private final Set<String> dropped;
  private final @Nullable Double fillMany;
  private final @Nullable Double fillOne;

  private final GroupIndex groups = new GroupIndex();

  /** The kept side; those of a group are a list: first and last by group, next by series. */
  private final List<Series> ones = new ArrayList<>();

  private int[] first = new int[16];
  private int[] last = new int[16];
  private int[] next = new int[16];

  /** By group: where the kept side has values. */
  private final List<Presence> there = new ArrayList<>();

  /** By group: where the many side has had a pair. */
  private final List<@Nullable Presence> matched = new ArrayList<>();

  /** By step: the labels of two kept series of one group that have values there. */
  private Labels @Nullable [] @Nullable [] duplicates;

  /** What results have values where, if any two may come together; else null. */
  private final @Nullable Map<Labels, Presence> taken;

  private final Series output;
  private long unchecked;

  VectorJoin(Evaluator evaluator, Expr.Binary node, Operations operations, StepGrid grid) {
    this.evaluator = evaluator;
    this.node = node;
    this.matching = node.matching();
    this.signature = matching.signature();
    this.operations = operations;
    this.steps = grid.count();
    this.swapped = matching.cardinality() == Cardinality.ONE_TO_MANY;
    this.oneToOne = matching.cardinality() == Cardinality.ONE_TO_ONE;
    boolean keepsName = node.op().kind() != BinaryOp.Kind.ARITHMETIC;
    this.dropped = keepsName ? Set.of() : NameRemoval.DROPPED;
    // As Prometheus does, against its own documentation: with group_right, too, it is the "many"
    // side, written on the right, that fill_left fills.
    this.fillMany = matching.fillLeft();
    this.fillOne = matching.fillRight();
    this.output = new Series(Labels.EMPTY, false, steps);
    boolean byGroup = oneToOne && !(matching.on() && matching.labels().contains(Labels.NAME));
    boolean bySeries = !oneToOne && matching.include().isEmpty() && keepsName;
    this.taken = byGroup || bySeries ? null : new HashMap<>();
  }

  void stream(StepGrid grid, SeriesSink sink) {
    evaluator.stream(swapped ? node.left() : node.right(), grid, this::keep);
    if (fillMany != null) {
      checkDuplicates(null);
    }
    evaluator.stream(swapped ? node.right() : node.left(), grid, many -> join(many, sink));
    for (int i = 0; fillMany != null && i < ones.size(); i++) {
      fill(i, sink);
    }
  }

  private void keep(Series given) {
    evaluator
        .context()
        .budget()
        .addBytes(Series.bytes(steps) + given.histogramBytes() + 80 + steps / 8);
    int group = group(given.labels());
    Series series = given.copy();
    int number = ones.size();
    ones.add(series);
    if (number == next.length) {
      next = Arrays.copyOf(next, 2 * number);
    }
    next[number] = NONE;
    if (first[group] == NONE) {
      first[group] = number;
    } else {
      findDuplicates(group, series);
      next[last[group]] = number;
    }
    last[group] = number;
    there.get(group).add(series.presence());
  }

  /** The group of a series, a new one if there is none yet. */
  private int group(Labels labels) {
    int group = groups.of(signature, labels);
    if (group == matched.size()) {
      if (group == first.length) {
        first = Arrays.copyOf(first, 2 * group);
        last = Arrays.copyOf(last, 2 * group);
      }
      first[group] = NONE;
      matched.add(null);
      there.add(new Presence(steps));
    }
    return group;
  }

  /** Where the group has a value already: of each step the first two are told. */
  private void findDuplicates(int group, Series series) {
    if (!there.get(group).meets(series.presence())) {
      return;
    }
    if (duplicates == null) {
      duplicates = new Labels[steps][];
    }
    for (int step = 0; step < steps; step++) {
      if (series.has(step) && there.get(group).has(step) && duplicates[step] == null) {
        int other = first[group];
        while (!ones.get(other).has(step)) {
          other = next[other];
        }
        duplicates[step] = new Labels[] {ones.get(other).labels(), series.labels()};
      }
    }
  }

  /** Throws when there are duplicates where the series, or null for anything, has a value. */
  private void checkDuplicates(@Nullable Series many) {
    for (int step = 0; duplicates != null && step < steps; step++) {
      Labels[] pair = duplicates[step];
      if (pair != null && (many == null || many.has(step))) {
        throw new ExecutionException(
            "found duplicate series for the match group "
                + signature.of(pair[0])
                + " on the "
                + (swapped ? "left" : "right")
                + " hand-side of the operation: ["
                + pair[0]
                + ", "
                + pair[1]
                + "];many-to-many matching not allowed: matching labels must be unique on one"
                + " side");
      }
    }
  }

  private void join(Series many, SeriesSink sink) {
    checkDuplicates(many);
    int group = fillOne != null ? group(many.labels()) : groups.find(signature, many.labels());
    if (group < 0) {
      return;
    }
    if (oneToOne || fillMany != null) {
      match(many, group);
    }
    boolean drops = node.bool() || many.dropsName();
    boolean oneResult = matching.include().isEmpty();
    int partner = first[group];
    boolean begun = false;
    for (; partner != NONE; partner = next[partner]) {
      Series one = ones.get(partner);
      if (!begun || !oneResult) {
        output.reset(matching.result(many.labels(), one.labels(), dropped), drops);
        begun = true;
      }
      pairs(many, one);
      unchecked += steps;
      if (unchecked >= CHECK_EVERY) {
        evaluator.context().check();
        unchecked = 0;
      }
      if (!oneResult) {
        give(sink);
      }
    }
    if (fillOne != null) {
      if (!begun || !oneResult) {
        Labels filler = signature.of(many.labels());
        output.reset(matching.result(many.labels(), filler, dropped), drops);
      }
      for (int step = 0; step < steps; step++) {
        if (many.has(step) && !there.get(group).has(step)) {
          pair(many, null, step);
        }
      }
    }
    if (oneResult || fillOne != null) {
      give(sink);
    }
  }

  private void match(Series many, int group) {
    Presence here = new Presence(steps);
    if (fillOne != null) {
      here.add(many.presence());
    } else {
      here.setBoth(many.presence(), there.get(group));
    }
    Presence before = matched.get(group);
    if (before == null) {
      evaluator.context().budget().addBytes(48 + steps / 8);
      matched.set(group, here);
      return;
    }
    if (oneToOne && before.meets(here)) {
      throw new ExecutionException(
          "multiple matches for labels: many-to-one matching must be explicit"
              + " (group_left/group_right)");
    }
    before.add(here);
  }

  private void pairs(Series many, Series one) {
    boolean floats = !many.hasHistograms() && !one.hasHistograms();
    if (floats && output.isEmpty() && operations.arithmetic()) {
      output.presence().setBoth(many.presence(), one.presence());
      double[] left = swapped ? one.values() : many.values();
      double[] right = swapped ? many.values() : one.values();
      operations.compute(left, right, output.values());
      return;
    }
    for (int step = 0; step < steps; step++) {
      if (many.has(step) && one.has(step)) {
        pair(many, one, step);
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
    if (kept && operations.histogram != null) {
      output.set(step, operations.histogram);
    } else if (kept) {
      output.set(step, operations.value);
    }
  }

  private static double orZero(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  /** What the many side has nothing for. */
  private void fill(int number, SeriesSink sink) {
    Series one = ones.get(number);
    Presence paired = matched.get(group(one.labels()));
    Labels filler = signature.of(one.labels());
    output.reset(matching.result(filler, one.labels(), dropped), node.bool());
    for (int step = 0; step < steps; step++) {
      if (one.has(step) && (paired == null || !paired.has(step))) {
        pair(null, one, step);
      }
    }
    give(sink);
  }

  private void give(SeriesSink sink) {
    if (output.isEmpty()) {
      return;
    }
    if (taken != null) {
      Presence before = taken.get(output.labels());
      if (before == null) {
        evaluator.context().budget().addBytes(160 + steps / 8);
        taken.put(output.labels(), output.presence().copy());
      } else if (before.meets(output.presence())) {
        throw new ExecutionException(
            "multiple matches for labels: grouping labels must ensure unique matches");
      } else {
        before.add(output.presence());
      }
    }
    sink.accept(output);
  }
}

package io.trilith.promql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.Presence;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code info()}: gives series the labels of the info metrics of their target. */
final class InfoFunction {
  private static final LabelGrouping TARGET = LabelGrouping.by(List.of("instance", "job"));

  private final Evaluator evaluator;
  private final Expr.Call call;
  private final List<Matcher> nameMatchers = new ArrayList<>();
  private final List<Matcher> dataMatchers = new ArrayList<>();
  private final Set<String> wanted = new HashSet<>();
  private boolean positive;

  /** By target; null until the first series that needs them. */
  private @Nullable Map<Labels, List<InfoSeries>> infos;

  InfoFunction(Evaluator evaluator, Expr.Call call) {
    this.evaluator = evaluator;
    this.call = call;
    if (call.arguments().size() > 1
        && call.arguments().get(1) instanceof Expr.VectorSelector selector) {
      for (Matcher matcher : selector.matchers()) {
        if (matcher.name().equals(Labels.NAME)) {
          nameMatchers.add(matcher);
        } else {
          dataMatchers.add(matcher);
          wanted.add(matcher.name());
        }
      }
    }
    for (Matcher matcher : nameMatchers) {
      positive |= matcher.op() == Matcher.Op.EQUAL || matcher.op() == Matcher.Op.MATCH;
    }
    if (nameMatchers.isEmpty()) {
      nameMatchers.add(Matcher.equal(Labels.NAME, "target_info"));
      positive = true;
    } else if (!positive) {
      nameMatchers.add(Matcher.of(Labels.NAME, Matcher.Op.MATCH, ".+_info"));
    }
  }

  /** An info series and when its samples were taken. */
  private record InfoSeries(Series samples, @Nullable Series times) {}

  void stream(StepGrid grid, SeriesSink sink) {
    Expr base = call.arguments().get(0);
    Map<Labels, Presence> taken = new HashMap<>();
    evaluator.stream(
        base,
        grid,
        series -> {
          boolean isInfo =
              nameMatchers.stream().allMatch(matcher -> matcher.matches(series.labels()));
          Map<Labels, Series> outputs = Map.of(series.labels(), series);
          if (!isInfo) {
            if (infos == null) {
              infos = infos(base, grid);
            }
            outputs = new LinkedHashMap<>();
            List<InfoSeries> found = infos.getOrDefault(TARGET.of(series.labels()), List.of());
            for (int step = 0; step < grid.count(); step++) {
              if (series.has(step)) {
                enrich(series, found, step, outputs);
              }
            }
          }
          outputs.values().forEach(output -> give(output, taken, sink));
        });
  }

  private void give(Series output, Map<Labels, Presence> taken, SeriesSink sink) {
    Presence before = taken.get(output.labels());
    if (before == null) {
      evaluator.context().budget().addBytes(160 + output.steps() / 8);
      taken.put(output.labels(), output.presence().copy());
    } else if (before.meets(output.presence())) {
      throw new ExecutionException("vector cannot contain metrics with the same labelset");
    } else {
      before.add(output.presence());
    }
    sink.accept(output);
  }

  private static void add(Map<Labels, Series> outputs, Series series, Labels labels, int step) {
    outputs
        .computeIfAbsent(labels, k -> new Series(k, series.dropsName(), series.steps()))
        .copy(step, series, step);
  }

  private void enrich(
      Series series, List<InfoSeries> infos, int step, Map<Labels, Series> outputs) {
    Map<String, InfoSeries> latest = new HashMap<>();
    for (InfoSeries info : infos) {
      if (!info.samples().has(step)) {
        continue;
      }
      String name = info.samples().labels().get(Labels.NAME);
      InfoSeries other = latest.putIfAbsent(name, info);
      if (other == null) {
        continue;
      }
      double time = time(info, step);
      if (time == time(other, step)) {
        throw new ExecutionException(
            "found duplicate series for info metric: existing "
                + other.samples().labels()
                + ", new "
                + info.samples().labels());
      }
      if (time > time(other, step)) {
        latest.put(name, info);
      }
    }
    if (latest.isEmpty()) {
      if (dataMatchers.stream().allMatch(matcher -> matcher.matches(""))) {
        add(outputs, series, series.labels(), step);
      }
      return;
    }
    add(outputs, series, labels(series, latest), step);
  }

  private static double time(InfoSeries info, int step) {
    return info.times() == null ? 0 : info.times().value(step);
  }

  private Labels labels(Series series, Map<String, InfoSeries> infos) {
    Map<String, String> added = new HashMap<>();
    for (InfoSeries info : infos.values()) {
      Labels labels = info.samples().labels();
      for (int i = 0; i < labels.size(); i++) {
        String name = labels.name(i);
        boolean taken =
            name.equals(Labels.NAME)
                || series.labels().has(name)
                || (!wanted.isEmpty() && !wanted.contains(name));
        if (taken) {
          continue;
        }
        String before = added.put(name, labels.value(i));
        if (before != null && !before.equals(labels.value(i))) {
          throw new ExecutionException("conflicting label: " + name);
        }
      }
    }
    Labels.Builder builder = series.labels().toBuilder();
    added.forEach(builder::set);
    return builder.build();
  }

  /** The info series by target, looked at when the base's own samples are looked at. */
  private Map<Labels, List<InfoSeries>> infos(Expr base, StepGrid grid) {
    List<Expr.Shift> shifts = new ArrayList<>();
    findShifts(base, shifts);
    List<Matcher> matchers = new ArrayList<>(nameMatchers);
    matchers.addAll(dataMatchers);
    Map<Labels, List<InfoSeries>> infos = new HashMap<>();
    Expr.Shift shift = shifts.isEmpty() ? Expr.Shift.NONE : shifts.getLast();
    StepGrid outer = grid;
    for (Expr.Shift enclosing : shifts.subList(0, Math.max(0, shifts.size() - 1))) {
      outer = move(enclosing, outer);
    }
    Expr.VectorSelector selector =
        new Expr.VectorSelector(call.position(), null, matchers, shift, Expr.Edge.PLAIN);
    Map<Labels, Series> times = new HashMap<>();
    for (Series series :
        evaluator
            .selectors()
            .list(selector, selector.matchers(), outer, Selectors.Wanted.TIMESTAMP)) {
      times.put(series.labels(), series);
    }
    for (Series series :
        evaluator.selectors().list(selector, selector.matchers(), outer, Selectors.Wanted.SAMPLE)) {
      for (int step = 0; step < grid.count(); step++) {
        if (series.histogram(step) != null) {
          throw new ExecutionException(
              "this should be an info metric, with float samples: " + series.labels());
        }
      }
      infos
          .computeIfAbsent(TARGET.of(series.labels()), key -> new ArrayList<>())
          .add(new InfoSeries(series, times.get(series.labels())));
    }
    return infos;
  }

  private StepGrid move(Expr.Shift shift, StepGrid grid) {
    long start = evaluator.selectors().time(shift, grid, 0);
    // A pinned grid stays at one time; the smallest step is as good as none.
    return shift.at() == null
        ? new StepGrid(start, grid.step(), grid.count())
        : new StepGrid(start, 1, grid.count());
  }

  /** The shifts of the first selector and of the subqueries before it, as it stands in the text. */
  private static void findShifts(Expr expr, List<Expr.Shift> shifts) {
    Deque<Expr> open = new ArrayDeque<>();
    open.push(expr);
    while (!open.isEmpty()) {
      Expr node = open.pop();
      if (node instanceof Expr.VectorSelector selector) {
        shifts.add(selector.shift());
        return;
      }
      if (node instanceof Expr.Subquery subquery) {
        shifts.add(subquery.shift());
      }
      Trees.pushAll(node.children().toList(), open);
    }
  }
}

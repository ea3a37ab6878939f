package io.trilith.logql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.pipeline.Needed;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.StreamSet;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates one range aggregation over a grid: reads the entries once, sorts their samples into
 * series, then slides the window. Streams are read by several threads; nothing of the answer
 * depends on how many. Confined to one thread.
 */
final class RangeEvaluator {
  private final Expr.RangeAggregation aggregation;
  private final NanoGrid grid;
  private final EvaluationSetting setting;
  private final boolean additive;
  private final @Nullable List<String> names;
  private final @Nullable LabelGrouping without;
  private final Needed needed;
  private final Map<Labels, WindowSamples> series = new HashMap<>();
  private final ConcurrentLinkedQueue<SampleReader> idle = new ConcurrentLinkedQueue<>();

  /**
   * An evaluation.
   *
   * @param pushed how the results will be summed, when they will be, else null
   */
  RangeEvaluator(
      Expr.RangeAggregation aggregation,
      Expr.@Nullable Grouping pushed,
      NanoGrid grid,
      EvaluationSetting setting) {
    this.aggregation = aggregation;
    this.grid = grid;
    this.setting = setting;
    RangeFunction function = aggregation.function();
    boolean absent = function == RangeFunction.ABSENT_OVER_TIME;
    this.additive = (function.additive() || absent) && aggregation.unwrap() == null;
    Expr.Grouping grouping = pushed != null ? pushed : aggregation.grouping();
    if (absent) {
      grouping = new Expr.Grouping(false, List.of());
    }
    this.names =
        grouping != null && !grouping.without()
            ? List.copyOf(new TreeSet<>(grouping.labels()))
            : null;
    this.without =
        grouping != null && grouping.without() ? LabelGrouping.without(grouping.labels()) : null;
    Expr.Unwrap unwrap = aggregation.unwrap();
    Set<String> wanted = new HashSet<>();
    if (names != null) {
      wanted.addAll(names);
    }
    if (unwrap != null) {
      wanted.add(unwrap.label());
      wanted.addAll(Pipeline.names(unwrap.filters()));
    }
    this.needed = names == null ? Needed.ALL : Needed.of(wanted);
  }

  Expr.RangeAggregation aggregation() {
    return aggregation;
  }

  NanoGrid grid() {
    return grid;
  }

  /** Whether only the sums of whole numbers matter, not the samples. */
  boolean additive() {
    return additive;
  }

  /** The labels of the result, sorted; null when they are told by what they are not. */
  @Nullable List<String> names() {
    return names;
  }

  @Nullable LabelGrouping without() {
    return without;
  }

  Needed needed() {
    return needed;
  }

  List<StepSeries> run() {
    long shift = aggregation.offsetNanos();
    long from = grid.start() - shift - aggregation.rangeNanos() + 1;
    long to = grid.end() - shift;
    List<Matcher> matchers = aggregation.logs().matchers();
    QueryContext context = setting.context();
    StreamSet streams = setting.reader().select(matchers, from, to, context.budget()::addBytes);
    context.budget().addSeries(streams.size());
    setting.counts().streams += streams.size();
    int threads = setting.workers().helpersMax() + 1;
    List<Slices.Slice> slices =
        Slices.of(streams.size(), from, to, setting.reader().volume(matchers, from, to), threads);
    new OrderedTasks<>(
            setting.workers(),
            slices.size(),
            context,
            new OrderedTasks.Work<SampleReader.Read>() {
              @Override
              public SampleReader.Read make(int part, QueryContext within) {
                SampleReader free = idle.poll();
                SampleReader reader = free == null ? new SampleReader(RangeEvaluator.this) : free;
                SampleReader.Read read =
                    reader.read(streams, slices.get(part), within, setting.counts().scans);
                idle.add(reader);
                return read;
              }

              @Override
              public boolean take(SampleReader.Read read) {
                setting.counts().add(read.counts());
                read.series().forEach(RangeEvaluator.this::add);
                return true;
              }
            })
        .run();
    return aggregation.function() == RangeFunction.ABSENT_OVER_TIME ? absent() : results();
  }

  private void add(Labels labels, WindowSamples part) {
    WindowSamples whole = series.get(labels);
    if (whole == null) {
      setting.context().budget().addSeries(1);
      series.put(labels, part);
    } else {
      whole.absorb(part, setting.context().budget());
    }
  }

  private List<StepSeries> results() {
    List<StepSeries> results = new ArrayList<>(series.size());
    WindowFunction function = WindowFunction.of(aggregation);
    series.forEach(
        (labels, samples) -> {
          setting.context().check();
          setting.context().budget().addBytes(9L * grid.count() + 100);
          StepSeries result = samples.apply(labels, function);
          if (result.presence().count() > 0) {
            results.add(result);
          }
        });
    results.sort(Comparator.comparing(StepSeries::labels));
    return results;
  }

  private List<StepSeries> absent() {
    Labels.Builder labels = new Labels.Builder();
    Set<String> seen = new HashSet<>();
    for (Matcher matcher : aggregation.logs().matchers()) {
      boolean only = seen.add(matcher.name()) && matcher.op() == Matcher.Op.EQUAL;
      labels.set(matcher.name(), only ? matcher.value() : "");
    }
    StepSeries result = StepSeries.empty(labels.build(), grid.count());
    WindowSamples samples = series.get(Labels.EMPTY);
    StepSeries present =
        samples == null
            ? StepSeries.empty(Labels.EMPTY, grid.count())
            : samples.apply(Labels.EMPTY, WindowFunction.of(aggregation));
    for (int step = 0; step < grid.count(); step++) {
      if (!present.has(step)) {
        result.set(step, 1);
      }
    }
    return result.presence().count() == 0 ? List.of() : List.of(result);
  }
}

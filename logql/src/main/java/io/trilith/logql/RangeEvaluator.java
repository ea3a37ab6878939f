package io.trilith.logql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.QueryContext;
import io.trilith.engine.StepSeries;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.pipeline.Conversions;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels;
import io.trilith.logql.pipeline.Needed;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates one range aggregation over a grid: reads the entries once, sorts their samples into
 * series, then slides the window. Confined to one thread.
 */
final class RangeEvaluator {
  private static final int CHECK_EVERY = 4096;
  private static final String FAILED_CONVERSION = "SampleExtractionErr";

  private final Expr.RangeAggregation aggregation;
  private final NanoGrid grid;
  private final QueryContext context;
  private final ReadCounts counts;
  private final boolean additive;
  private final @Nullable List<String> names;
  private final @Nullable LabelGrouping without;
  private final Map<Labels, WindowSamples> series = new HashMap<>();
  private final Pipeline pipeline;
  private final Pipeline afterUnwrap;
  private double value;
  private int sinceCheck;

  /**
   * An evaluation.
   *
   * @param pushed how the results will be summed, when they will be, else null
   */
  RangeEvaluator(
      Expr.RangeAggregation aggregation,
      Expr.@Nullable Grouping pushed,
      NanoGrid grid,
      QueryContext context,
      ReadCounts counts) {
    this.aggregation = aggregation;
    this.grid = grid;
    this.context = context;
    this.counts = counts;
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
    Needed needed = names == null ? Needed.ALL : Needed.of(wanted);
    this.pipeline = Pipeline.compile(aggregation.logs().stages(), needed);
    this.afterUnwrap = Pipeline.ofFilters(unwrap == null ? List.of() : unwrap.filters());
  }

  List<StepSeries> run(StreamReader reader) {
    long shift = aggregation.offsetNanos();
    long from = grid.start() - shift - aggregation.rangeNanos() + 1;
    long to = grid.end() - shift;
    StreamSet streams = reader.select(aggregation.logs().matchers(), from, to);
    context.budget().addSeries(streams.size());
    Entry entry = new Entry();
    for (int i = 0; i < streams.size(); i++) {
      context.check();
      EntryCursor cursor = streams.entries(i, from, to, Direction.FORWARD);
      Labels labels = streams.labels(i);
      while (cursor.next()) {
        counts.lines++;
        counts.bytes += cursor.lineEnd() - cursor.lineStart();
        if (++sinceCheck >= CHECK_EVERY) {
          context.check();
          context.budget().addSamples(sinceCheck);
          sinceCheck = 0;
        }
        entry.reset(labels, cursor);
        if (pipeline.process(entry) && sample(entry)) {
          counts.kept++;
          add(entry);
        }
      }
    }
    return aggregation.function() == RangeFunction.ABSENT_OVER_TIME ? absent() : results();
  }

  /** Finds the entry's value; false when it has none. */
  private boolean sample(Entry entry) {
    EntryLabels labels = entry.labels();
    Expr.Unwrap unwrap = aggregation.unwrap();
    if (unwrap == null) {
      value = bytes() ? entry.length() : 1;
    } else {
      String text = labels.value(unwrap.label());
      if (text == null || text.isEmpty()) {
        return false;
      }
      try {
        value = number(unwrap.conversion(), text);
      } catch (Conversions.Failure e) {
        value = 0;
        labels.failConversion(FAILED_CONVERSION, String.valueOf(e.getMessage()));
      }
      if (!afterUnwrap.process(entry)) {
        return false;
      }
    }
    String error = labels.error();
    if (error != null) {
      throw new InvalidRequestException(
          "pipeline error: '"
              + error
              + "' for series: '"
              + labels.toLabels()
              + "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\""
              + error
              + "\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")"
              + "\nThe label filter can also be specified after unwrap. (e.g | unwrap latency |"
              + " __error__=\"\" )\n");
    }
    return true;
  }

  private boolean bytes() {
    RangeFunction function = aggregation.function();
    return function == RangeFunction.BYTES_OVER_TIME || function == RangeFunction.BYTES_RATE;
  }

  private static double number(Expr.Conversion conversion, String text) throws Conversions.Failure {
    return switch (conversion) {
      case NUMBER -> Conversions.number(text);
      case DURATION, DURATION_SECONDS -> Conversions.durationNanos(text) / 1e9;
      case BYTES -> Conversions.bytes(text);
    };
  }

  private void add(Entry entry) {
    EntryLabels labels = entry.labels();
    Labels key;
    if (names != null) {
      key = names.isEmpty() ? Labels.EMPTY : labels.toLabels(names);
    } else {
      if (aggregation.unwrap() != null) {
        labels.drop(aggregation.unwrap().label());
      }
      key = labels.toLabels();
      key = without == null ? key : without.of(key);
    }
    WindowSamples samples = series.get(key);
    if (samples == null) {
      context.budget().addSeries(1);
      context.budget().addBytes(16L * grid.count() + 200L + 100L * key.size());
      samples = additive ? WindowSamples.counting(grid) : WindowSamples.keeping(grid);
      series.put(key, samples);
    }
    long time = entry.time() + aggregation.offsetNanos();
    samples.add(time, value, aggregation.rangeNanos(), context.budget());
  }

  private List<StepSeries> results() {
    List<StepSeries> results = new ArrayList<>(series.size());
    WindowFunction function = WindowFunction.of(aggregation);
    series.forEach(
        (labels, samples) -> {
          context.check();
          StepSeries result = samples.apply(labels, function);
          if (result.presence().count() > 0) {
            results.add(result);
          }
        });
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

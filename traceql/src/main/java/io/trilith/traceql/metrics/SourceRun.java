package io.trilith.traceql.metrics;

import io.trilith.engine.QueryContext;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.Conditions;
import io.trilith.traceql.eval.Fields;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Computes one function over the spans of one pipeline. Confined to one query. */
final class SourceRun implements SpanSink {
  private static final int EXEMPLARS_PER_WINDOW = 2;
  private static final int SERIES_BYTES = 300;

  /** Values whose group is found without making a key. */
  private static final int KNOWN_VALUES_MAX = 4096;

  private final Metrics.Source source;
  private final Windows windows;
  private final int seriesMax;
  private final int exemplarsMax;
  private final QueryContext context;
  private final Map<List<Static>, Accumulator> groups = new LinkedHashMap<>();
  private final Map<AttributeValue, Accumulator> byValue = new HashMap<>();
  private final int[] exemplarCounts;
  private int exemplars;
  private boolean durations;

  SourceRun(
      Metrics.Source source, Windows windows, MetricsEngine.Limits limits, QueryContext context) {
    this.source = source;
    this.windows = windows;
    this.seriesMax = limits.seriesMax();
    this.exemplarsMax = limits.exemplars();
    this.context = context;
    this.exemplarCounts = new int[windows.count()];
  }

  @Override
  public void add(TraceView trace) {
    BitSet matched = PipelineRun.matched(source.pipeline(), trace, context);
    for (int i = matched.nextSetBit(0); i >= 0; i = matched.nextSetBit(i + 1)) {
      int window = windows.of(trace.span(i).startNanos());
      if (window >= 0) {
        add(trace, i, window);
      }
    }
  }

  /** Adds a span of which the fields were read that a source needs. */
  void add(SpanRow row, RowFields fields) {
    int window = windows.of(row.startNanos());
    if (window < 0) {
      return;
    }
    Static value = Static.Nil.INSTANCE;
    if (source.function() instanceof Metrics.OverTime function) {
      value = value(row, fields, fields.measured(), function.field());
    } else if (source.function() instanceof Metrics.Quantile function) {
      value = value(row, fields, fields.measured(), function.field());
    }
    if (!(source.function() instanceof Metrics.Count) && !value.isNumeric()) {
      return;
    }
    Accumulator group = group(row, fields);
    double shown = row.durationNanos() / 1e9;
    switch (source.function()) {
      case Metrics.Count _ -> group.count(window);
      case Metrics.OverTime function -> {
        measure(function.kind(), group, window, value);
        shown = seconds(value);
      }
      case Metrics.Quantile _ -> {
        durations |= value instanceof Static.Duration;
        group.bucket(window, value.asDouble());
        shown = seconds(value);
      }
      case Metrics.Compare _ -> throw new IllegalStateException("compare runs elsewhere");
    }
    if (wantsExemplar(window)) {
      exemplar(group, row.traceId(), row.startNanos(), window, shown);
    }
  }

  private static Static value(SpanRow row, RowFields fields, int at, Expression.Field field) {
    AttributeValue value = row.value(at);
    if (value == null && RowFields.isAny(field)) {
      return Conditions.value(fields.fields().get(at + 1), row.value(at + 1));
    }
    return Conditions.value(fields.fields().get(at), value);
  }

  /** Spans of one group often have the very same value object: it leads to the group at once. */
  private Accumulator group(SpanRow row, RowFields fields) {
    List<Expression.Field> by = source.by();
    AttributeValue first = by.size() == 1 ? row.value(fields.by().getFirst()) : null;
    if (first != null) {
      Accumulator known = byValue.get(first);
      if (known != null) {
        return known;
      }
    }
    List<Static> key = new ArrayList<>(by.size());
    for (int i = 0; i < by.size(); i++) {
      Static value = value(row, fields, fields.by().get(i), by.get(i));
      key.add(value instanceof Static.Nil ? new Static.Text("nil") : plain(value));
    }
    Accumulator group = group(key);
    if (first != null && byValue.size() < KNOWN_VALUES_MAX) {
      byValue.put(first, group);
    }
    return group;
  }

  private void add(TraceView trace, int span, int window) {
    Span at = trace.span(span);
    switch (source.function()) {
      case Metrics.Count _ -> {
        Accumulator group = group(trace, span);
        group.count(window);
        exemplar(group, at, window, at.durationNanos() / 1e9);
      }
      case Metrics.OverTime function -> {
        Static value = Fields.get(function.field(), trace, span);
        if (value.isNumeric()) {
          Accumulator group = group(trace, span);
          measure(function.kind(), group, window, value);
          exemplar(group, at, window, seconds(value));
        }
      }
      case Metrics.Quantile function -> {
        Static value = Fields.get(function.field(), trace, span);
        if (value.isNumeric()) {
          Accumulator group = group(trace, span);
          durations |= value instanceof Static.Duration;
          group.bucket(window, value.asDouble());
          exemplar(group, at, window, seconds(value));
        }
      }
      case Metrics.Compare _ -> throw new IllegalStateException("compare runs elsewhere");
    }
  }

  private void measure(Metrics.OverTime.Kind kind, Accumulator group, int window, Static value) {
    switch (kind) {
      case MIN -> group.extreme(window, seconds(value), false);
      case MAX -> group.extreme(window, seconds(value), true);
      case SUM, AVG -> group.add(window, seconds(value));
      case HISTOGRAM -> {
        durations |= value instanceof Static.Duration;
        group.bucket(window, value.asDouble());
      }
    }
  }

  private static double seconds(Static value) {
    return value instanceof Static.Duration ? value.asDouble() / 1e9 : value.asDouble();
  }

  private boolean wantsExemplar(int window) {
    return exemplars < exemplarsMax && exemplarCounts[window] < EXEMPLARS_PER_WINDOW;
  }

  private void exemplar(Accumulator group, Span span, int window, double value) {
    if (wantsExemplar(window)) {
      exemplar(group, span.traceId(), span.startNanos(), window, value);
    }
  }

  private void exemplar(
      Accumulator group, TraceId trace, long startNanos, int window, double value) {
    exemplars++;
    exemplarCounts[window]++;
    group.exemplar(trace, value, Math.floorDiv(startNanos, 1_000_000L));
  }

  private Accumulator group(TraceView trace, int span) {
    List<Static> key = new ArrayList<>(source.by().size());
    for (Expression.Field field : source.by()) {
      Static value = Fields.get(field, trace, span);
      key.add(value instanceof Static.Nil ? new Static.Text("nil") : plain(value));
    }
    return group(key);
  }

  private Accumulator group(List<Static> key) {
    Accumulator known = groups.get(key);
    if (known == null) {
      if (groups.size() >= seriesMax) {
        throw LimitExceededException.fixed(
            "the query makes more than trace-query.series-max = " + seriesMax + " series");
      }
      known = new Accumulator(windows, context.budget());
      groups.put(key, known);
    }
    return known;
  }

  /** Kinds, statuses, lengths of time and arrays are texts in labels. */
  static Static plain(Static value) {
    return switch (value) {
      case Static.Status _, Static.Kind _, Static.Duration _, Static.Items _ ->
          new Static.Text(Printer.text(value));
      case Static.Nil _, Static.Int _, Static.Real _, Static.Text _, Static.Bool _ -> value;
    };
  }

  @Override
  public List<Series> finish() {
    boolean empty = groups.isEmpty() && source.by().isEmpty();
    if (empty && source.function() instanceof Metrics.Count) {
      groups.put(List.of(), new Accumulator(windows, context.budget()));
    }
    List<Series> result = new ArrayList<>();
    groups.forEach(
        (key, group) -> {
          context.check();
          context.budget().addBytes((SERIES_BYTES + 8L * windows.count()) * seriesOf(group));
          finish(key, group, result);
        });
    return result;
  }

  private int seriesOf(Accumulator group) {
    return switch (source.function()) {
      case Metrics.Quantile function -> function.quantiles().size();
      case Metrics.Count _, Metrics.OverTime _, Metrics.Compare _ ->
          Math.max(1, group.buckets().size());
    };
  }

  private void finish(List<Static> key, Accumulator group, List<Series> into) {
    List<Series.Label> labels = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      labels.add(new Series.Label(Printer.print(source.by().get(i)), key.get(i)));
    }
    double scale = durations ? 1e-9 : 1;
    switch (source.function()) {
      case Metrics.Count function -> {
        String name = function.perSecond() ? "rate" : "count_over_time";
        into.add(series(labels, name, group.counts(function.perSecond()), group.exemplars()));
      }
      case Metrics.OverTime function -> {
        if (function.kind() == Metrics.OverTime.Kind.HISTOGRAM) {
          histogram(labels, group, scale, into);
        } else {
          String name = function.kind().name().toLowerCase(Locale.ROOT) + "_over_time";
          into.add(series(labels, name, group.measured(function.kind()), group.exemplars()));
        }
      }
      case Metrics.Quantile function -> {
        List<Series.Exemplar> once = group.exemplars();
        for (double quantile : function.quantiles()) {
          List<Series.Label> with = new ArrayList<>(labels);
          with.addFirst(new Series.Label("p", new Static.Real(quantile)));
          into.add(new Series(with, group.quantile(quantile, scale), once));
          once = List.of();
        }
      }
      case Metrics.Compare _ -> throw new IllegalStateException("compare runs elsewhere");
    }
  }

  private static Series series(
      List<Series.Label> labels, String name, double[] values, List<Series.Exemplar> exemplars) {
    List<Series.Label> with = labels;
    if (labels.isEmpty()) {
      with = List.of(new Series.Label(Series.NAME, new Static.Text(name)));
    }
    return new Series(with, values, exemplars);
  }

  private static void histogram(
      List<Series.Label> labels, Accumulator group, double scale, List<Series> into) {
    List<Series.Exemplar> once = group.exemplars();
    for (var bucket : group.buckets().entrySet()) {
      List<Series.Label> with = new ArrayList<>(labels);
      double bound = Math.scalb(1.0, bucket.getKey()) * scale;
      with.add(new Series.Label("__bucket", new Static.Real(bound)));
      double[] values = new double[bucket.getValue().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = bucket.getValue()[i];
      }
      into.add(new Series(with, values, once));
      once = List.of();
    }
  }
}

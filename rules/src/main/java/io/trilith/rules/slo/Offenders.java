package io.trilith.rules.slo;

import io.trilith.engine.QueryContext;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlResult;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.promql.ast.Expr;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.GoNumber;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.SeriesReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What burnt a budget: the steps that lost most, and in them traces of bad spans, bad lines, or the
 * exemplars of bad events. Used for one answer.
 */
final class Offenders {
  private static final long NANOS = 1_000_000;
  private static final int STEPS_MAX = 10;

  /** A step that lost events. */
  record Step(long start, long end, double bad, double total) {}

  /** A trace; milliseconds since 1970. */
  record FoundTrace(String id, String name, long millis, double value) {}

  /** A log line; nanoseconds since 1970. */
  record FoundLine(long nanos, Map<String, String> labels, String line) {}

  /**
   * What was found.
   *
   * @param note why there are no traces and lines, empty when that needs no words
   */
  record Found(List<Step> steps, List<FoundTrace> traces, List<FoundLine> lines, String note) {}

  private final Slo slo;
  private final TenantId tenant;
  private final EventCounter.Readers readers;
  private final LanguageEngines engines;
  private final QueryContext context;
  private final int limit;
  private final List<FoundTrace> traces = new ArrayList<>();
  private final List<FoundLine> lines = new ArrayList<>();

  /**
   * Offenders.
   *
   * @param limit traces or lines that are wanted
   */
  Offenders(Slo slo, TenantId tenant, Slos.Sources sources, QueryContext context, int limit) {
    this.slo = slo;
    this.tenant = tenant;
    this.readers = sources.readers();
    this.engines = sources.engines();
    this.context = context;
    this.limit = limit;
  }

  /** Of the window of a budget. */
  Found find(EventSteps steps, long start) {
    List<Step> worst = worst(steps, start);
    String note = "";
    if (limit > 0 && !worst.isEmpty()) {
      note =
          switch (slo.sli()) {
            case Sli.Events events -> search(events, worst);
            case Sli.Ratio _, Sli.Threshold _ -> "this SLI has no events that could be shown";
          };
    }
    return new Found(worst, traces, lines, note);
  }

  private static List<Step> worst(EventSteps steps, long start) {
    List<Step> all = new ArrayList<>();
    for (int i = steps.after(start); i < steps.size(); i++) {
      double bad = steps.total(i) - steps.good(i);
      if (bad > 0) {
        all.add(new Step(steps.time(i) - steps.step(), steps.time(i), bad, steps.total(i)));
      }
    }
    all.sort(Comparator.comparingDouble(Step::bad).thenComparingLong(Step::end).reversed());
    return List.copyOf(all.subList(0, Math.min(STEPS_MAX, all.size())));
  }

  private String search(Sli.Events events, List<Step> worst) {
    RuleQuery bad = events.bad();
    switch (events.language()) {
      case TRACEQL -> {
        Pipeline pipeline = bad instanceof RuleQuery.Traceql query ? pipeline(query.tree()) : null;
        if (pipeline != null) {
          traces(pipeline, worst);
          return "";
        }
      }
      case LOGQL -> {
        io.trilith.logql.ast.Expr.Logs logs =
            bad instanceof RuleQuery.Logql query ? logs(query.tree()) : null;
        if (logs != null) {
          lines(logs, worst);
          return "";
        }
      }
      case PROMQL -> {
        List<Wanted> wanted = new ArrayList<>();
        if (bad instanceof RuleQuery.Promql query) {
          selectors(query.tree(), false, wanted);
        } else if (events.good() instanceof RuleQuery.Promql query) {
          selectors(query.tree(), true, wanted);
        }
        if (!wanted.isEmpty()) {
          exemplars(wanted, worst);
          return traces.isEmpty() ? "no exemplars were stored for these steps" : "";
        }
      }
    }
    return "only good events are named: which ones were bad cannot be shown; write the SLO with bad";
  }

  private static @Nullable Pipeline pipeline(Metrics tree) {
    return switch (tree) {
      case Metrics.Source source -> source.pipeline();
      case Metrics.Operation operation -> pipeline(operation.left());
      case Metrics.Constant _ -> null;
      case Metrics.Rank rank -> pipeline(rank.input());
      case Metrics.Threshold threshold -> pipeline(threshold.input());
    };
  }

  private void traces(Pipeline pipeline, List<Step> worst) {
    try (SpanReader reader = readers.spans().apply(tenant)) {
      for (Step step : worst) {
        if (traces.size() >= limit) {
          return;
        }
        TraceSearch.Result result =
            TraceSearch.run(
                reader,
                new TraceSearch.Request(
                    pipeline,
                    step.start() * NANOS + 1,
                    step.end() * NANOS,
                    limit - traces.size(),
                    1,
                    engines.traceLimits().traceSpansMax(),
                    engines.traceLimits().spansExaminedMax(),
                    SpanReader.Order.SLOWEST),
                context);
        for (TraceSearch.FoundTrace trace : result.traces()) {
          String service = trace.rootService() == null ? "" : trace.rootService() + " ";
          String name = trace.rootName() == null ? "" : trace.rootName();
          traces.add(
              new FoundTrace(
                  trace.id().hex(),
                  (service + name).strip(),
                  Math.floorDiv(trace.startNanos(), NANOS),
                  trace.durationNanos() / 1e9));
        }
      }
    }
  }

  private static io.trilith.logql.ast.Expr.@Nullable Logs logs(
      io.trilith.logql.ast.Expr.Metric tree) {
    return switch (tree) {
      case io.trilith.logql.ast.Expr.RangeAggregation range -> range.logs();
      case io.trilith.logql.ast.Expr.VectorAggregation vector -> logs(vector.operand());
      case io.trilith.logql.ast.Expr.Binary binary -> logs(binary.left());
      case io.trilith.logql.ast.Expr.LabelReplace replace -> logs(replace.operand());
      case io.trilith.logql.ast.Expr.Scalar _, io.trilith.logql.ast.Expr.Vector _ -> null;
    };
  }

  private void lines(io.trilith.logql.ast.Expr.Logs logs, List<Step> worst) {
    try (StreamReader reader = readers.streams().apply(tenant)) {
      for (Step step : worst) {
        if (lines.size() >= limit) {
          return;
        }
        LogqlEngine.LogOptions options =
            new LogqlEngine.LogOptions(
                step.start() * NANOS + 1,
                step.end() * NANOS + 1,
                StreamSet.Direction.BACKWARD,
                limit - lines.size(),
                0,
                false);
        LogqlResult result = engines.logql().logs(logs, options, reader, context).result();
        if (result instanceof LogqlResult.Streams streams) {
          for (LogqlResult.LogStream stream : streams.streams()) {
            stream
                .entries()
                .forEach(
                    entry -> lines.add(new FoundLine(entry.time(), stream.labels(), entry.line())));
          }
        }
      }
    }
  }

  /**
   * Series whose exemplars are wanted.
   *
   * @param above those of values above it
   */
  private record Wanted(List<Matcher> matchers, double above) {}

  /** Of good buckets those above are the bad ones. */
  private static void selectors(Expr tree, boolean good, List<Wanted> into) {
    if (tree instanceof Expr.VectorSelector selector) {
      if (!good) {
        into.add(new Wanted(selector.matchers(), Double.NEGATIVE_INFINITY));
        return;
      }
      List<Matcher> others = new ArrayList<>(selector.matchers());
      Matcher bound = null;
      for (Matcher matcher : selector.matchers()) {
        bound = matcher.name().equals("le") ? matcher : bound;
      }
      if (bound != null) {
        others.remove(bound);
        String value = bound.value();
        int or = value.indexOf('|');
        double limit = GoNumber.real(or < 0 ? value : value.substring(0, or)).orElse(Double.NaN);
        into.add(new Wanted(others, limit));
      }
    }
    tree.children().forEach(child -> selectors(child, good, into));
  }

  private void exemplars(List<Wanted> wanted, List<Step> worst) {
    try (SeriesReader reader = readers.series().apply(tenant)) {
      for (Step step : worst) {
        for (Wanted one : wanted) {
          Map<Labels, List<Exemplar>> found =
              reader.exemplars(
                  List.of(one.matchers()),
                  step.start() + 1,
                  step.end(),
                  context.budget()::addBytes);
          found.forEach((series, all) -> all.forEach(exemplar -> add(series, exemplar, one)));
        }
        if (traces.size() >= limit) {
          return;
        }
      }
    }
  }

  private void add(Labels series, Exemplar exemplar, Wanted wanted) {
    String id = exemplar.labels().get("trace_id");
    id = id.isEmpty() ? exemplar.labels().get("traceID") : id;
    if (!id.isEmpty() && exemplar.value() > wanted.above() && traces.size() < limit) {
      traces.add(
          new FoundTrace(id, series.get(Labels.NAME), exemplar.timestamp(), exemplar.value()));
    }
  }

  /** How a time is written. */
  static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}

package io.trilith.server.node;

import io.trilith.compactor.Policies;
import io.trilith.compactor.Selectors;
import io.trilith.config.ConfigException;
import io.trilith.config.TraceQueryConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.engine.Annotations;
import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryRule;
import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.Conditions;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.TraceId;
import io.trilith.tsdb.SeriesRule;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes rules of the stores out of the texts of deletions and policies. Thread-safe. */
public final class RowRules implements Selectors {
  /** Finding the traces of a deletion may take that long and hold that much. */
  private static final Duration FIND_MAX = Duration.ofMinutes(2);

  private static final long FIND_BYTES = 256 << 20;

  private final QueryParser promql;
  private final io.trilith.logql.parser.QueryParser logql;
  private final TraceQueryConfig traceConfig;
  private final int tracesMax;
  private final InstantSource clock;
  private final Function<TenantId, SpanReader> traces;
  private final Map<String, Deletion> trials = new ConcurrentHashMap<>();
  private final Map<String, List<Matcher>> policyMatchers = new HashMap<>();
  private final Map<String, SpanFilter> policyFilters = new HashMap<>();

  /**
   * Reads the policies of a configuration too.
   *
   * @throws ConfigException when one cannot be read
   */
  static RowRules of(
      TrilithConfig config, InstantSource clock, Function<TenantId, SpanReader> traces) {
    RowRules rules = new RowRules(config, clock, traces);
    new Policies(config.retention()).ordered().forEach(rules::read);
    return rules;
  }

  /** Why policies of a configuration cannot be read; empty when all can. */
  public static List<String> errors(TrilithConfig config) {
    RowRules rules =
        new RowRules(
            config,
            InstantSource.system(),
            tenant -> {
              throw new IllegalStateException("no storage to look for traces of " + tenant);
            });
    List<String> errors = new ArrayList<>();
    for (Policies.Policy policy : new Policies(config.retention()).ordered()) {
      try {
        rules.read(policy);
      } catch (ConfigException e) {
        errors.add(String.valueOf(e.getMessage()));
      }
    }
    return errors;
  }

  private RowRules(
      TrilithConfig config, InstantSource clock, Function<TenantId, SpanReader> traces) {
    this.promql = new QueryParser(config.query().depthMax());
    this.logql = new io.trilith.logql.parser.QueryParser(config.query().depthMax());
    this.traceConfig = config.traceQuery();
    this.tracesMax = config.deletion().tracesMax();
    this.clock = clock;
    this.traces = traces;
  }

  private void read(Policies.Policy policy) {
    String selector = policy.says().selector();
    if (selector.isBlank()) {
      policyMatchers.put(policy.key(), List.of());
      policyFilters.put(policy.key(), SpanFilter.Any.INSTANCE);
      return;
    }
    try {
      if (policy.isOf(Signal.METRICS)) {
        policyMatchers.put(policy.key(), promql.parseSelector(selector));
      } else if (policy.isOf(Signal.LOGS)) {
        Expr.Logs logs = logql.parseLogs(selector);
        if (!logs.stages().isEmpty()) {
          throw new InvalidRequestException("only a stream selector is taken, without stages");
        }
        policyMatchers.put(policy.key(), logs.matchers());
      } else {
        policyFilters.put(policy.key(), filter(selector));
      }
    } catch (InvalidRequestException e) {
      throw new ConfigException(
          policy.key() + ".selector: '" + selector + "': " + e.getMessage(), e);
    }
  }

  private static SpanFilter filter(String selector) {
    if (TraceQueries.parse(selector) instanceof TraceQuery.Search search
        && search.pipeline().stages().size() == 1
        && search.pipeline().stages().getFirst()
            instanceof io.trilith.traceql.ast.Pipeline.Filter one) {
      Conditions.Compiled compiled = Conditions.of(one.condition());
      if (compiled.exact()) {
        return compiled.filter();
      }
      throw new InvalidRequestException(
          "it cannot be judged by the columns of blocks alone: use conditions such as"
              + " resource.service.name = \"a\", with the scope of each attribute");
    }
    throw new InvalidRequestException("only one filter in braces is taken");
  }

  @Override
  public void check(Signal signal, String selector) {
    switch (signal) {
      case METRICS -> promql.parseSelector(selector);
      case LOGS -> logs(selector);
      case TRACES -> search(selector);
    }
  }

  private Expr.Logs logs(String selector) {
    Expr.Logs logs = logql.parseLogs(selector);
    Pipeline _ = Pipeline.compile(logs.stages());
    return logs;
  }

  private static TraceQuery.Search search(String selector) {
    if (TraceQueries.parse(selector) instanceof TraceQuery.Search search) {
      return search;
    }
    throw new InvalidRequestException(
        "'" + selector + "' is a metrics query: a deletion needs one that finds traces");
  }

  @Override
  public Found find(
      TenantId tenant, Signal signal, List<String> selectors, long minTime, long maxTime) {
    if (signal != Signal.TRACES) {
      return new Found(List.of(), minTime, maxTime);
    }
    Set<TraceId> found = new HashSet<>();
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (String selector : selectors) {
      for (TraceSearch.FoundTrace trace : traces(tenant, selector, minTime, maxTime)) {
        found.add(trace.id());
        min = Math.min(min, trace.startNanos());
        max = Math.max(max, trace.startNanos() + trace.durationNanos());
      }
    }
    if (found.size() > tracesMax) {
      throw new InvalidRequestException(
          "the deletion finds more than deletion.traces-max = "
              + tracesMax
              + " traces: narrow its range or its query");
    }
    List<Long> ids = new ArrayList<>(2 * found.size());
    found.stream()
        .sorted()
        .forEach(
            id -> {
              ids.add(id.high());
              ids.add(id.low());
            });
    return new Found(ids, min, max);
  }

  private List<TraceSearch.FoundTrace> traces(
      TenantId tenant, String selector, long minTime, long maxTime) {
    Instant deadline = clock.instant().plus(FIND_MAX);
    try (QueryBudget budget = new QueryBudget(Long.MAX_VALUE, Long.MAX_VALUE, FIND_BYTES);
        SpanReader reader = traces.apply(tenant)) {
      QueryContext context =
          new QueryContext(budget, new Annotations(), clock, deadline, () -> false);
      TraceSearch.Request request =
          new TraceSearch.Request(
              search(selector).pipeline(),
              minTime,
              maxTime,
              tracesMax + 1,
              1,
              traceConfig.traceSpansMax(),
              Long.MAX_VALUE,
              SpanReader.Order.NEWEST);
      return TraceSearch.run(reader, request, context).traces();
    }
  }

  @Override
  public Trial trial(Deletion deletion) {
    trials.put(deletion.id(), deletion);
    return () -> trials.remove(deletion.id());
  }

  /** The rules of deletions that are tried. */
  <R> List<R> tried(
      TenantId tenant, Signal signal, BiFunction<String, Deletion.Part, List<R>> compile) {
    List<R> rules = new ArrayList<>();
    for (Deletion one : trials.values()) {
      for (Deletion.Part part : one.parts()) {
        if (one.tenant().equals(tenant) && part.signal() == signal) {
          rules.addAll(compile.apply(one.id(), part));
        }
      }
    }
    return rules;
  }

  List<SeriesRule> series(String deletion, Deletion.Part part) {
    return part.selectors().stream()
        .map(
            selector ->
                new SeriesRule(
                    deletion,
                    promql.parseSelector(selector),
                    List.of(),
                    part.minTime(),
                    part.maxTime()))
        .toList();
  }

  SeriesRule series(Policies.Age age, long newestMillis) {
    return new SeriesRule(
        age.source(), matchers(age.policy()), except(age), Long.MIN_VALUE, newestMillis);
  }

  private List<Matcher> matchers(Policies.@Nullable Policy policy) {
    return policy == null ? List.of() : policyMatchers.getOrDefault(policy.key(), List.of());
  }

  private List<List<Matcher>> except(Policies.Age age) {
    return age.except().stream().map(this::matchers).toList();
  }

  List<EntryRule> entries(String deletion, Deletion.Part part) {
    return part.selectors().stream()
        .map(
            selector -> {
              Expr.Logs logs = logs(selector);
              return new EntryRule(
                  deletion,
                  logs.matchers(),
                  List.of(),
                  logs.stages().isEmpty() ? null : test(logs),
                  part.minTime(),
                  part.maxTime());
            })
        .toList();
  }

  /** An entry that a stage cannot make sense of is not meant: it stays. */
  private static Supplier<EntryRule.EntryTest> test(Expr.Logs logs) {
    return () -> {
      Pipeline pipeline = Pipeline.compile(logs.stages());
      Entry entry = new Entry();
      return (stream, at) -> {
        entry.reset(stream, at);
        return pipeline.process(entry) && entry.labels().error() == null;
      };
    };
  }

  EntryRule entries(Policies.Age age, long newestNanos) {
    return new EntryRule(
        age.source(), matchers(age.policy()), except(age), null, Long.MIN_VALUE, newestNanos);
  }

  List<SpanRule> spans(String deletion, Deletion.Part part) {
    Set<TraceId> ids = new HashSet<>();
    for (int i = 0; i + 1 < part.found().size(); i += 2) {
      ids.add(new TraceId(part.found().get(i), part.found().get(i + 1)));
    }
    return List.of(new SpanRule(deletion, ids, null, List.of(), Long.MIN_VALUE, Long.MAX_VALUE));
  }

  SpanRule spans(Policies.Age age, long newestNanos) {
    List<SpanFilter> except = age.except().stream().map(this::filter).toList();
    return new SpanRule(
        age.source(), Set.of(), filter(age.policy()), except, Long.MIN_VALUE, newestNanos);
  }

  private SpanFilter filter(Policies.@Nullable Policy policy) {
    SpanFilter known = policy == null ? null : policyFilters.get(policy.key());
    return known == null ? SpanFilter.Any.INSTANCE : known;
  }
}

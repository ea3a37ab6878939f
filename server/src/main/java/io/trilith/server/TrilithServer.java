package io.trilith.server;

import com.google.errorprone.annotations.MustBeClosed;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.ConfigReference;
import io.trilith.config.LimitsConfig;
import io.trilith.config.LogQueryConfig;
import io.trilith.config.QueryConfig;
import io.trilith.config.TenantLimits;
import io.trilith.config.TenantRates;
import io.trilith.config.TraceQueryConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.TenantQueries;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.generator.GeneratorRules;
import io.trilith.ingest.generator.MetricsGenerator;
import io.trilith.ingest.limit.Limits;
import io.trilith.ingest.logs.LogsIngest;
import io.trilith.ingest.metrics.MetricsIngest;
import io.trilith.ingest.pipeline.Pipeline;
import io.trilith.ingest.traces.TracesIngest;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlEngine.SeriesLimit;
import io.trilith.logstore.StreamReader;
import io.trilith.net.NetMetrics;
import io.trilith.net.NetServer;
import io.trilith.net.RouteTable;
import io.trilith.net.Routes;
import io.trilith.promql.PromqlEngine;
import io.trilith.query.loki.LogTail;
import io.trilith.query.loki.LokiApi;
import io.trilith.query.loki.LokiFacts;
import io.trilith.query.loki.LokiLimits;
import io.trilith.query.prometheus.PrometheusApi;
import io.trilith.query.prometheus.ServerFacts;
import io.trilith.query.tempo.CorrelationApi;
import io.trilith.query.tempo.TempoApi;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.rules.eval.Ruler;
import io.trilith.server.node.Background;
import io.trilith.server.node.Node;
import io.trilith.server.node.NodeTasks;
import io.trilith.server.node.ProcessMemory;
import io.trilith.server.node.WriteAccess;
import io.trilith.server.removal.RemovalAnswers;
import io.trilith.server.removal.RemovalApi;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.RegexText;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesLimits;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The whole process, wired by hand. It listens, with everything replayed, when the constructor
 * returns.
 */
public final class TrilithServer implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(10);

  private final Node node;
  private final NetServer net;
  private final ProcessMemory memory;
  private final Admission admission;
  private final MetricsGenerator generator;
  private final Pipeline pipeline;
  private final Limits limits;
  private final ServedRules rules;
  private final ServedAccess access;
  private final Background background = new Background();
  private final AtomicBoolean ready = new AtomicBoolean();

  public TrilithServer(TrilithConfig config, InstantSource clock) {
    RegexText.limitLength(config.query().regexLengthMax());
    node = new Node(config, clock, System::nanoTime);
    memory = ProcessMemory.of(config, node.background());
    admission = admission(config, memory.queries(), clock);
    PrometheusRegistry registry = new PrometheusRegistry();
    NetMetrics netMetrics = new NetMetrics(registry);
    access = new ServedAccess(config, registry, clock);
    SelfMetrics.register(registry, node, memory, admission, Version.text());
    RouteTable http = new RouteTable();
    RouteTable otlpGrpc = new RouteTable();
    RouteTable otlpHttp = new RouteTable();
    new AdminApi(ready::get, node, netMetrics).register(http);
    new RemovalApi(new RemovalAnswers(node.removal())).register(http);
    IngestMetrics ingestMetrics = new IngestMetrics(registry, clock);
    new RejectionsApi(ingestMetrics.refused()).register(http);
    pipeline = pipeline(config, registry);
    limits = new Limits(TenantLimits.of(config), clock, () -> access.reloadFailed("overrides"));
    limitTenants(config, http);
    MetricsIngest metrics =
        new MetricsIngest(
            node.stores().metrics(),
            pipeline,
            limits,
            config.otlpMetrics(),
            config.haDedupe(),
            ingestMetrics,
            clock);
    LogTail tail = new LogTail(memory.queries());
    node.stores().logs().onApplied(tail);
    LogsIngest logs =
        new LogsIngest(
            node.stores().logs(), pipeline, config.logIngest(), limits, ingestMetrics, clock);
    metrics.register(http, logs::legacyPush);
    metrics.register(otlpHttp, logs::legacyPush);
    metrics.registerGrpc(http);
    metrics.registerGrpc(otlpGrpc);
    logs.register(http);
    logs.register(otlpHttp);
    logs.registerGrpc(http);
    logs.registerGrpc(otlpGrpc);
    generator = generator(config, registry, clock);
    node.stores().traces().onApplied(generator);
    TracesIngest traces = new TracesIngest(node.stores().traces(), pipeline, limits, ingestMetrics);
    traces.register(http);
    traces.register(otlpHttp);
    traces.registerGrpc(http);
    traces.registerGrpc(otlpGrpc);
    QueryWorkers workers = queryWorkers();
    Routes queries = new RetryingRoutes(http, node.catalog()::refresh, node.faulty()::setAside);
    PromqlEngine promql = promqlEngine(config, workers);
    LogqlEngine logql = logqlEngine(config, workers);
    prometheusApi(config, promql, clock).register(queries);
    lokiApi(config, logql, tail, clock).register(queries);
    tempoApi(config, clock).register(queries);
    correlationApi(config).register(queries);
    rules = rules(config, promql, logql, registry, clock);
    rules.register(http);
    NetServer.Listeners routes = new NetServer.Listeners(http, otlpGrpc, otlpHttp);
    net = listen(config, access.protection(), netMetrics, memory.requests(), routes, clock);
    node.servedAt(config.server().httpListen(), net.httpPort(), access.protection().tls() != null);
    background.start(tasks(config));
    rules.start();
    ready.set(true);
  }

  private List<Background.Task> tasks(TrilithConfig config) {
    List<Background.Task> tasks = new ArrayList<>(NodeTasks.of(node, config));
    WriteAccess writes = node.access();
    tasks.add(
        new Background.Task(
            "generator",
            config.metricsGenerator().interval(),
            writes.whileGranted(generator::write)));
    tasks.addAll(rules.tasks(writes));
    tasks.add(new Background.Task("heap", Duration.ofSeconds(1), new HeapTrim()));
    tasks.add(new Background.Task("auth-files", config.auth().reload(), access::reloadCredentials));
    tasks.add(new Background.Task("tls-files", config.tls().reload(), access::reloadCertificates));
    tasks.add(
        new Background.Task(
            "heap-pressure",
            Duration.ofMillis(200),
            new HeapPressure(admission, memory.requests())));
    tasks.add(new Background.Task("overrides", config.limits().overridesPeriod(), limits::reload));
    tasks.add(new Background.Task("pipeline", config.pipeline().reload(), pipeline::reload));
    return tasks;
  }

  /** Has stores and queries obey what each tenant may have. */
  private void limitTenants(TrilithConfig config, Routes http) {
    Duration idle = config.limits().activeSeriesIdle();
    node.stores()
        .metrics()
        .limitSeries(
            tenant -> {
              LimitsConfig own = limits.of(tenant).metrics();
              return new SeriesLimits(own.seriesMax(), own.seriesPerMetricMax(), idle);
            });
    admission.limitTenants(this::queryLimits);
    new LimitsApi(
            limits,
            Map.of(
                "max_global_series_per_user",
                tenant -> node.stores().metrics().activeSeries().getOrDefault(tenant, 0),
                "max_global_series_per_metric",
                tenant -> node.stores().metrics().largestMetrics().getOrDefault(tenant, 0),
                "max_global_streams_per_user",
                tenant -> node.stores().logs().activeStreams(tenant)))
        .register(http);
  }

  private Pipeline pipeline(TrilithConfig config, PrometheusRegistry registry) {
    return Pipeline.open(
        config.pipeline(),
        config.storage().dataDir().resolve("redaction.key"),
        new LogqlConditions(config.query().depthMax()),
        registry,
        () -> access.reloadFailed("pipeline"));
  }

  private TenantQueries queryLimits(TenantId tenant) {
    TenantRates.Queries own = limits.of(tenant).rates().queries();
    return new TenantQueries(
        own.maxFetchedSeriesPerQuery(),
        own.maxConcurrent(),
        own.maxQueryLength(),
        own.maxConcurrentTailRequests());
  }

  private MetricsGenerator generator(
      TrilithConfig config, PrometheusRegistry registry, InstantSource clock) {
    GeneratorRules rules =
        new GeneratorRules(
            config.metricsGenerator(),
            config.spanMetrics(),
            config.serviceGraphs(),
            config.limits());
    return new MetricsGenerator(node.stores().metrics(), rules, registry, clock);
  }

  @MustBeClosed
  private SeriesReader seriesReader(TenantId tenant) {
    return node.stores().metrics().reader(tenant, node.faulty().aside());
  }

  @MustBeClosed
  private StreamReader streamReader(TenantId tenant) {
    return node.stores().logs().reader(tenant, node.faulty().aside());
  }

  @MustBeClosed
  private SpanReader spanReader(TenantId tenant) {
    return node.stores().traces().reader(tenant, node.faulty().aside());
  }

  private static PromqlEngine promqlEngine(TrilithConfig config, QueryWorkers workers) {
    QueryConfig query = config.query();
    return new PromqlEngine(
        query.depthMax(),
        query.lookback().toMillis(),
        query.subqueryStep().toMillis(),
        query.useStartTimestamps(),
        workers);
  }

  private static LogqlEngine logqlEngine(TrilithConfig config, QueryWorkers workers) {
    LogQueryConfig logQuery = config.logQuery();
    SeriesLimit series = new SeriesLimit(logQuery.seriesMax(), logQuery.seriesMaxStrict());
    return new LogqlEngine(config.query().depthMax(), series, workers);
  }

  private ServedRules rules(
      TrilithConfig config,
      PromqlEngine promql,
      LogqlEngine logql,
      PrometheusRegistry registry,
      InstantSource clock) {
    TraceQueryConfig trace = config.traceQuery();
    MetricsEngine.Limits limits =
        new MetricsEngine.Limits(
            trace.seriesMax(), 0, trace.traceSpansMax(), trace.spansExaminedMax());
    Ruler.Sources sources =
        new Ruler.Sources(
            new LanguageEngines(promql, logql, limits),
            new QueryLanguages(config.query().depthMax()),
            this::seriesReader,
            this::streamReader,
            this::spanReader,
            admission,
            node.stores().metrics(),
            () -> node.access().refusal() == null);
    return new ServedRules(
        new ServedRules.Settings(config.rules(), config.slos(), config.query().depthMax()),
        node.ruleStates(),
        sources,
        node.stores().metrics(),
        promql.parser(),
        registry,
        clock);
  }

  private PrometheusApi prometheusApi(
      TrilithConfig config, PromqlEngine engine, InstantSource clock) {
    ServerFacts facts =
        new ServerFacts(
            Version.text(),
            clock.instant(),
            ConfigReference.settings(config),
            config.retention().keep());
    return new PrometheusApi(
        this::seriesReader, engine, clock, admission, config.query().pointsMax(), facts);
  }

  /** Threads that come with large queries and go when there are none; queries share them. */
  private static QueryWorkers queryWorkers() {
    int cores = Runtime.getRuntime().availableProcessors();
    if (cores == 1) {
      return QueryWorkers.NONE;
    }
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            cores,
            cores,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("query-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
    return new QueryWorkers(threads, cores - 1);
  }

  private LokiApi lokiApi(
      TrilithConfig config, LogqlEngine engine, LogTail tail, InstantSource clock) {
    QueryConfig query = config.query();
    LogQueryConfig logQuery = config.logQuery();
    LokiLimits limits =
        new LokiLimits(
            query.pointsMax(),
            logQuery.entriesMax(),
            logQuery.entriesDefault(),
            logQuery.rangeMax(),
            logQuery.tailsMax());
    LokiFacts facts =
        new LokiFacts(
            Version.text(),
            config.retention().keep(),
            logQuery.seriesMax(),
            config.logLimits().maxLineSize().bytes(),
            config.logLimits().maxLineSizeTruncate(),
            config.logIngest().discoverLogLevels(),
            config.logIngest().discoverServiceName(),
            config.logIngest().logLevelFields(),
            config.logIngest().otlpIndexLabels());
    return new LokiApi(this::streamReader, tail, engine, clock, admission, limits, facts);
  }

  private static Admission admission(
      TrilithConfig config, MemoryShare queries, InstantSource clock) {
    QueryConfig query = config.query();
    Admission.Limits limits =
        new Admission.Limits(
            query.concurrencyMax(),
            query.samplesMax(),
            query.seriesMax(),
            query.bytesMax().bytes(),
            config.server().queryTimeout());
    return new Admission(limits, queries, clock);
  }

  private TempoApi tempoApi(TrilithConfig config, InstantSource clock) {
    return new TempoApi(this::spanReader, config.traceQuery(), admission, clock, Version.text());
  }

  private CorrelationApi correlationApi(TrilithConfig config) {
    return new CorrelationApi(
        new CorrelationApi.Readers(this::spanReader, this::streamReader, this::seriesReader),
        config.traceQuery(),
        config.logQuery(),
        admission);
  }

  private static NetServer listen(
      TrilithConfig config,
      NetServer.Protection protection,
      NetMetrics metrics,
      MemoryShare requests,
      NetServer.Listeners listeners,
      InstantSource clock) {
    try {
      return new NetServer(
          config.server(), config.cors(), protection, metrics, requests, listeners, clock);
    } catch (IOException e) {
      throw new ConfigException("cannot listen: " + e.getMessage(), e);
    }
  }

  public Node node() {
    return node;
  }

  public int httpPort() {
    return net.httpPort();
  }

  public int otlpGrpcPort() {
    return net.otlpGrpcPort();
  }

  public int otlpHttpPort() {
    return net.otlpHttpPort();
  }

  /** Not ready, drain, sync, close. What is in heads stays in the log. */
  @Override
  public void close() {
    if (ready.getAndSet(false)) {
      rules.close();
      drain(DRAIN, DRAIN);
      node.close();
    }
  }

  /**
   * As {@link #close}, with everything in committed blocks before, as far as that can be had in a
   * time.
   *
   * @return what is in the log only, for people; empty when nothing is, or when this was stopped
   *     before
   */
  public String stop(Duration timeout) {
    if (!ready.getAndSet(false)) {
      return "";
    }
    long end = System.nanoTime() + timeout.toNanos();
    rules.close();
    Duration half = timeout.dividedBy(2);
    drain(half.compareTo(DRAIN) < 0 ? half : DRAIN, timeout.dividedBy(4));
    rules.writeLastState();
    String left = node.log().flushUntil(end);
    node.close();
    return left;
  }

  /**
   * Ends what serves and works.
   *
   * @param grace for requests
   * @param tasks for all tasks together: one that waits for a bucket is left behind
   */
  private void drain(Duration grace, Duration tasks) {
    net.stop(grace);
    access.close();
    background.stop(tasks);
    if (node.access().refusal() == null) {
      generator.finish();
    }
  }
}

package io.trilith.server;

import com.google.errorprone.annotations.MustBeClosed;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.ConfigReference;
import io.trilith.config.LogQueryConfig;
import io.trilith.config.QueryConfig;
import io.trilith.config.TraceQueryConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryWorkers;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.generator.GeneratorRules;
import io.trilith.ingest.generator.MetricsGenerator;
import io.trilith.ingest.logs.LogsIngest;
import io.trilith.ingest.metrics.MetricsIngest;
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
import io.trilith.storage.error.StorageException;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.regex.Regex;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole process, wired by hand. It listens, with everything replayed, when the constructor
 * returns.
 */
final class TrilithServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TrilithServer.class);
  private static final Duration UNAVAILABLE_PAUSE = Duration.ofSeconds(1);
  private static final Duration DRAIN = Duration.ofSeconds(10);

  private final Storage storage;
  private final NetServer net;
  private final ProcessMemory memory;
  private final Admission admission;
  private final MetricsGenerator generator;
  private final ServedRules rules;
  private final ServedAccess access;
  private final List<Thread> background;
  private final AtomicBoolean ready = new AtomicBoolean();

  TrilithServer(TrilithConfig config, InstantSource clock) {
    Regex.limitLength(config.query().regexLengthMax());
    storage = new Storage(config, clock, System::nanoTime);
    memory = ProcessMemory.of(config, storage.background());
    admission = admission(config, memory.queries(), clock);
    PrometheusRegistry registry = new PrometheusRegistry();
    NetMetrics netMetrics = new NetMetrics(registry);
    access = new ServedAccess(config, registry, clock);
    SelfMetrics.register(registry, storage, memory, admission, Version.text());
    RouteTable http = new RouteTable();
    RouteTable otlpGrpc = new RouteTable();
    RouteTable otlpHttp = new RouteTable();
    new AdminApi(ready::get, storage, netMetrics).register(http);
    new RemovalApi(storage.deletions(), storage.retention(), storage.catalog(), storage.time())
        .register(http);
    IngestMetrics ingestMetrics = new IngestMetrics(registry, clock);
    new RejectionsApi(ingestMetrics.refused()).register(http);
    MetricsIngest metrics =
        new MetricsIngest(
            storage.metrics(),
            config.limits(),
            config.otlpMetrics(),
            config.haDedupe(),
            ingestMetrics,
            clock);
    LogTail tail = new LogTail(memory.queries());
    storage.logs().onApplied(tail);
    LogsIngest logs =
        new LogsIngest(
            storage.logs(), config.logIngest(), config.logLimits(), ingestMetrics, clock);
    metrics.register(http, logs::legacyPush);
    metrics.register(otlpHttp, logs::legacyPush);
    metrics.registerGrpc(http);
    metrics.registerGrpc(otlpGrpc);
    logs.register(http);
    logs.register(otlpHttp);
    logs.registerGrpc(http);
    logs.registerGrpc(otlpGrpc);
    generator = generator(config, registry, clock);
    storage.traces().onApplied(generator);
    TracesIngest traces = new TracesIngest(storage.traces(), config.traceLimits(), ingestMetrics);
    traces.register(http);
    traces.register(otlpHttp);
    traces.registerGrpc(http);
    traces.registerGrpc(otlpGrpc);
    QueryWorkers workers = queryWorkers();
    Routes queries = new RetryingRoutes(http, storage.catalog()::refresh, storage::setAside);
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
    storage.servedAt(config.server().httpListen(), net.httpPort(), access.protection().tls() != null);
    background = background(config);
    rules.start();
    ready.set(true);
  }

  private List<Thread> background(TrilithConfig config) {
    List<Thread> tasks = new ArrayList<>();
    if (storage.objects().bucket() == null) {
      tasks.add(repeat("flush", Duration.ofMillis(500), whileOwner(storage.flusher()::flushDue)));
    } else {
      // Uploads may wait for the bucket; memory is freed meanwhile.
      tasks.add(repeat("flush", Duration.ofMillis(500), storage.flusher()::writeDue));
      tasks.add(
          repeat("upload", Duration.ofMillis(500), whileOwner(storage.flusher()::commitWritten)));
      Duration age = config.storage().orphanAge();
      tasks.add(repeat("orphans", hourly(age), () -> sweepOrphans(age)));
    }
    Duration refresh = config.catalog().refresh();
    if (!refresh.isZero()) {
      tasks.add(repeat("follow", refresh, storage.catalog()::refresh));
    }
    tasks.add(
        repeat("catalog", hourly(config.storage().catalogAge()), () -> storage.collection().run()));
    tasks.add(
        repeat("retention", Duration.ofSeconds(30), whileReachable(storage.retention()::remove)));
    tasks.add(
        repeat("expiry", Duration.ofSeconds(30), whileReachable(storage.retention()::rewrite)));
    tasks.add(repeat("deletion", Duration.ofSeconds(10), whileReachable(storage.deletions()::run)));
    Duration pause = config.storage().mergeInterval();
    tasks.add(repeat("merge", pause, whileReachable(storage.merge(Signal.METRICS)::run)));
    tasks.add(repeat("merge-logs", pause, whileReachable(storage.merge(Signal.LOGS)::run)));
    tasks.add(
        repeat("generator", config.metricsGenerator().interval(), whileOwner(generator::write)));
    tasks.add(repeat("merge-traces", pause, whileReachable(storage.merge(Signal.TRACES)::run)));
    tasks.add(repeat("rule-files", config.rules().filesInterval(), rules::reload));
    tasks.add(
        repeat("rule-state", ServedRules.STATE_INTERVAL, whileOwner(storage.ruleStates()::write)));
    tasks.add(repeat("auth-files", config.auth().reload(), access::reloadCredentials));
    tasks.add(repeat("tls-files", config.tls().reload(), access::reloadCertificates));
    tasks.add(repeat("slo-events", ServedRules.COUNT_INTERVAL, rules::countEvents));
    tasks.add(repeat("directory", Duration.ofMillis(250), storage::watchDirectory));
    tasks.add(repeat("heap", Duration.ofSeconds(1), new HeapTrim()));
    tasks.add(
        repeat(
            "heap-pressure",
            Duration.ofMillis(200),
            new HeapPressure(admission, memory.requests())));
    return List.copyOf(tasks);
  }

  /** Often enough for what waits until it has an age, and not more often than it is worth. */
  private static Duration hourly(Duration age) {
    Duration half = age.dividedBy(2);
    Duration hour = Duration.ofHours(1);
    Duration second = Duration.ofSeconds(1);
    return half.compareTo(hour) > 0 ? hour : half.compareTo(second) < 0 ? second : half;
  }

  private void sweepOrphans(Duration age) {
    if (!storage.time().isHeld()) {
      int _ = storage.expiry().sweepOrphans(age);
    }
  }

  /** Another server may have taken the bucket over. */
  private Runnable whileOwner(Runnable task) {
    return () -> {
      if (storage.refusal() == null) {
        task.run();
      }
    };
  }

  private Runnable whileReachable(Runnable task) {
    return () -> {
      if (storage.objects().isReachable() && storage.refusal() == null) {
        task.run();
      }
    };
  }

  private MetricsGenerator generator(
      TrilithConfig config, PrometheusRegistry registry, InstantSource clock) {
    GeneratorRules rules =
        new GeneratorRules(
            config.metricsGenerator(),
            config.spanMetrics(),
            config.serviceGraphs(),
            config.limits());
    return new MetricsGenerator(storage.metrics(), rules, registry, clock);
  }

  @MustBeClosed
  private SeriesReader seriesReader(TenantId tenant) {
    return storage.metrics().reader(tenant, storage.aside());
  }

  @MustBeClosed
  private StreamReader streamReader(TenantId tenant) {
    return storage.logs().reader(tenant, storage.aside());
  }

  @MustBeClosed
  private SpanReader spanReader(TenantId tenant) {
    return storage.traces().reader(tenant, storage.aside());
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
            storage.metrics(),
            () -> storage.refusal() == null);
    return new ServedRules(
        new ServedRules.Settings(config.rules(), config.slos(), config.query().depthMax()),
        storage.ruleStates(),
        sources,
        storage.metrics(),
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

  /**
   * Runs a task again and again until the thread is interrupted. A failure is told and tried again
   * at the next turn.
   */
  private static Thread repeat(String what, Duration pause, Runnable task) {
    return Thread.ofPlatform()
        .daemon()
        .name(what)
        .start(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(pause.toNanos());
                if (Thread.currentThread().isInterrupted()) {
                  return;
                }
                try {
                  runOnce(what, task);
                } catch (OutOfMemoryError e) {
                  // Not even enough to say so: the thread must live, others wait for its work.
                  LockSupport.parkNanos(UNAVAILABLE_PAUSE.toNanos());
                }
              }
            });
  }

  private static void runOnce(String what, Runnable task) {
    try {
      task.run();
    } catch (StorageException.Unavailable e) {
      log.warn("{} failed, it is tried again: {}", what, e.getMessage());
      LockSupport.parkNanos(UNAVAILABLE_PAUSE.toNanos());
    } catch (RuntimeException | OutOfMemoryError e) {
      log.warn("{} failed, it is tried again", what, e);
    }
  }

  Storage storage() {
    return storage;
  }

  int httpPort() {
    return net.httpPort();
  }

  int otlpGrpcPort() {
    return net.otlpGrpcPort();
  }

  int otlpHttpPort() {
    return net.otlpHttpPort();
  }

  /** Not ready, drain, sync, close. What is in heads stays in the log. */
  @Override
  public void close() {
    if (ready.getAndSet(false)) {
      rules.close();
      drain(DRAIN, DRAIN);
      storage.close();
    }
  }

  /**
   * As {@link #close}, with everything in committed blocks before, as far as that can be had in a
   * time.
   *
   * @return what is in the log only, for people; empty when nothing is, or when this was stopped
   *     before
   */
  String stop(Duration timeout) {
    if (!ready.getAndSet(false)) {
      return "";
    }
    long end = System.nanoTime() + timeout.toNanos();
    rules.close();
    Duration half = timeout.dividedBy(2);
    drain(half.compareTo(DRAIN) < 0 ? half : DRAIN, timeout.dividedBy(4));
    rules.writeLastState();
    String left = storage.flushUntil(end);
    storage.close();
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
    for (Thread task : background) {
      task.interrupt();
    }
    long end = System.nanoTime() + tasks.toNanos();
    try {
      for (Thread task : background) {
        task.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (storage.refusal() == null) {
      generator.finish();
    }
  }
}

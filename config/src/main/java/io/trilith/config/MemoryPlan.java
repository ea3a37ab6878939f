package io.trilith.config;

/**
 * The bytes of the heap that each share comes to. Keys that are {@code auto} take what their share
 * says, so that {@code memory.max} alone makes everything larger.
 *
 * @param heap all there is, in bytes
 */
public record MemoryPlan(
    long heap, long requests, long heads, long queries, long caches, long background) {
  /** The rest is the program itself, the youngest objects and the errors of our sums. */
  private static final int SHARED_OUT_MAX_PERCENT = 90;

  /** What a series takes in a head, at least. */
  private static final long SERIES_BYTES = 100;

  private static final long FLUSH_MIN = 4 << 20;
  private static final long FLUSH_MAX = 256 << 20;

  /**
   * The plan of a configuration.
   *
   * @throws ConfigException when the shares come to more than the heap can hold
   */
  public static MemoryPlan of(TrilithConfig config, long heap) {
    MemoryConfig memory = config.memory();
    MemoryPlan plan =
        new MemoryPlan(
            heap,
            Math.max(config.server().bodiesInFlightMax().bytes(), memory.requests().of(heap)),
            set(config.head().totalMax(), memory.heads().of(heap)),
            set(config.query().memoryMax(), memory.queries().of(heap)),
            config.cache().indexSize().isAuto()
                ? memory.caches().of(heap)
                : config.cache().indexSize().bytes() * 3,
            memory.background().of(heap));
    if (plan.sum() > heap / 100 * SHARED_OUT_MAX_PERCENT) {
      throw new ConfigException(
          "the memory shared out, "
              + plan.sum()
              + " bytes, is more than "
              + SHARED_OUT_MAX_PERCENT
              + "% of the heap of "
              + heap
              + " bytes: memory.requests (or server.bodies-in-flight-max) "
              + plan.requests
              + ", memory.heads (or head.total-max) "
              + plan.heads
              + ", memory.queries (or query.memory-max) "
              + plan.queries
              + ", memory.caches (or cache.index-size, three times) "
              + plan.caches
              + ", memory.background "
              + plan.background
              + "; lower these or raise memory.max");
    }
    return plan;
  }

  private static long set(ByteSize own, long share) {
    return own.isAuto() ? share : own.bytes();
  }

  private long sum() {
    return requests + heads + queries + caches + background;
  }

  /** The configuration with every key that was left to its share filled in. */
  TrilithConfig fill(TrilithConfig config) {
    ServerConfig server = config.server();
    HeadConfig head = config.head();
    QueryConfig query = config.query();
    ByteSize totalSize = or(head.totalSize(), heads / 2);
    return new TrilithConfig(
        new ServerConfig(
            server.httpListen(),
            server.otlpGrpcListen(),
            server.otlpHttpListen(),
            server.bodyMax(),
            or(server.bodiesInFlightMax(), requests),
            server.writesMax(),
            server.queriesMax(),
            server.connectionsMax(),
            server.requestTimeout(),
            server.idleTimeout(),
            server.queryTimeout(),
            server.stopTimeout()),
        config.auth(),
        config.audit(),
        config.tls(),
        config.cors(),
        config.memory(),
        config.tenancy(),
        config.storage(),
        config.catalog(),
        config.wal(),
        new HeadConfig(
            or(head.flushSize(), Math.clamp(heads * 3 / 10, FLUSH_MIN, FLUSH_MAX)),
            head.flushAge(),
            totalSize,
            new ByteSize(heads),
            head.idleAge()),
        new CacheConfig(or(config.cache().indexSize(), caches / 3), config.cache().diskSize()),
        config.retention(),
        config.deletion(),
        config.downsampling(),
        limits(config.limits()),
        config.otlpMetrics(),
        config.pipeline(),
        config.logIngest(),
        config.logLimits(),
        config.haDedupe(),
        new QueryConfig(
            query.lookback(),
            query.subqueryStep(),
            query.samplesMax(),
            query.seriesMax(),
            or(query.bytesMax(), queries / 8 * 7),
            new ByteSize(queries),
            query.pointsMax(),
            query.depthMax(),
            query.regexLengthMax(),
            query.concurrencyMax(),
            query.useStartTimestamps()),
        config.logQuery(),
        config.traceLimits(),
        config.traceQuery(),
        config.metricsGenerator(),
        config.spanMetrics(),
        config.serviceGraphs(),
        config.rules(),
        config.slos());
  }

  /** As many series as the heads can carry. */
  private LimitsConfig limits(LimitsConfig limits) {
    return new LimitsConfig(
        limits.labelNameMax(),
        limits.labelValueMax(),
        limits.labelsPerSeriesMax(),
        limits.histogramBucketsMax(),
        limits.metadataMax(),
        limits.deltaSeriesMax(),
        limits.attributeDepthMax(),
        limits.maxSeries() > 0
            ? new Count(limits.maxSeries())
            : limits.maxGlobalSeriesPerUser().isAuto()
                ? new Count(Math.clamp(heads / SERIES_BYTES, 1, Integer.MAX_VALUE))
                : limits.maxGlobalSeriesPerUser(),
        0,
        limits.maxSeriesPerMetric(),
        limits.activeSeriesIdle(),
        limits.overridesFile(),
        limits.overridesPeriod());
  }

  private static ByteSize or(ByteSize own, long share) {
    return own.isAuto() ? new ByteSize(share) : own;
  }
}

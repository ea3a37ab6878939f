package io.trilith.config;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is wrong with a configuration as a whole: keys that each make sense and contradict one
 * another, and numbers under which nothing can work.
 */
public final class ConfigChecks {
  private final TrilithConfig config;
  private final List<String> found = new ArrayList<>();

  private ConfigChecks(TrilithConfig config) {
    this.config = config;
  }

  /**
   * What keeps a server from working, each with keys, values and the way out.
   *
   * @param given as it was given
   * @param config with every key filled in that was left to its share of the memory
   */
  static List<String> errors(TrilithConfig given, TrilithConfig config) {
    ConfigChecks checks = new ConfigChecks(config);
    checks.positive();
    checks.log();
    checks.heads();
    checks.server(given.server());
    checks.access();
    checks.queries();
    checks.items();
    checks.retention();
    checks.s3();
    return checks.found;
  }

  /** What works, and may not be meant. */
  public static List<String> warnings(TrilithConfig config) {
    ConfigChecks checks = new ConfigChecks(config);
    checks.surprises();
    return checks.found;
  }

  /**
   * What cannot be held by a process.
   *
   * @param heap its largest size, in bytes
   */
  public static List<String> heap(TrilithConfig config, long heap) {
    Map<String, ByteSize> sizes = new HashMap<>();
    sizes.put("head.total-max", config.head().totalMax());
    sizes.put("query.memory-max", config.query().memoryMax());
    sizes.put("server.body-max", config.server().bodyMax());
    sizes.put("server.bodies-in-flight-max", config.server().bodiesInFlightMax());
    sizes.put("cache.index-size", config.cache().indexSize());
    return sizes.entrySet().stream()
        .filter(one -> one.getValue().bytes() > heap)
        .map(
            one ->
                one.getKey()
                    + " = "
                    + one.getValue()
                    + " is more than the heap of "
                    + (heap >> 20)
                    + "MiB; lower it, or raise the heap (TRILITH_JAVA_OPTS=-Xmx…)")
        .sorted()
        .toList();
  }

  private void check(boolean fine, String error) {
    if (!fine) {
      found.add(error);
    }
  }

  private void notAbove(String small, ByteSize less, String large, ByteSize more, String why) {
    check(
        less.bytes() <= more.bytes(),
        small + " = " + less + " is above " + large + " = " + more + ": " + why);
  }

  private void above(String key, long value, long least) {
    check(value >= least, key + " = " + value + " must be at least " + least);
  }

  private void longer(String key, Duration value) {
    check(
        value.compareTo(Duration.ZERO) > 0,
        key + " = " + Durations.format(value) + " must be longer than 0");
  }

  /** Numbers of which 0 means that nothing is done at all. */
  private void positive() {
    ServerConfig server = config.server();
    above("server.writes-max", server.writesMax(), 1);
    above("server.queries-max", server.queriesMax(), 1);
    above("server.connections-max", server.connectionsMax(), 1);
    above("server.body-max", server.bodyMax().bytes(), 1);
    longer("server.request-timeout", server.requestTimeout());
    longer("server.idle-timeout", server.idleTimeout());
    longer("server.query-timeout", server.queryTimeout());
    QueryConfig query = config.query();
    above("query.samples-max", query.samplesMax(), 1);
    above("query.series-max", query.seriesMax(), 1);
    above("query.bytes-max", query.bytesMax().bytes(), 1);
    above("query.points-max", query.pointsMax(), 1);
    above("query.depth-max", query.depthMax(), 1);
    above("query.regex-length-max", query.regexLengthMax(), 1);
    above("query.concurrency-max", query.concurrencyMax(), 1);
    longer("query.lookback", query.lookback());
    longer("query.subquery-step", query.subqueryStep());
    LogQueryConfig logs = config.logQuery();
    above("log-query.entries-max", logs.entriesMax(), 1);
    above("log-query.entries-default", logs.entriesDefault(), 1);
    above("log-query.series-max", logs.seriesMax(), 1);
    above("trace-query.query-size", config.traceQuery().querySize().bytes(), 1);
    above("trace-limits.span-size", config.traceLimits().spanSize().bytes(), 1);
    above("deletion.traces-max", config.deletion().tracesMax(), 1);
    above("deletion.active-max", config.deletion().activeMax(), 1);
    longer("storage.merge-interval", config.storage().mergeInterval());
    longer("storage.orphan-age", config.storage().orphanAge());
    longer("storage.catalog-age", config.storage().catalogAge());
  }

  private void log() {
    WalConfig wal = config.wal();
    above("wal.segment-size", wal.segmentSize().bytes(), 4 << 10);
    above("wal.flush-size", wal.flushSize().bytes(), 1);
    check(
        wal.segmentSize().bytes() <= 1L << 30,
        "wal.segment-size = "
            + wal.segmentSize()
            + " must be at most 1GiB: a segment is read whole");
    check(
        wal.flushSize().bytes() < wal.sizeMax().bytes(),
        "wal.flush-size = "
            + wal.flushSize()
            + " is not below wal.size-max = "
            + wal.sizeMax()
            + ": writes would be refused before anything is flushed; raise wal.size-max");
    notAbove(
        "wal.segment-size",
        wal.segmentSize(),
        "wal.size-max",
        wal.sizeMax(),
        "only whole segments are given back");
    if (wal.sync() == WalConfig.Sync.INTERVAL) {
      longer("wal.sync-interval", wal.syncInterval());
    }
  }

  private void heads() {
    HeadConfig head = config.head();
    above("head.flush-size", head.flushSize().bytes(), 1);
    above("head.total-size", head.totalSize().bytes(), 1);
    longer("head.flush-age", head.flushAge());
    check(
        head.totalSize().bytes() < head.totalMax().bytes(),
        "head.total-size = "
            + head.totalSize()
            + " is not below head.total-max = "
            + head.totalMax()
            + ": writes would be refused before anything is flushed");
    notAbove(
        "head.flush-size",
        head.flushSize(),
        "head.total-max",
        head.totalMax(),
        "writes would be refused before one head is flushed");
  }

  private void server(ServerConfig given) {
    ServerConfig server = config.server();
    // Of what nobody set neither is wrong: a small heap takes smaller bodies.
    boolean meant =
        given.bodiesInFlightMax().bytes() > 0
            || !given.bodyMax().equals(Binder.defaults(ServerConfig.class).bodyMax());
    notAbove(
        "server.body-max",
        server.bodyMax(),
        "server.bodies-in-flight-max",
        meant ? server.bodiesInFlightMax() : new ByteSize(Long.MAX_VALUE),
        "the largest body would never be taken");
    Map<String, HostPort> ports = new HashMap<>();
    ports.put("server.http-listen", server.httpListen());
    ports.put("server.otlp-grpc-listen", server.otlpGrpcListen());
    ports.put("server.otlp-http-listen", server.otlpHttpListen());
    List<String> keys = ports.keySet().stream().sorted().toList();
    for (String one : keys) {
      for (String other : keys.subList(keys.indexOf(one) + 1, keys.size())) {
        HostPort a = ports.getOrDefault(one, server.httpListen());
        HostPort b = ports.getOrDefault(other, server.httpListen());
        check(
            a.port() == 0 || a.port() != b.port() || !meet(a.host(), b.host()),
            one + " = " + a + " and " + other + " = " + b + " are one port; give each its own");
      }
    }
  }

  /** Nothing listens to other machines without a credential by accident. */
  private void access() {
    AuthConfig auth = config.auth();
    check(
        auth.mode() != AuthConfig.Mode.REQUIRED || auth.hasFile(),
        "auth.mode = required and auth has no credentials: set auth.file");
    check(
        auth.mode() != AuthConfig.Mode.NONE || !auth.hasFile(),
        "auth.mode = none and auth.file = "
            + auth.file()
            + ": nobody would be asked for what is in it; remove one of them");
    check(
        !auth.openNetwork() || auth.mode() == AuthConfig.Mode.NONE,
        "auth.open-network = true counts with auth.mode = none alone: set both, or none of them");
    longer("auth.reload", auth.reload());
    longer("tls.reload", config.tls().reload());
    if (auth.isRequired() || auth.openNetwork()) {
      return;
    }
    ServerConfig server = config.server();
    closedToOthers("server.http-listen", server.httpListen());
    closedToOthers("server.otlp-grpc-listen", server.otlpGrpcListen());
    closedToOthers("server.otlp-http-listen", server.otlpHttpListen());
  }

  private void closedToOthers(String key, HostPort listen) {
    check(
        listen.isLoopback(),
        key
            + " is "
            + listen
            + ", reachable by others, but auth has no credentials: set auth.file, or auth.mode:"
            + " none with auth.open-network: true behind a proxy that authenticates");
  }

  private static boolean meet(String a, String b) {
    return isAny(a) || isAny(b) || a.equals(b);
  }

  private static boolean isAny(String host) {
    return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
  }

  private void queries() {
    QueryConfig query = config.query();
    notAbove(
        "query.bytes-max",
        query.bytesMax(),
        "query.memory-max",
        query.memoryMax(),
        "one query could never have that much");
    LogQueryConfig logs = config.logQuery();
    check(
        logs.entriesDefault() <= logs.entriesMax(),
        "log-query.entries-default = "
            + logs.entriesDefault()
            + " is above log-query.entries-max = "
            + logs.entriesMax()
            + ": a query that names no limit would be refused");
  }

  private void items() {
    LogLimitsConfig logs = config.logLimits();
    if (logs.perStreamRateLimit().bytes() > 0) {
      notAbove(
          "log-limits.max-line-size",
          logs.maxLineSize(),
          "log-limits.per-stream-rate-limit-burst",
          logs.perStreamRateLimitBurst(),
          "such a line would be over the rate for ever");
    }
    check(
        logs.maxLineSizeTruncateIdentifier().length() < logs.maxLineSize().bytes(),
        "log-limits.max-line-size-truncate-identifier is longer than log-limits.max-line-size = "
            + logs.maxLineSize());
  }

  private void retention() {
    List<RetentionPolicy> policies = config.retention().policies();
    for (int i = 0; i < policies.size(); i++) {
      RetentionPolicy policy = policies.get(i);
      check(
          policy.tenant().equals("*") || policy.tenant().matches("[^*?\\[\\]{}|\\s]+"),
          "retention.policies["
              + i
              + "].tenant = '"
              + policy.tenant()
              + "' is no tenant: it is one name, or * alone for all");
    }
  }

  private void s3() {
    S3Config s3 = config.storage().s3();
    if (!s3.endpoint().isEmpty()) {
      check(
          isUrl(s3.endpoint()),
          "storage.s3.endpoint = '"
              + s3.endpoint()
              + "' is no URL: write http://HOST:PORT or https://HOST:PORT");
    }
    check(
        s3.attemptTimeout().compareTo(s3.requestTimeout()) <= 0,
        "storage.s3.attempt-timeout = "
            + Durations.format(s3.attemptTimeout())
            + " is longer than storage.s3.request-timeout = "
            + Durations.format(s3.requestTimeout())
            + ": no attempt could use it");
    check(
        s3.sseKmsKey().isEmpty() || s3.sse() == S3Config.Sse.KMS,
        "storage.s3.sse-kms-key is given and storage.s3.sse is not kms: set storage.s3.sse to kms");
    check(
        s3.sessionToken().value().isEmpty() || !s3.accessKey().value().isEmpty(),
        "storage.s3.session-token is given without storage.s3.access-key and secret-key");
    check(
        s3.bucket().matches("[A-Za-z0-9._-]*"),
        "storage.s3.bucket = '"
            + s3.bucket()
            + "' is no name of a bucket: no URL, no slash; what is below it goes into"
            + " storage.s3.prefix");
    check(!s3.region().isBlank(), "storage.s3.region is empty; requests are signed for one");
    if (config.storage().kind() == StorageConfig.Kind.S3) {
      RetentionConfig retention = config.retention();
      check(
          retention.diskHighWater() == 0,
          "retention.disk-high-water = "
              + retention.diskHighWater()
              + " with storage.kind = s3: blocks are not on that disk, so removing them frees"
              + " nothing there; use retention.max-bytes, and cache.disk-size for the disk");
    }
  }

  private static boolean isUrl(String text) {
    try {
      URI uri = URI.create(text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return http && uri.getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void surprises() {
    Duration keep = config.retention().keep();
    Duration flushAge = config.head().flushAge();
    check(
        keep.isZero() || keep.compareTo(flushAge) >= 0,
        "retention.default = "
            + Durations.format(keep)
            + " is shorter than head.flush-age = "
            + Durations.format(flushAge)
            + ": what is not in a block yet stays longer");
    for (RetentionPolicy policy : config.retention().policies()) {
      check(
          policy.keep().isZero() || policy.keep().compareTo(flushAge) >= 0,
          "a policy of retention.policies keeps "
              + Durations.format(policy.keep())
              + ", shorter than head.flush-age = "
              + Durations.format(flushAge)
              + ": what is not in a block yet stays longer");
    }
    ByteSize body = config.server().bodyMax();
    notAbove(
        "log-limits.max-line-size",
        config.logLimits().maxLineSize(),
        "server.body-max",
        body,
        "such a line could never come");
    notAbove(
        "trace-limits.span-size",
        config.traceLimits().spanSize(),
        "server.body-max",
        body,
        "such a span could never come");
    StorageConfig storage = config.storage();
    check(
        storage.kind() == StorageConfig.Kind.S3
            || (storage.s3().bucket().isEmpty() && storage.s3().endpoint().isEmpty()),
        "storage.s3 is given and storage.kind is directory: the bucket is not used");
    check(
        config.query().concurrencyMax() <= config.server().queriesMax(),
        "query.concurrency-max = "
            + config.query().concurrencyMax()
            + " is above server.queries-max = "
            + config.server().queriesMax()
            + ": this many never come at once");
    Duration grace = config.logLimits().creationGracePeriod();
    Duration future = config.retention().futureMax();
    check(
        future.isZero() || grace.compareTo(future) <= 0,
        "log-limits.creation-grace-period = "
            + Durations.format(grace)
            + " is longer than retention.future-max = "
            + Durations.format(future)
            + ", which refuses first");
  }
}

package io.trilith.ingest.logs;

import io.trilith.config.LogIngestConfig;
import io.trilith.config.LogLimitsConfig;
import io.trilith.config.Scope;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.MessageBuffers;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.limit.Limits;
import io.trilith.ingest.otlp.OtlpAnswers;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.ingest.pipeline.Pipeline;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.store.LogAppender;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.HttpStatusException;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.net.Snappy;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The receivers of logs: Loki's push and OTLP over HTTP and gRPC. What breaks a rule is refused by
 * name, the rest of its request is stored and counted. Thread-safe.
 */
public final class LogsIngest {
  private static final List<String> PUSH_PATHS =
      List.of("/loki/api/v1/push", "/loki/loki/api/v1/push");
  private static final List<String> OTLP_PATHS =
      List.of("/v1/logs", "/otlp/v1/logs", "/loki/otlp/v1/logs");
  private static final String GRPC_EXPORT =
      "opentelemetry.proto.collector.logs.v1.LogsService/Export";

  /** Limits that differ, at once: a file that changes again and again leaves old ones behind. */
  private static final int RULES_MAX = 10_000;

  private static final Set<String> PROTOBUF_TYPES =
      Set.of("", "application/x-protobuf", "application/octet-stream");

  /** How long a block's content may be is for the request to say. */
  private static final Snappy SNAPPY = new Snappy(Integer.MAX_VALUE);

  private final LogAppender store;
  private final Limits limits;
  private final LogIngestConfig enrichment;

  /** By the limits they were made of: those of the configuration, and of overrides. */
  private final Map<LogLimitsConfig, LogCollector.Rules> rules = new ConcurrentHashMap<>();

  private final OtlpLabelRules labelRules;
  private final MessageBuffers buffers = new MessageBuffers();
  private final IngestMetrics metrics;
  private final InstantSource clock;
  private final OtlpJson json = OtlpJson.logs();
  private final Pipeline pipeline;

  /** Enriches and limits as told, stores through the appender. */
  public LogsIngest(
      LogAppender store,
      Pipeline pipeline,
      LogIngestConfig enrichment,
      Limits limits,
      IngestMetrics metrics,
      InstantSource clock) {
    this.store = store;
    this.pipeline = pipeline;
    this.limits = limits;
    this.enrichment = enrichment;
    this.labelRules = new OtlpLabelRules(enrichment);
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Adds the HTTP paths, for the main listener and for that of OTLP. */
  public void register(Routes http) {
    ScopedRoutes writes = http.needs(Scope.WRITE_LOGS).writes();
    for (String path : PUSH_PATHS) {
      writes.blocks().post(path, this::push);
    }
    for (String path : OTLP_PATHS) {
      writes.refusing(OtlpAnswers::refusal).post(path, this::otlp);
    }
  }

  /** Adds the gRPC method. */
  public void registerGrpc(Routes grpc) {
    grpc.needs(Scope.WRITE_LOGS).writes().unary(GRPC_EXPORT, this::otlp);
  }

  /** The JSON of Loki's first API: labels as one text, times in RFC 3339. */
  public HttpAnswer legacyPush(HttpRequest request) {
    return push(request);
  }

  private HttpAnswer push(HttpRequest request) {
    String type = request.contentType();
    boolean json = type.equals("application/json");
    if (!json && !PROTOBUF_TYPES.contains(type)) {
      throw new HttpStatusException(
          415, "the content type must be application/json or application/x-protobuf");
    }
    // Senders of protobuf compress it, and do not say so.
    String encoding = request.header("content-encoding").orElse(json ? "" : "snappy").strip();
    byte[] body = request.body();
    if (!encoding.equalsIgnoreCase("snappy")) {
      return push(request, json, body, body.length);
    }
    int length = SNAPPY.length(body);
    request.reserve(length);
    byte[] message = buffers.take(length);
    try {
      SNAPPY.decode(body, message);
      return push(request, json, message, length);
    } finally {
      buffers.give(message);
    }
  }

  private HttpAnswer push(HttpRequest request, boolean json, byte[] message, int length) {
    Rejections rejections = new Rejections();
    LogCollector collector = collector(request.tenant(), request.memory(), rejections);
    PushDecoder decoder = new PushDecoder(collector, request.memory());
    if (json) {
      decoder.json(message, length);
    } else {
      collector.expect(length);
      decoder.protobuf(message, length);
    }
    long entries = collector.finish();
    if (entries == 0 && collector.dropped() == 0 && rejections.isEmpty()) {
      throw new HttpStatusException(
          422, "error at least one valid stream is required for ingestion");
    }
    report(request.tenant(), rejections);
    if (!rejections.isEmpty()) {
      throw new InvalidRequestException(rejections.message());
    }
    return new HttpAnswer.Whole(204, Map.of(), new byte[0]);
  }

  private HttpAnswer otlp(HttpRequest request) {
    OtlpAnswers.Encoding encoding = OtlpAnswers.encoding(request.contentType());
    Rejections rejections = new Rejections();
    LogCollector collector = collector(request.tenant(), request.memory(), rejections);
    byte[] body = request.body();
    switch (encoding) {
      case PROTOBUF -> decode(body, collector, request.memory());
      case JSON ->
          json.eachPart(
              body, request.memory(), message -> decode(message, collector, request.memory()));
    }
    long entries = collector.finish();
    OtlpAnswers.hint(body, entries + collector.dropped(), rejections);
    report(request.tenant(), rejections);
    return OtlpAnswers.http(encoding, "rejectedLogRecords", rejections);
  }

  private byte[] otlp(TenantId tenant, byte[] message, Booking memory) {
    Rejections rejections = new Rejections();
    LogCollector collector = collector(tenant, memory, rejections);
    decode(message, collector, memory);
    OtlpAnswers.hint(message, collector.finish() + collector.dropped(), rejections);
    report(tenant, rejections);
    return OtlpAnswers.protobuf(rejections);
  }

  private LogCollector.Rules rules(TenantId tenant) {
    LogLimitsConfig own = limits.of(tenant).logs();
    LogCollector.Rules known = rules.get(own);
    if (known != null) {
      return known;
    }
    if (rules.size() > RULES_MAX) {
      rules.clear();
    }
    return rules.computeIfAbsent(own, made -> LogCollector.Rules.of(enrichment, made));
  }

  private void decode(byte[] message, LogCollector collector, Booking memory) {
    int depthMax = limits.base().logs().attributeDepthMax();
    OtlpAttributes attributes =
        new OtlpAttributes(depthMax, "log-limits.attribute-depth-max", memory);
    collector.expect(message.length);
    new OtlpLogsDecoder(attributes, labelRules, collector).decode(message);
  }

  private LogCollector collector(TenantId tenant, Booking memory, Rejections rejections) {
    limits.logsAreOpen(tenant);
    Instant now = clock.instant();
    long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    LogCollector.Streams active =
        new LogCollector.Streams() {
          @Override
          public int count() {
            return store.activeStreams(tenant);
          }

          @Override
          public boolean has(Labels stream) {
            return store.isActive(tenant, stream);
          }

          @Override
          public void makeRoom() {
            store.makeRoomForStreams(tenant);
          }
        };
    return new LogCollector(
        rules(tenant),
        rejections,
        tenant,
        nanos,
        memory,
        active,
        pipeline.of(tenant).logs(),
        batch -> append(tenant, batch, rejections));
  }

  private void append(TenantId tenant, LogBatch batch, Rejections rejections) {
    try {
      limits.logBytes(tenant, batch.textBytes(), batch.entries());
    } catch (LimitExceededException | TooLargeException e) {
      rejections.add(Rejections.RATE_LIMITED, batch.entries(), String.valueOf(e.getMessage()));
      metrics.rejected(Signal.LOGS, tenant, rejections);
      throw e;
    }
    LogAppender.AppendResult result = store.append(tenant, batch);
    metrics.ingested(Signal.LOGS, result.accepted());
    if (result.rejected() > 0) {
      rejections.add(Rejections.OUTSIDE_RETENTION, result.rejected(), result.reason());
    }
  }

  private void report(TenantId tenant, Rejections rejections) {
    metrics.rejected(Signal.LOGS, tenant, rejections);
    if (rejections.count(LogCollector.RATE_LIMITED) > 0
        || rejections.count(LogCollector.STREAM_LIMIT) > 0) {
      // What was stored is there once, also when the client sends all of it again.
      throw LimitExceededException.busy(rejections.message());
    }
  }
}

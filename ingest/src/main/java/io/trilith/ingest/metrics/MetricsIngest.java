package io.trilith.ingest.metrics;

import io.trilith.config.HaDedupeConfig;
import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.config.Scope;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.MessageBuffers;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.limit.Limits;
import io.trilith.ingest.otlp.OtlpAnswers;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.ingest.pipeline.MetricStages;
import io.trilith.ingest.pipeline.Pipeline;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.HttpStatusException;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender;
import io.trilith.tsdb.store.MetricAppender.AppendResult;
import io.trilith.tsdb.store.MetricAppender.Refused;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The receivers of metrics: Prometheus remote write and OTLP over HTTP and gRPC. What breaks a rule
 * is refused by name, the rest of its request is stored and counted. Thread-safe.
 */
public final class MetricsIngest {
  private static final List<String> REMOTE_WRITE_PATHS = List.of("/api/v1/write", "/api/v1/push");
  private static final String SHARED_PATH = "/api/prom/push";
  private static final List<String> OTLP_PATHS =
      List.of(
          "/v1/metrics",
          "/otlp/v1/metrics",
          "/api/v1/otlp/v1/metrics",
          "/prometheus/api/v1/otlp/v1/metrics");
  private static final String GRPC_EXPORT =
      "opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  private static final int VOCABULARIES_KEPT = 4;
  private static final AppendResult NOTHING = new AppendResult(0, 0, 0);

  private final MetricAppender store;
  private final Pipeline pipeline;
  private final Limits limits;
  private final OtlpMetricsConfig otlp;
  private final OtlpRules rules;
  private final HaDedupe dedupe;
  private final IngestMetrics metrics;
  private final MessageBuffers buffers = new MessageBuffers();
  private final BatchBuffers batches = new BatchBuffers();
  private final ArrayBlockingQueue<OtlpVocabulary> vocabularies =
      new ArrayBlockingQueue<>(VOCABULARIES_KEPT);
  private final OtlpJson json = OtlpJson.metrics();
  private final Notices.Told told = new Notices.Told();
  private final Map<TenantId, DeltaState> deltas = new ConcurrentHashMap<>();

  public MetricsIngest(
      MetricAppender store,
      Pipeline pipeline,
      Limits limits,
      OtlpMetricsConfig otlp,
      HaDedupeConfig haDedupe,
      IngestMetrics metrics,
      InstantSource clock) {
    this.store = store;
    this.pipeline = pipeline;
    this.dedupe = new HaDedupe(haDedupe, clock);
    this.limits = limits;
    this.otlp = otlp;
    this.rules = new OtlpRules(limits.base().metrics(), otlp);
    this.metrics = metrics;
  }

  /** Adds the HTTP paths, for the main listener and for that of OTLP. */
  public void register(Routes http) {
    register(http, this::remoteWrite);
  }

  /**
   * As above.
   *
   * @param legacyJson takes JSON at the path that Loki's first API shares with Cortex's remote
   *     write
   */
  public void register(Routes http, HttpHandler legacyJson) {
    ScopedRoutes writes = http.needs(Scope.WRITE_METRICS).writes();
    ScopedRoutes blocks = writes.blocks();
    for (String path : REMOTE_WRITE_PATHS) {
      blocks.post(path, this::remoteWrite);
      blocks.post("/prometheus" + path, this::remoteWrite);
    }
    http.needsOneOf(Scope.WRITE_METRICS, Scope.WRITE_LOGS)
        .writes()
        .blocks()
        .post(SHARED_PATH, request -> shared(request, legacyJson));
    blocks.post("/prometheus" + SHARED_PATH, this::remoteWrite);
    for (String path : OTLP_PATHS) {
      writes.refusing(OtlpAnswers::refusal).post(path, this::otlp);
    }
  }

  /** What the body is, and so which scope it needs, its type says. */
  private HttpAnswer shared(HttpRequest request, HttpHandler legacyJson) throws Exception {
    boolean json = request.contentType().equals("application/json");
    Scope needed = json ? Scope.WRITE_LOGS : Scope.WRITE_METRICS;
    if (!request.caller().may(needed)) {
      throw new HttpStatusException(403, "the credential lacks the scope " + needed.text());
    }
    return json ? legacyJson.handle(request) : remoteWrite(request);
  }

  /** Adds the gRPC method. */
  public void registerGrpc(Routes grpc) {
    grpc.needs(Scope.WRITE_METRICS).writes().unary(GRPC_EXPORT, this::otlp);
  }

  private HttpAnswer remoteWrite(HttpRequest request) {
    boolean second = RemoteWrite.isVersion2(request);
    byte[] body = request.body();
    if (!RemoteWrite.isBlock(request)) {
      return second ? second(request, body) : first(request, body, body.length);
    }
    int length = RemoteWrite.SNAPPY.length(body);
    request.reserve(length);
    if (second) {
      return second(request, RemoteWrite.SNAPPY.decode(body));
    }
    byte[] message = buffers.take(length);
    try {
      RemoteWrite.SNAPPY.decode(body, message);
      return first(request, message, length);
    } finally {
      buffers.give(message);
    }
  }

  private HttpAnswer first(HttpRequest request, byte[] message, int length) {
    if (dedupe.isEnabled()) {
      return first(request, message, length, false);
    }
    try {
      return first(request, message, length, true);
    } catch (MetricBatch.UnfitKeyException e) {
      // Something is odd with its labels: read it again, with care, to refuse that by name.
      return first(request, message, length, false);
    }
  }

  private HttpAnswer first(HttpRequest request, byte[] message, int length, boolean trusting) {
    return write(
        request,
        (parts, rejections) ->
            new RemoteWriteDecoder(of(request.tenant()), rejections, trusting, parts)
                .decode(message, length));
  }

  private HttpAnswer second(HttpRequest request, byte[] message) {
    return write(
        request,
        (parts, rejections) ->
            new RemoteWrite2Decoder(of(request.tenant()), rejections, message, parts)
                .decode(request.memory()));
  }

  private LimitsConfig of(TenantId tenant) {
    return limits.of(tenant).metrics();
  }

  /** Reads a message into parts. */
  private interface Decoding {
    void into(MetricParts parts, Rejections rejections);
  }

  private HttpAnswer write(HttpRequest request, Decoding decoding) {
    limits.request(request.tenant());
    Rejections rejections = new Rejections();
    Stored stored = new Stored(request.tenant(), rejections, false);
    MetricBatch batch = batches.take();
    try (MetricParts parts = new MetricParts(batch, request.memory(), stored::append)) {
      decoding.into(parts, rejections);
      parts.finish();
    }
    batches.give(batch);
    metrics.rejected(Signal.METRICS, request.tenant(), rejections);
    boolean othersOnly = stored.dropped > 0 && stored.result.accepted() == 0;
    return RemoteWrite.answer(stored.result, rejections, othersOnly);
  }

  private HttpAnswer otlp(HttpRequest request) {
    limits.request(request.tenant());
    OtlpAnswers.Encoding encoding = OtlpAnswers.encoding(request.contentType());
    byte[] body = request.body();
    Export export = new Export(request.tenant(), request.memory());
    switch (encoding) {
      case PROTOBUF -> export.part(body);
      case JSON -> json.eachPart(body, request.memory(), export::part);
    }
    return OtlpAnswers.http(encoding, "rejectedDataPoints", export.finish(body));
  }

  private byte[] otlp(TenantId tenant, byte[] message, Booking memory) {
    limits.request(tenant);
    Export export = new Export(tenant, memory);
    export.part(message);
    return OtlpAnswers.protobuf(export.finish(message));
  }

  /** One request of OTLP. */
  private final class Export {
    private final TenantId tenant;
    private final Booking memory;
    private final Rejections rejections = new Rejections();
    private final Notices notices;
    private long points;

    Export(TenantId tenant, Booking memory) {
      this.tenant = tenant;
      this.memory = memory;
      this.notices = new Notices(told, tenant, rejections);
    }

    @SuppressWarnings("ReferenceEquality") // rules have no other identity
    void part(byte[] message) {
      DeltaUse use = new DeltaUse(deltas.computeIfAbsent(tenant, _ -> newState()));
      OtlpVocabulary vocabulary = vocabulary(tenant);
      Stored stored = new Stored(tenant, rejections, true);
      MetricBatch batch = batches.take();
      try (MetricParts parts = new MetricParts(batch, memory, stored::append)) {
        OtlpMetricsDecoder decoder =
            new OtlpMetricsDecoder(
                message, rejections, notices, use::session, vocabulary, parts, memory);
        decoder.decode();
        points += decoder.points();
        parts.finish();
        batches.give(batch);
        use.keep();
      } finally {
        use.close();
        if (vocabulary.rules() == rules && !vocabulary.isFull()) {
          // When there are enough of them already, this one goes.
          boolean _ = vocabularies.offer(vocabulary);
        }
      }
    }

    Rejections finish(byte[] body) {
      OtlpAnswers.hint(body, points, rejections);
      metrics.rejected(Signal.METRICS, tenant, rejections);
      return rejections;
    }
  }

  @SuppressWarnings("ReferenceEquality") // limits have no other identity
  private OtlpVocabulary vocabulary(TenantId tenant) {
    LimitsConfig own = of(tenant);
    if (own != rules.limits()) {
      return new OtlpVocabulary(new OtlpRules(own, otlp));
    }
    OtlpVocabulary kept = vocabularies.poll();
    return kept == null ? new OtlpVocabulary(rules) : kept;
  }

  private DeltaState newState() {
    LimitsConfig all = limits.base().metrics();
    return new DeltaState(all.deltaSeriesMax(), all.histogramBucketsMax());
  }

  /** Takes the tenant's delta state at the first delta only. Confined to one thread. */
  private static final class DeltaUse {
    private final DeltaState state;
    private DeltaState.@Nullable Session session;

    DeltaUse(DeltaState state) {
      this.state = state;
    }

    DeltaState.Session session() {
      if (session == null) {
        session = state.open();
      }
      return session;
    }

    void keep() {
      if (session != null) {
        session.keep();
      }
    }

    void close() {
      if (session != null) {
        session.close();
      }
    }
  }

  /** What has become of a request so far. */
  private final class Stored {
    private final TenantId tenant;
    private final Rejections rejections;
    private AppendResult result = NOTHING;
    private final boolean tellsCollisions;
    private long dropped;

    Stored(TenantId tenant, Rejections rejections, boolean tellsCollisions) {
      this.tenant = tenant;
      this.rejections = rejections;
      this.tellsCollisions = tellsCollisions;
    }

    /** Drops what other replicas than the elected ones sent and stores the rest. */
    void append(MetricBatch batch) {
      long others = dedupe.filter(tenant, batch, rejections);
      if (others > 0) {
        metrics.deduplicated(others);
        dropped += others;
      }
      MetricStages stages = pipeline.of(tenant).metrics();
      if (stages != null) {
        pipeline.droppedSamples(stages.apply(batch));
      }
      if (batch.isEmpty()) {
        return;
      }
      admit((long) batch.samples() + batch.histograms().size());
      AppendResult part = store.append(tenant, batch);
      metrics.ingested(Signal.METRICS, part.accepted());
      refused(Rejections.OUTSIDE_RETENTION, part.outsideRetention());
      refused("series_limit", part.beyondSeriesLimit());
      refused("max_series_per_metric", part.beyondMetricLimit());
      if (tellsCollisions) {
        Collisions.tell(batch, part.overwritten(), rules, rejections);
      }
      result = result.plus(part);
    }

    /** Counts samples against the tenant's rate; what is refused by it shows in the metrics. */
    private void admit(long samples) {
      try {
        limits.samples(tenant, samples);
      } catch (LimitExceededException | TooLargeException e) {
        rejections.add(Rejections.RATE_LIMITED, samples, String.valueOf(e.getMessage()));
        metrics.rejected(Signal.METRICS, tenant, rejections);
        throw e;
      }
    }

    private void refused(String reason, Refused refused) {
      if (refused.items() > 0) {
        rejections.add(reason, refused.items(), refused.message());
      }
    }
  }
}

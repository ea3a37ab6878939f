package io.trilith.ingest.metrics;

import io.trilith.config.HaDedupeConfig;
import io.trilith.config.LimitsConfig;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.MessageBuffers;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpAnswers;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricAppender;
import io.trilith.tsdb.MetricAppender.AppendResult;
import io.trilith.tsdb.MetricBatch;
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
  private static final List<String> REMOTE_WRITE_PATHS =
      List.of("/api/v1/write", "/api/v1/push", "/api/prom/push");
  private static final List<String> OTLP_PATHS =
      List.of(
          "/v1/metrics",
          "/otlp/v1/metrics",
          "/api/v1/otlp/v1/metrics",
          "/prometheus/api/v1/otlp/v1/metrics");
  private static final String GRPC_EXPORT =
      "opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  private static final int VOCABULARIES_KEPT = 4;
  private static final AppendResult NOTHING = new AppendResult(0, 0, 0, 0, "");

  private final MetricAppender store;
  private final LimitsConfig limits;
  private final HaDedupe dedupe;
  private final IngestMetrics metrics;
  private final MessageBuffers buffers = new MessageBuffers();
  private final BatchBuffers batches = new BatchBuffers();
  private final ArrayBlockingQueue<OtlpVocabulary> vocabularies =
      new ArrayBlockingQueue<>(VOCABULARIES_KEPT);
  private final OtlpJson json = OtlpJson.metrics();
  private final Map<TenantId, DeltaState> deltas = new ConcurrentHashMap<>();

  public MetricsIngest(
      MetricAppender store,
      LimitsConfig limits,
      HaDedupeConfig haDedupe,
      IngestMetrics metrics,
      InstantSource clock) {
    this.store = store;
    this.dedupe = new HaDedupe(haDedupe, clock);
    this.limits = limits;
    this.metrics = metrics;
  }

  /** Adds the HTTP paths, for the main listener and for that of OTLP. */
  public void register(Routes http) {
    Routes writes = http.writes();
    Routes blocks = writes.blocks();
    for (String path : REMOTE_WRITE_PATHS) {
      blocks.post(path, this::remoteWrite);
      blocks.post("/prometheus" + path, this::remoteWrite);
    }
    for (String path : OTLP_PATHS) {
      writes.post(path, this::otlp);
    }
  }

  /** Adds the gRPC method. */
  public void registerGrpc(Routes grpc) {
    grpc.writes()
        .unary(GRPC_EXPORT, (tenant, message) -> OtlpAnswers.protobuf(export(tenant, message)));
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
      return careful(request, message, length);
    }
    try {
      Rejections none = new Rejections();
      MetricBatch batch = batches.take();
      RemoteWriteDecoder decoder = new RemoteWriteDecoder(limits, none, true);
      return write(request, decoder.decode(message, length, batch), none);
    } catch (MetricBatch.UnfitKeyException e) {
      // Something is odd with its labels: read it again, with care, to refuse that by name.
      return careful(request, message, length);
    }
  }

  private HttpAnswer careful(HttpRequest request, byte[] message, int length) {
    Rejections rejections = new Rejections();
    MetricBatch batch = batches.take();
    RemoteWriteDecoder decoder = new RemoteWriteDecoder(limits, rejections, false);
    return write(request, decoder.decode(message, length, batch), rejections);
  }

  private HttpAnswer second(HttpRequest request, byte[] message) {
    Rejections rejections = new Rejections();
    MetricBatch batch = batches.take();
    new RemoteWrite2Decoder(limits, rejections, message, batch).decode();
    return write(request, batch, rejections);
  }

  private HttpAnswer write(HttpRequest request, MetricBatch batch, Rejections rejections) {
    long dropped = dedupe(request.tenant(), batch, rejections);
    AppendResult result = append(request.tenant(), batch, rejections);
    batches.give(batch);
    return RemoteWrite.answer(result, rejections, dropped > 0 && result.accepted() == 0);
  }

  private HttpAnswer otlp(HttpRequest request) {
    OtlpAnswers.Encoding encoding = OtlpAnswers.encoding(request.contentType());
    byte[] message = request.body();
    if (encoding == OtlpAnswers.Encoding.JSON) {
      message = json.toProtobuf(message);
    }
    return OtlpAnswers.http(encoding, "rejectedDataPoints", export(request.tenant(), message));
  }

  private Rejections export(TenantId tenant, byte[] message) {
    Rejections rejections = new Rejections();
    DeltaUse use = new DeltaUse(deltas.computeIfAbsent(tenant, _ -> newState()));
    OtlpVocabulary vocabulary = vocabulary();
    try {
      MetricBatch batch = batches.take();
      new OtlpMetricsDecoder(message, limits, rejections, use::session, vocabulary, batch).decode();
      dedupe(tenant, batch, rejections);
      append(tenant, batch, rejections);
      batches.give(batch);
      use.keep();
    } finally {
      use.close();
      if (!vocabulary.isFull()) {
        // When there are enough of them already, this one goes.
        boolean _ = vocabularies.offer(vocabulary);
      }
    }
    return rejections;
  }

  private OtlpVocabulary vocabulary() {
    OtlpVocabulary kept = vocabularies.poll();
    return kept == null ? new OtlpVocabulary(limits) : kept;
  }

  private DeltaState newState() {
    return new DeltaState(limits.deltaSeriesMax());
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

  /** Drops what other replicas than the elected ones sent; how much of it there was. */
  private long dedupe(TenantId tenant, MetricBatch batch, Rejections rejections) {
    long dropped = dedupe.filter(tenant, batch, rejections);
    if (dropped > 0) {
      metrics.deduplicated(dropped);
    }
    return dropped;
  }

  private AppendResult append(TenantId tenant, MetricBatch batch, Rejections rejections) {
    AppendResult result = NOTHING;
    if (!batch.isEmpty()) {
      result = store.append(tenant, batch);
      metrics.ingested(Signal.METRICS, result.accepted());
      if (result.rejected() > 0) {
        rejections.add("refused_by_store", result.rejected(), result.reason());
      }
    }
    metrics.rejected(Signal.METRICS, rejections);
    return result;
  }
}

package io.trilith.ingest.traces;

import io.trilith.config.Scope;
import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.IngestMetrics;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.limit.Limits;
import io.trilith.ingest.otlp.OtlpAnswers;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.ingest.pipeline.Pipeline;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.store.TraceAppender;
import java.util.List;

/**
 * The receivers of traces: OTLP over HTTP and gRPC. A span that breaks a rule is refused by name,
 * the rest of its request is stored and counted. Thread-safe.
 */
public final class TracesIngest {
  private static final List<String> PATHS = List.of("/v1/traces", "/otlp/v1/traces");
  private static final String GRPC_EXPORT =
      "opentelemetry.proto.collector.trace.v1.TraceService/Export";

  private final TraceAppender store;
  private final Pipeline pipeline;
  private final Limits limits;
  private final TraceSizes sizes = new TraceSizes();
  private final IngestMetrics metrics;
  private final OtlpJson json = OtlpJson.traces();

  public TracesIngest(
      TraceAppender store, Pipeline pipeline, Limits limits, IngestMetrics metrics) {
    this.store = store;
    this.pipeline = pipeline;
    this.limits = limits;
    this.metrics = metrics;
  }

  /** Adds the HTTP paths, for the main listener and for that of OTLP. */
  public void register(Routes http) {
    ScopedRoutes writes = http.needs(Scope.WRITE_TRACES).writes().refusing(OtlpAnswers::refusal);
    for (String path : PATHS) {
      writes.post(path, this::otlp);
    }
  }

  /** Adds the gRPC method. */
  public void registerGrpc(Routes grpc) {
    grpc.needs(Scope.WRITE_TRACES).writes().unary(GRPC_EXPORT, this::otlp);
  }

  private HttpAnswer otlp(HttpRequest request) {
    OtlpAnswers.Encoding encoding = OtlpAnswers.encoding(request.contentType());
    byte[] body = request.body();
    Export export = new Export(request.tenant(), request.memory());
    switch (encoding) {
      case PROTOBUF -> export.decode(body);
      case JSON -> json.eachPart(body, request.memory(), export::decode);
    }
    return OtlpAnswers.http(encoding, "rejectedSpans", export.finish(body));
  }

  private byte[] otlp(TenantId tenant, byte[] message, Booking memory) {
    Export export = new Export(tenant, memory);
    export.decode(message);
    return OtlpAnswers.protobuf(export.finish(message));
  }

  private void admit(TenantId tenant, int bytes) {
    try {
      limits.traceBytes(tenant, bytes);
    } catch (LimitExceededException | TooLargeException e) {
      Rejections rejections = new Rejections();
      rejections.add(Rejections.RATE_LIMITED, 1, String.valueOf(e.getMessage()));
      metrics.rejected(Signal.TRACES, tenant, rejections);
      throw e;
    }
  }

  /** One request, stored part by part when it is large. */
  private final class Export {
    private final TenantId tenant;
    private final Rejections rejections = new Rejections();
    private final OtlpTracesDecoder decoder;
    private final long bytesMax;
    private boolean any;

    Export(TenantId tenant, Booking memory) {
      this.tenant = tenant;
      TraceLimitsConfig own = limits.of(tenant).traces();
      this.bytesMax = own.maxBytesPerTrace().bytes();
      this.decoder = new OtlpTracesDecoder(own, rejections, memory, this::append);
    }

    void decode(byte[] message) {
      admit(tenant, message.length);
      decoder.decode(message);
    }

    private void append(SpanBatch all) {
      any = true;
      SpanBatch batch =
          bytesMax == 0 ? all : sizes.within(tenant, all, decoder.sent(), bytesMax, rejections);
      if (batch.isEmpty()) {
        return;
      }
      TraceAppender.AppendResult result = store.append(tenant, pipeline.of(tenant).spans(batch));
      metrics.ingested(Signal.TRACES, result.accepted());
      if (result.rejected() > 0) {
        rejections.add(Rejections.OUTSIDE_RETENTION, result.rejected(), result.reason());
      }
    }

    Rejections finish(byte[] body) {
      decoder.finish();
      OtlpAnswers.hint(body, any ? 1 : 0, rejections);
      metrics.rejected(Signal.TRACES, tenant, rejections);
      if (!any && rejections.total() > 0) {
        // Nothing of the request is a span: that is a client to be told so, not a partial success.
        throw new InvalidRequestException(rejections.message());
      }
      return rejections;
    }
  }
}

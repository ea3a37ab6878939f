package io.trilith.ingest.traces;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.BatchCodec;
import io.trilith.tracestore.head.TraceHead;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A span's way from the wire into a block, step by step, beside the generated classes, which only
 * parse. Nanoseconds per span; in this package because the walker is its own affair.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class TraceWalkBenchmark {
  private static final int SPANS = 2000;
  private static final int SPANS_PER_TRACE = 20;
  private static final long NANOS = 1_700_000_000_000_000_000L;

  private final TraceLimitsConfig limits = TraceLimitsConfig.defaults();
  private final byte[] message = message();
  private final SpanBatch batch = decoded();
  private final TraceHead head = new TraceHead();

  /** Fills the head whose rows are written. */
  public TraceWalkBenchmark() {
    long _ = head.add(batch);
  }

  private static byte[] message() {
    SplittableRandom random = new SplittableRandom(1);
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    for (int service = 0; service < 4; service++) {
      ScopeSpans.Builder scope = ScopeSpans.newBuilder();
      for (int i = 0; i < SPANS / 4; i++) {
        scope.addSpans(span(random, (service * SPANS / 4 + i) / SPANS_PER_TRACE));
      }
      request.addResourceSpans(
          ResourceSpans.newBuilder()
              .setResource(
                  Resource.newBuilder()
                      .addAttributes(text("service.name", "service-" + service))
                      .addAttributes(text("k8s.pod.name", "pod-" + service)))
              .addScopeSpans(scope));
    }
    return request.build().toByteArray();
  }

  private static Span span(SplittableRandom random, int trace) {
    ByteBuffer traceId = ByteBuffer.allocate(16).putLong(0x1234567L * trace + 1).putLong(trace);
    ByteBuffer spanId = ByteBuffer.allocate(8).putLong(random.nextLong() | 1);
    long start = NANOS + random.nextInt(1_000_000_000);
    return Span.newBuilder()
        .setTraceId(ByteString.copyFrom(traceId.flip()))
        .setSpanId(ByteString.copyFrom(spanId.flip()))
        .setName("GET /api/" + random.nextInt(30))
        .setKindValue(1 + random.nextInt(5))
        .setStartTimeUnixNano(start)
        .setEndTimeUnixNano(start + random.nextInt(50_000_000))
        .addAttributes(text("http.request.method", "GET"))
        .addAttributes(text("url.full", "https://shop.example/api/" + random.nextInt(10_000)))
        .addAttributes(number("http.response.status_code", 200 + random.nextInt(4) * 100))
        .addAttributes(text("customer.id", Long.toHexString(random.nextLong())))
        .addAttributes(number("thread.id", random.nextInt(64)))
        .setStatus(Status.newBuilder().setCodeValue(random.nextInt(10) == 0 ? 2 : 0))
        .build();
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static KeyValue number(String key, long value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setIntValue(value))
        .build();
  }

  /** The generated classes: parse only. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public ExportTraceServiceRequest generatedClasses() throws InvalidProtocolBufferException {
    return ExportTraceServiceRequest.parseFrom(message);
  }

  /** The wire into columns: shapes, texts and limits included. */
  private SpanBatch decoded() {
    List<SpanBatch> batches = new ArrayList<>();
    OtlpTracesDecoder decoder =
        new OtlpTracesDecoder(limits, new Rejections(), Booking.unlimited(), batches::add);
    decoder.decode(message);
    decoder.finish();
    return batches.getFirst();
  }

  @Benchmark
  @OperationsPerInvocation(SPANS)
  public SpanBatch walk() {
    return decoded();
  }

  /** Columns into a record of the log. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public ByteBuffer logRecord() {
    return BatchCodec.encode(batch);
  }

  /** Columns into a fresh head. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long head() {
    return new TraceHead().add(batch);
  }

  /** A head into a block. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long block() {
    try (ObjectOutput out = new MemoryObjectStore().create("block")) {
      long bytes = TraceBlockWriter.write(out, head.sorted()).bytes();
      out.commit();
      return bytes;
    }
  }
}

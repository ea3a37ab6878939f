package io.trilith.ingest.metrics;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the wire to a batch: OTLP beside the generated classes, which only parse, and remote write 1
 * and 2. The counter {@code samples} is samples per second; in this package because the walkers are
 * its own affair.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx256m", "-XX:+UseSerialGC"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricWalkBenchmark {
  private static final int SERIES = 2000;
  private static final long NANOS = 1_700_000_000_000_000_000L;

  /** How many samples were read. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Read {
    public long samples;
  }

  /** The requests, and what is used from one to the next. */
  @State(Scope.Thread)
  public static class Requests {
    final LimitsConfig limits = LimitsConfig.defaults();
    final OtlpVocabulary vocabulary =
        new OtlpVocabulary(new OtlpRules(limits, OtlpMetricsConfig.defaults()));
    final MetricBatch batch = new MetricBatch();
    final byte[] numbers = otlp(false);
    final byte[] histograms = otlp(true);
    final byte[] first = first();
    final byte[] second = second();

    void walk(byte[] message, Read read) {
      new OtlpMetricsDecoder(
              message,
              new Rejections(),
              new Notices(new Notices.Told(), TenantId.ANONYMOUS, new Rejections()),
              () -> {
                throw new IllegalStateException("no deltas here");
              },
              vocabulary,
              MetricParts.whole(batch),
              Booking.unlimited())
          .decode();
      read.samples += batch.samples();
    }
  }

  /** Numbers, four attributes each. */
  @Benchmark
  public MetricBatch otlpNumbers(Requests requests, Read read) {
    requests.walk(requests.numbers, read);
    return requests.batch;
  }

  /** Histograms of twelve bounds: fifteen samples a point. */
  @Benchmark
  public MetricBatch otlpHistograms(Requests requests, Read read) {
    requests.walk(requests.histograms, read);
    return requests.batch;
  }

  /** The baseline: parsing numbers, and nothing else. */
  @Benchmark
  public Object generatedNumbers(Requests requests, Read read)
      throws InvalidProtocolBufferException {
    read.samples += SERIES;
    return ExportMetricsServiceRequest.parseFrom(requests.numbers);
  }

  /** Labels are left to the store. */
  @Benchmark
  public MetricBatch remoteWrite1(Requests requests, Read read) {
    new RemoteWriteDecoder(
            requests.limits, new Rejections(), true, MetricParts.whole(requests.batch))
        .decode(requests.first, requests.first.length);
    read.samples += SERIES;
    return requests.batch;
  }

  /** Labels are checked. */
  @Benchmark
  public MetricBatch remoteWrite1Careful(Requests requests, Read read) {
    new RemoteWriteDecoder(
            requests.limits, new Rejections(), false, MetricParts.whole(requests.batch))
        .decode(requests.first, requests.first.length);
    read.samples += SERIES;
    return requests.batch;
  }

  @Benchmark
  public MetricBatch remoteWrite2(Requests requests, Read read) {
    new RemoteWrite2Decoder(
            requests.limits, new Rejections(), requests.second, MetricParts.whole(requests.batch))
        .decode(Booking.unlimited());
    read.samples += SERIES;
    return requests.batch;
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static List<KeyValue> attributes(int i) {
    return List.of(
        attribute("http.route", "/api/v1/things/" + i % 7),
        attribute("http.request.method", i % 3 == 0 ? "GET" : "POST"),
        attribute("shard", "s-" + i),
        KeyValue.newBuilder()
            .setKey("http.response.status_code")
            .setValue(AnyValue.newBuilder().setIntValue(200 + i % 5))
            .build());
  }

  private static byte[] otlp(boolean histograms) {
    ScopeMetrics.Builder scope = ScopeMetrics.newBuilder();
    for (int m = 0; m < SERIES / 50; m++) {
      Metric.Builder metric = Metric.newBuilder().setName("http.server.thing." + m).setUnit("s");
      if (histograms) {
        metric.setHistogram(
            Histogram.newBuilder()
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                .addDataPoints(histogram(m)));
      } else {
        Sum.Builder sum =
            Sum.newBuilder()
                .setIsMonotonic(true)
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        for (int i = 0; i < 50; i++) {
          sum.addDataPoints(
              NumberDataPoint.newBuilder()
                  .setStartTimeUnixNano(NANOS)
                  .setTimeUnixNano(NANOS)
                  .setAsInt(i * 1000L)
                  .addAllAttributes(attributes(i)));
        }
        metric.setSum(sum);
      }
      scope.addMetrics(metric);
    }
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(
                    Resource.newBuilder()
                        .addAttributes(attribute("service.name", "checkout"))
                        .addAttributes(attribute("service.instance.id", "pod-7f9c"))
                        .addAttributes(attribute("host.name", "node-1")))
                .addScopeMetrics(scope))
        .build()
        .toByteArray();
  }

  private static HistogramDataPoint histogram(int m) {
    HistogramDataPoint.Builder point =
        HistogramDataPoint.newBuilder()
            .setTimeUnixNano(NANOS)
            .setCount(120)
            .setSum(5.5)
            .addAllAttributes(attributes(m))
            .addBucketCounts(0);
    for (int i = 0; i < 12; i++) {
      point.addExplicitBounds(0.005 * (1 << i)).addBucketCounts(10);
    }
    return point.build();
  }

  private static List<String> labels(int i) {
    return List.of(
        "__name__", "http_server_request_duration_seconds_bucket",
        "cluster", "prod-eu-west-1",
        "container", "app",
        "handler", "/api/v1/things/" + i % 50,
        "instance", "10.0." + i / 256 + "." + i % 256 + ":9100",
        "job", "kubernetes-pods",
        "le", Double.toString(i % 12 * 0.25),
        "method", "GET",
        "namespace", "shop",
        "pod", "checkout-7f9c6d5b4-" + i / 12);
  }

  private static void sample(ProtoWriter out) {
    int sample = out.begin(2);
    out.fixed64(1, Double.doubleToRawLongBits(1.5)).varint(2, NANOS / 1_000_000);
    out.end(sample);
  }

  private static byte[] first() {
    ProtoWriter out = new ProtoWriter();
    for (int i = 0; i < SERIES; i++) {
      int series = out.begin(1);
      List<String> labels = labels(i);
      for (int l = 0; l < labels.size(); l += 2) {
        int label = out.begin(1);
        out.string(1, labels.get(l)).string(2, labels.get(l + 1));
        out.end(label);
      }
      sample(out);
      out.end(series);
    }
    return out.toBytes();
  }

  private static byte[] second() {
    Map<String, Integer> symbols = new LinkedHashMap<>(Map.of("", 0));
    List<List<String>> all = new ArrayList<>();
    for (int i = 0; i < SERIES; i++) {
      all.add(labels(i));
      all.getLast().forEach(text -> symbols.putIfAbsent(text, symbols.size()));
    }
    ProtoWriter out = new ProtoWriter();
    symbols.keySet().forEach(text -> out.string(4, text));
    for (List<String> labels : all) {
      int series = out.begin(5);
      ProtoWriter references = new ProtoWriter();
      labels.forEach(text -> references.rawVarint(symbols.getOrDefault(text, 0)));
      out.bytes(1, references.toBytes());
      sample(out);
      out.end(series);
    }
    return out.toBytes();
  }
}

package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OtlpMetricsTest {
  private static final long MILLI = 1_000_000L;
  private final Rejections rejections = new Rejections();
  private final DeltaState deltas = new DeltaState(1000, 1024);
  private final Notices.Told told = new Notices.Told();
  private OtlpVocabulary vocabulary =
      new OtlpVocabulary(new OtlpRules(LimitsConfig.defaults(), OtlpMetricsConfig.defaults()));

  private MetricBatch decode(byte[] message) {
    try (DeltaState.Session session = deltas.open()) {
      MetricBatch batch =
          new OtlpMetricsDecoder(
                  message,
                  rejections,
                  new Notices(told, TenantId.ANONYMOUS, rejections),
                  () -> session,
                  vocabulary,
                  MetricParts.whole(new MetricBatch()),
                  Booking.unlimited())
              .decode();
      session.keep();
      return batch;
    }
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static byte[] request(Metric... metrics) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(
                    Resource.newBuilder()
                        .addAttributes(attribute("service.name", "api"))
                        .addAttributes(attribute("service.namespace", "shop"))
                        .addAttributes(attribute("service.instance.id", "i1"))
                        .addAttributes(attribute("host.name", "h")))
                .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(Arrays.asList(metrics))))
        .build()
        .toByteArray();
  }

  private static NumberDataPoint.Builder point(long millis, double value) {
    return NumberDataPoint.newBuilder()
        .setStartTimeUnixNano(5 * MILLI)
        .setTimeUnixNano(millis * MILLI)
        .setAsDouble(value)
        .addAttributes(attribute("http.route", "/a"));
  }

  private static Metric sum(AggregationTemporality temporality, NumberDataPoint.Builder point) {
    return Metric.newBuilder()
        .setName("requests")
        .setDescription("counts")
        .setSum(
            Sum.newBuilder()
                .setAggregationTemporality(temporality)
                .setIsMonotonic(true)
                .addDataPoints(point))
        .build();
  }

  @Test
  void translatesCumulativeSums() {
    MetricBatch batch =
        decode(
            request(
                sum(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE, point(1000, 42))));
    assertThat(Recorder.samples(batch))
        .containsEntry(
            Labels.of(
                    "__name__",
                    "requests_total",
                    "http_route",
                    "/a",
                    "instance",
                    "i1",
                    "job",
                    "shop/api")
                .toString(),
            "42.0@1000")
        .containsEntry(
            Labels.of(
                    "__name__",
                    "target_info",
                    "host_name",
                    "h",
                    "instance",
                    "i1",
                    "job",
                    "shop/api")
                .toString(),
            "1.0@1000")
        .hasSize(2);
    assertThat(batch.sampleStart(0)).isEqualTo(5);
    assertThat(batch.metadata())
        .containsEntry(
            "requests_total", new MetricMetadata(MetricMetadata.Type.COUNTER, "", "counts"));
  }

  @Test
  void addsUpDeltas() {
    AggregationTemporality delta = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
    assertThat(decode(request(sum(delta, point(1000, 2)))).sampleValue(0)).isEqualTo(2);
    MetricBatch second = decode(request(sum(delta, point(2000, 3))));
    assertThat(second.sampleValue(0)).isEqualTo(5);
    assertThat(second.sampleStart(0)).isEqualTo(5);
    assertThat(decode(request(sum(delta, point(2000, 3)))).samples()).isZero();
    assertThat(rejections.message()).contains("'requests_total'");
  }

  @Test
  void forgetsDeltasThatWereNotStored() {
    byte[] key = "a key".getBytes(StandardCharsets.UTF_8);
    try (DeltaState.Session session = deltas.open()) {
      assertThat(session.add(key, 0, key.length, 1, 10, 5)).isTrue();
    }
    try (DeltaState.Session session = deltas.open()) {
      assertThat(session.add(key, 0, key.length, 1, 10, 5)).isTrue();
      assertThat(session.value()).isEqualTo(5);
    }
  }

  @Test
  void turnsTheNoValueFlagIntoAStaleMarker() {
    Metric gauge =
        Metric.newBuilder()
            .setName("g")
            .setGauge(Gauge.newBuilder().addDataPoints(point(1, 0).setFlags(1)))
            .build();
    assertThat(StaleMarker.is(decode(request(gauge)).sampleValue(0))).isTrue();
  }

  private static Metric histogram() {
    return Metric.newBuilder()
        .setName("latency")
        .setUnit("s")
        .setHistogram(
            Histogram.newBuilder()
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                .addDataPoints(
                    HistogramDataPoint.newBuilder()
                        .setTimeUnixNano(1000 * MILLI)
                        .setCount(6)
                        .setSum(9.5)
                        .addAllExplicitBounds(java.util.List.of(0.005, 1.0, 10.0))
                        .addAllBucketCounts(java.util.List.of(1L, 2L, 0L, 3L))
                        .addExemplars(
                            Exemplar.newBuilder()
                                .setTimeUnixNano(7 * MILLI)
                                .setAsDouble(0.5)
                                .setTraceId(ByteString.fromHex("0af7651916cd43dd8448eb211c80319c"))
                                .setSpanId(ByteString.fromHex("b7ad6b7169203331")))))
        .build();
  }

  @Test
  void translatesExplicitHistograms() {
    MetricBatch batch = decode(request(histogram()));
    assertThat(Recorder.samples(batch).toString())
        .contains("latency_seconds_bucket\", instance=\"i1\", job=\"shop/api\", le=\"0.005\"}=1.0@")
        .contains("le=\"1\"}=3.0@")
        .contains("le=\"10\"}=3.0@")
        .contains("le=\"+Inf\"}=6.0@")
        .contains("latency_seconds_count\", instance=\"i1\", job=\"shop/api\"}=6.0@")
        .contains("latency_seconds_sum\", instance=\"i1\", job=\"shop/api\"}=9.5@");
    assertThat(batch.exemplars()).hasSize(1);
    MetricBatch.ExemplarOf exemplar = batch.exemplars().getFirst();
    assertThat(batch.series().get(exemplar.series()).get("le")).isEqualTo("1");
    assertThat(exemplar.exemplar().labels())
        .isEqualTo(
            Labels.of(
                "trace_id", "0af7651916cd43dd8448eb211c80319c", "span_id", "b7ad6b7169203331"));
  }

  private static Metric exponential(int scale, int offset, Long... counts) {
    long total = Arrays.stream(counts).mapToLong(Long::longValue).sum();
    return Metric.newBuilder()
        .setName("e")
        .setExponentialHistogram(
            ExponentialHistogram.newBuilder()
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                .addDataPoints(
                    ExponentialHistogramDataPoint.newBuilder()
                        .setTimeUnixNano(MILLI)
                        .setScale(scale)
                        .setCount(total + 2)
                        .setZeroCount(2)
                        .setSum(1)
                        .setPositive(
                            ExponentialHistogramDataPoint.Buckets.newBuilder()
                                .setOffset(offset)
                                .addAllBucketCounts(Arrays.asList(counts)))))
        .build();
  }

  @Test
  void translatesExponentialHistograms() {
    NativeHistogram plain =
        decode(request(exponential(3, -2, 1L, 0L, 4L, 0L, 0L, 0L, 5L)))
            .histograms()
            .getFirst()
            .histogram();
    assertThat(plain.schema()).isEqualTo(3);
    assertThat(plain.positiveOffsets()).containsExactly(-1, 3);
    assertThat(plain.positiveLengths()).containsExactly(3, 1);
    assertThat(plain.positiveCounts()).containsExactly(1, 0, 4, 5);
    NativeHistogram merged =
        decode(request(exponential(10, 5, 1L, 2L, 4L, 8L))).histograms().getFirst().histogram();
    assertThat(merged.schema()).isEqualTo(8);
    assertThat(merged.positiveOffsets()).containsExactly(2);
    assertThat(merged.positiveCounts()).containsExactly(7, 8);
    assertThat(decode(request(exponential(-5, 0, 1L))).histograms()).isEmpty();
    assertThat(rejections.message()).contains("'e'").contains("-5");
  }

  @Test
  void translatesSummaries() {
    Metric summary =
        Metric.newBuilder()
            .setName("s")
            .setSummary(
                Summary.newBuilder()
                    .addDataPoints(
                        SummaryDataPoint.newBuilder()
                            .setTimeUnixNano(MILLI)
                            .setCount(3)
                            .setSum(6)
                            .addQuantileValues(
                                SummaryDataPoint.ValueAtQuantile.newBuilder()
                                    .setQuantile(0.99)
                                    .setValue(4))))
            .build();
    assertThat(Recorder.samples(decode(request(summary))).toString())
        .contains("\"s\", instance=\"i1\", job=\"shop/api\", quantile=\"0.99\"}=4.0@1")
        .contains("s_count")
        .contains("s_sum");
  }

  @Test
  void readsJsonAsItReadsProtobuf() {
    String json =
        """
        {"unknown":[{"x":[1,2]}],"resourceMetrics":[{"resource":{"attributes":[
          {"key":"service.name","value":{"stringValue":"api"}},
          {"key":"service.namespace","value":{"stringValue":"shop"}},
          {"key":"service.instance.id","value":{"stringValue":"i1"}},
          {"key":"host.name","value":{"stringValue":"h"}}]},
         "scopeMetrics":[{"scope":null,"metrics":[{"name":"latency","unit":"s","histogram":{
          "aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1000000000","count":"6",
          "sum":9.5,"explicitBounds":[0.005,1,"10"],"bucketCounts":["1",2,0,"3"],
          "exemplars":[{"timeUnixNano":7000000,"asDouble":0.5,
            "traceId":"0AF7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}}]}]}]}
        """;
    byte[] protobuf = OtlpJson.metrics().toProtobuf(json.getBytes(StandardCharsets.UTF_8));
    MetricBatch fromJson = decode(protobuf);
    MetricBatch expected = decode(request(histogram()));
    assertThat(Recorder.samples(fromJson)).isEqualTo(Recorder.samples(expected));
    assertThat(fromJson.exemplars()).isEqualTo(expected.exemplars());
    assertThat(fromJson.metadata()).isEqualTo(expected.metadata());
  }

  @Test
  void refusesMalformedJson() {
    for (String json :
        new String[] {
          "[".repeat(100_000),
          "{\"x\":" + "[".repeat(100_000),
          "{\"resourceMetrics\":" + "[".repeat(100_000),
          "{\"resourceMetrics\":[[]]}",
          "{\"resourceMetrics\":5}",
          "{} x",
          "null",
          "",
          "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":5}]}]}]}",
          "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":"
              + "[{\"timeUnixNano\":1e400}]}}]}]}]}",
        }) {
      assertThatThrownBy(() -> OtlpJson.metrics().toProtobuf(json.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageStartingWith("malformed");
    }
  }

  @Test
  void answersMalformedRequestsWithNothingButARefusal() {
    SplittableRandom random = Seeds.random("OtlpMetricsTest");
    byte[] whole = request(histogram(), exponential(10, 5, 1L, 2L, 4L), exponential(0, 1, 3L));
    for (int i = 0; i < Seeds.iterations(5000); i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      byte[] cut =
          random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      try {
        assertThat(decode(cut)).isNotNull();
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}

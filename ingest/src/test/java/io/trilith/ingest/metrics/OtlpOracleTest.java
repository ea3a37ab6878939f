package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
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
import io.trilith.config.Count;
import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.KeyScanner;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.NativeHistogram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Random requests, read by the walker and by the naive translation by way of strings and maps. */
class OtlpOracleTest {
  private static final List<String> KEYS =
      List.of(
          "http.route",
          "http_route",
          "a",
          "b",
          "Zone",
          "le",
          "quantile",
          "job",
          "instance",
          "__name__",
          "0digit",
          "ünïcode.key",
          "",
          "service.name",
          "host.name",
          "code",
          "method",
          "long.key.long.key",
          "_",
          "__a",
          "zz.top",
          "k8s.pod.uid");
  private static final List<String> VALUES =
      List.of("", "x", "GET", "/api/v1/{id}", "ünï", "a;b", "v".repeat(60), "v".repeat(61), "😀");
  private static final List<String> NAMES =
      List.of(
          "requests", "http.server.duration", "", "0", "x_total", "ratio.x", "ü", "n".repeat(58));
  private static final List<String> UNITS = List.of("", "s", "1", "By/s", "{req}", "ms", "%");

  /** Small limits, so that they bite. */
  private static final LimitsConfig LIMITS =
      new LimitsConfig(
          12,
          60,
          9,
          20,
          10,
          1000,
          3,
          new Count(0),
          0,
          0,
          Duration.ofMinutes(20),
          "",
          Duration.ofSeconds(10));

  private static final OtlpRules RULES = new OtlpRules(LIMITS, OtlpMetricsConfig.defaults());

  private final Notices.Told told = new Notices.Told();
  private final SplittableRandom random = Seeds.random("OtlpOracleTest");
  private final DeltaState deltas =
      new DeltaState(LIMITS.deltaSeriesMax(), LIMITS.histogramBucketsMax());
  private final NaiveDeltaState naiveDeltas = new NaiveDeltaState(LIMITS.deltaSeriesMax());
  private OtlpVocabulary vocabulary = new OtlpVocabulary(RULES);

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private boolean seldom() {
    return random.nextInt(12) == 0;
  }

  private AnyValue value(int depth) {
    AnyValue.Builder value = AnyValue.newBuilder();
    switch (random.nextInt(seldom() ? 9 : 5)) {
      case 0, 1 -> value.setStringValue(any(VALUES));
      case 2 -> value.setIntValue(random.nextBoolean() ? random.nextLong() : random.nextInt(200));
      case 3 -> value.setBoolValue(random.nextBoolean());
      case 4 -> value.setDoubleValue(number());
      case 5 -> value.setBytesValue(ByteString.copyFromUtf8(any(VALUES)));
      case 6 -> {
        ArrayValue.Builder array = ArrayValue.newBuilder();
        if (depth < 3) {
          array.addValues(value(depth + 1));
        }
        value.setArrayValue(array);
      }
      case 7 ->
          value.setKvlistValue(
              KeyValueList.newBuilder()
                  .addValues(
                      KeyValue.newBuilder()
                          .setKey("k")
                          .setValue(AnyValue.newBuilder().setIntValue(3))));
      default -> {}
    }
    return value.build();
  }

  private double number() {
    return switch (random.nextInt(6)) {
      case 0 -> Double.NaN;
      case 1 -> Double.POSITIVE_INFINITY;
      case 2 -> random.nextInt(1000);
      case 3 -> Double.longBitsToDouble(random.nextLong());
      default -> random.nextDouble();
    };
  }

  private List<KeyValue> attributes() {
    List<KeyValue> attributes = new ArrayList<>();
    if (random.nextInt(3) > 0) {
      for (String key : List.of("http.route", "method", "code")) {
        attributes.add(
            KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(any(VALUES)))
                .build());
      }
    }
    int more = seldom() ? random.nextInt(9) : random.nextInt(3);
    for (int i = 0; i < more; i++) {
      KeyValue.Builder attribute = KeyValue.newBuilder().setKey(any(KEYS));
      if (!seldom()) {
        attribute.setValue(value(1));
      }
      attributes.add(attribute.build());
    }
    return attributes;
  }

  private long time() {
    return random.nextInt(1, 5000) * 1_000_000L;
  }

  private List<Exemplar> exemplars() {
    List<Exemplar> exemplars = new ArrayList<>();
    for (int i = seldom() ? 2 : 0; i > 0; i--) {
      exemplars.add(
          Exemplar.newBuilder()
              .setTimeUnixNano(time())
              .setAsDouble(random.nextInt(12))
              .setTraceId(ByteString.fromHex("0af7651916cd43dd8448eb211c80319c"))
              .addAllFilteredAttributes(attributes())
              .build());
    }
    return exemplars;
  }

  private AggregationTemporality temporality() {
    return random.nextInt(4) == 0
        ? AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        : AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
  }

  private int flags() {
    return seldom() ? 1 : 0;
  }

  private List<NumberDataPoint> numbers() {
    List<NumberDataPoint> points = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      NumberDataPoint.Builder point =
          NumberDataPoint.newBuilder()
              .addAllAttributes(attributes())
              .setStartTimeUnixNano(seldom() ? 0 : time())
              .setTimeUnixNano(time())
              .addAllExemplars(exemplars())
              .setFlags(flags());
      points.add(
          (random.nextBoolean() ? point.setAsDouble(number()) : point.setAsInt(random.nextInt()))
              .build());
    }
    return points;
  }

  private HistogramDataPoint histogram() {
    HistogramDataPoint.Builder point =
        HistogramDataPoint.newBuilder()
            .addAllAttributes(attributes())
            .setStartTimeUnixNano(time())
            .setTimeUnixNano(time())
            .addAllExemplars(exemplars())
            .setFlags(flags())
            .setCount(random.nextInt(100));
    if (random.nextBoolean()) {
      point.setSum(number());
    }
    TreeSet<Double> bounds = new TreeSet<>();
    for (int i = random.nextInt(seldom() ? 25 : 6); i > 0; i--) {
      bounds.add(seldom() ? number() : random.nextInt(40) / 4.0);
    }
    point.addAllExplicitBounds(bounds);
    for (int i = seldom() ? 1 : 0; i <= bounds.size(); i++) {
      point.addBucketCounts(random.nextInt(10));
    }
    return point.build();
  }

  private ExponentialHistogramDataPoint exponential() {
    ExponentialHistogramDataPoint.Builder point =
        ExponentialHistogramDataPoint.newBuilder()
            .addAllAttributes(attributes())
            .setStartTimeUnixNano(time())
            .setTimeUnixNano(time())
            .addAllExemplars(exemplars())
            .setFlags(flags())
            .setScale(random.nextInt(-6, 13))
            .setSum(number())
            .setZeroThreshold(random.nextInt(2));
    long count = random.nextInt(4);
    point.setZeroCount(count);
    ExponentialHistogramDataPoint.Buckets.Builder[] sides = {
      ExponentialHistogramDataPoint.Buckets.newBuilder(),
      ExponentialHistogramDataPoint.Buckets.newBuilder()
    };
    for (ExponentialHistogramDataPoint.Buckets.Builder side : sides) {
      side.setOffset(random.nextInt(-20, 20));
      for (int i = random.nextInt(8); i > 0; i--) {
        long one = random.nextInt(3);
        side.addBucketCounts(one);
        count += one;
      }
    }
    return point
        .setPositive(sides[0])
        .setNegative(sides[1])
        .setCount(seldom() ? count + 1 : count)
        .build();
  }

  private SummaryDataPoint summary() {
    SummaryDataPoint.Builder point =
        SummaryDataPoint.newBuilder()
            .addAllAttributes(attributes())
            .setTimeUnixNano(time())
            .setFlags(flags())
            .setCount(random.nextInt(100))
            .setSum(number());
    for (int i = random.nextInt(4); i > 0; i--) {
      point.addQuantileValues(
          SummaryDataPoint.ValueAtQuantile.newBuilder()
              .setQuantile(seldom() ? number() : random.nextInt(11) / 10.0)
              .setValue(number()));
    }
    return point.build();
  }

  private Metric metric() {
    Metric.Builder metric =
        Metric.newBuilder()
            .setName(any(NAMES))
            .setUnit(any(UNITS))
            .setDescription(any(List.of("", "help", "a help text too long for the limit")));
    switch (random.nextInt(5)) {
      case 0 -> metric.setGauge(Gauge.newBuilder().addAllDataPoints(numbers()));
      case 1 ->
          metric.setSum(
              Sum.newBuilder()
                  .addAllDataPoints(numbers())
                  .setIsMonotonic(random.nextBoolean())
                  .setAggregationTemporality(temporality()));
      case 2 ->
          metric.setHistogram(
              Histogram.newBuilder()
                  .addDataPoints(histogram())
                  .addDataPoints(histogram())
                  .setAggregationTemporality(temporality()));
      case 3 ->
          metric.setExponentialHistogram(
              ExponentialHistogram.newBuilder()
                  .addDataPoints(exponential())
                  .setAggregationTemporality(temporality()));
      default ->
          metric.setSummary(Summary.newBuilder().addDataPoints(summary()).addDataPoints(summary()));
    }
    return metric.build();
  }

  private byte[] request() {
    ExportMetricsServiceRequest.Builder request = ExportMetricsServiceRequest.newBuilder();
    for (int r = random.nextInt(1, 3); r > 0; r--) {
      Resource.Builder resource = Resource.newBuilder().addAllAttributes(attributes());
      for (String key : List.of("service.name", "service.namespace", "service.instance.id")) {
        if (random.nextInt(3) > 0) {
          resource.addAttributes(KeyValue.newBuilder().setKey(key).setValue(value(1)));
        }
      }
      ScopeMetrics.Builder scope = ScopeMetrics.newBuilder();
      for (int m = random.nextInt(6); m > 0; m--) {
        scope.addMetrics(metric());
      }
      request.addResourceMetrics(
          ResourceMetrics.newBuilder().setResource(resource).addScopeMetrics(scope));
    }
    return request.build().toByteArray();
  }

  /** Everything a batch holds, item by item. */
  static List<String> items(MetricBatch batch) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < batch.samples(); i++) {
      items.add(
          batch.labels(batch.sampleSeries(i))
              + " "
              + Long.toHexString(Double.doubleToRawLongBits(batch.sampleValue(i)))
              + "@"
              + batch.sampleTime(i)
              + " since "
              + batch.sampleStart(i));
    }
    for (MetricBatch.HistogramSample one : batch.histograms()) {
      items.add(
          batch.labels(one.series())
              + " "
              + text(one.histogram())
              + "@"
              + one.timestamp()
              + " since "
              + one.startTimestamp());
    }
    for (MetricBatch.ExemplarOf one : batch.exemplars()) {
      items.add(batch.labels(one.series()) + " " + one.exemplar());
    }
    batch.metadata().forEach((name, entry) -> items.add(name + " " + entry));
    return items;
  }

  static String text(NativeHistogram h) {
    return h.schema()
        + " "
        + h.resetHint()
        + " "
        + h.integer()
        + " "
        + h.zeroThreshold()
        + " "
        + h.zeroCount()
        + " "
        + h.count()
        + " "
        + Long.toHexString(Double.doubleToRawLongBits(h.sum()))
        + Arrays.toString(h.positiveOffsets())
        + Arrays.toString(h.positiveLengths())
        + Arrays.toString(h.positiveCounts())
        + Arrays.toString(h.negativeOffsets())
        + Arrays.toString(h.negativeLengths())
        + Arrays.toString(h.negativeCounts())
        + Arrays.toString(h.customBounds());
  }

  /** What came out, or the refusal of the whole request. */
  private static List<String> outcome(Function<Rejections, MetricBatch> decode) {
    Rejections rejections = new Rejections();
    List<String> items;
    try {
      items = items(decode.apply(rejections));
    } catch (InvalidRequestException e) {
      return List.of("refused");
    }
    items.add(rejections.message());
    return items;
  }

  private List<String> walked(byte[] message) {
    return outcome(
        rejections -> {
          try (DeltaState.Session session = deltas.open()) {
            MetricBatch batch =
                new OtlpMetricsDecoder(
                        message,
                        rejections,
                        // What is told once is told elsewhere.
                        new Notices(told, TenantId.ANONYMOUS, new Rejections()),
                        () -> session,
                        vocabulary,
                        MetricParts.whole(new MetricBatch()),
                        Booking.unlimited())
                    .decode();
            assertKeys(batch);
            session.keep();
            return batch;
          }
        });
  }

  /** Keys are in the one form they may have. */
  private static void assertKeys(MetricBatch batch) {
    KeyScanner scanner = new KeyScanner(LIMITS);
    for (int i = 0; i < batch.seriesCount(); i++) {
      int end = batch.keyOffset(i) + batch.keyLength(i);
      assertThat(scanner.scan(batch.keyBytes(i), batch.keyOffset(i), end)).isEqualTo(end);
    }
  }

  private List<String> naive(byte[] message) {
    return outcome(
        rejections -> {
          try (NaiveDeltaState.Session session = naiveDeltas.open()) {
            MetricBatch batch =
                new NaiveOtlpDecoder(LIMITS, rejections, () -> session).decode(message);
            session.keep();
            return batch;
          }
        });
  }

  @Test
  void readsWhatTheNaiveTranslationReads() {
    for (int round = 0; round < Seeds.iterations(3000); round++) {
      byte[] message = request();
      assertThat(walked(message)).as("round %s", round).isEqualTo(naive(message));
    }
  }

  @Test
  void readsDamagedRequestsAsTheNaiveTranslationDoes() {
    byte[] message = request();
    for (int round = 0; round < Seeds.iterations(6000); round++) {
      if (round % 50 == 0) {
        message = request();
      }
      byte[] bytes = message.clone();
      for (int flips = random.nextInt(1, 3); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      byte[] cut =
          random.nextInt(3) > 0 ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      assertThat(walked(cut)).as("round %s", round).isEqualTo(naive(cut));
    }
  }

  @Test
  void readsMoreKeysAndMetricsThanItKeeps() {
    for (int round = 0; round < 3; round++) {
      ScopeMetrics.Builder scope = ScopeMetrics.newBuilder();
      for (int m = 0; m < 1100; m++) {
        scope.addMetrics(
            Metric.newBuilder()
                .setName("m" + m)
                .setGauge(
                    Gauge.newBuilder()
                        .addDataPoints(
                            NumberDataPoint.newBuilder()
                                .setTimeUnixNano(time())
                                .setAsDouble(m)
                                .addAttributes(
                                    KeyValue.newBuilder()
                                        .setKey("k" + (m + round))
                                        .setValue(value(1))))));
      }
      byte[] message =
          ExportMetricsServiceRequest.newBuilder()
              .addResourceMetrics(ResourceMetrics.newBuilder().addScopeMetrics(scope))
              .build()
              .toByteArray();
      assertThat(walked(message)).isEqualTo(naive(message));
      assertThat(vocabulary.isFull()).isTrue();
    }
    vocabulary = new OtlpVocabulary(RULES);
  }
}

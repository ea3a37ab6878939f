package io.trilith.ingest.metrics;

import static io.trilith.ingest.metrics.OtlpRequests.attributes;
import static io.trilith.ingest.metrics.OtlpRequests.counter;
import static io.trilith.ingest.metrics.OtlpRequests.gauge;
import static io.trilith.ingest.metrics.OtlpRequests.nested;
import static io.trilith.ingest.metrics.OtlpRequests.point;
import static io.trilith.ingest.metrics.OtlpRequests.request;
import static io.trilith.ingest.metrics.OtlpRequests.resource;
import static io.trilith.ingest.metrics.OtlpRequests.scope;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpPromotionTest {
  private final Notices.Told told = new Notices.Told();
  private Rejections rejections = new Rejections();

  private MetricBatch decode(OtlpMetricsConfig config, byte[] message) {
    rejections = new Rejections();
    DeltaState deltas = new DeltaState(100, 1024);
    try (DeltaState.Session session = deltas.open()) {
      return new OtlpMetricsDecoder(
              message,
              rejections,
              new Notices(told, TenantId.ANONYMOUS, rejections),
              () -> session,
              new OtlpVocabulary(new OtlpRules(LimitsConfig.defaults(), config)),
              MetricParts.whole(new MetricBatch()),
              Booking.unlimited())
          .decode();
    }
  }

  private static List<String> seriesOf(MetricBatch batch, String metric) {
    return batch.series().stream()
        .filter(series -> series.get(Labels.NAME).equals(metric))
        .map(Labels::toString)
        .toList();
  }

  @Test
  void promotesNothingByDefault() {
    byte[] message =
        request(
            resource(
                attributes("service.name", "api", "k8s.pod.name", "p"),
                scope("lib", gauge("g", point(1000, 1)))));
    assertThat(seriesOf(decode(OtlpMetricsConfig.defaults(), message), "g"))
        .containsExactly("{__name__=\"g\", job=\"api\"}");
  }

  @Test
  void promotesNamedAttributesOfResources() {
    byte[] message =
        request(
            resource(
                attributes("service.name", "api", "k8s.pod.name", "p", "k8s.node.name", "n"),
                scope("lib", gauge("g", point(1000, 1, "k8s.pod.name", "own", "a", "b")))),
            resource(
                attributes("service.name", "api", "k8s.pod.name", "q", "deployment.x", "y"),
                scope("lib", gauge("g", point(1000, 1, "a", "b"), point(1000, 2)))));
    OtlpMetricsConfig config =
        OtlpConfigs.with("promote-resource-attributes", "k8s.pod.name,deployment.*");
    assertThat(seriesOf(decode(config, message), "g"))
        .containsExactly(
            "{__name__=\"g\", a=\"b\", job=\"api\", k8s_pod_name=\"own\"}",
            "{__name__=\"g\", a=\"b\", deployment_x=\"y\", job=\"api\", k8s_pod_name=\"q\"}",
            "{__name__=\"g\", deployment_x=\"y\", job=\"api\", k8s_pod_name=\"q\"}");
  }

  @Test
  void promotesAllButTheIgnored() {
    byte[] message =
        request(
            resource(
                attributes("service.name", "api", "a.b", "1", "a_b", "2", "secret.x", "3"),
                scope("lib", gauge("g", point(1000, 1)))));
    OtlpMetricsConfig config =
        OtlpConfigs.with(
            "promote-all-resource-attributes", "true", "ignore-resource-attributes", "secret.*");
    assertThat(seriesOf(decode(config, message), "g"))
        .containsExactly("{__name__=\"g\", a_b=\"1;2\", job=\"api\", service_name=\"api\"}");
  }

  @Test
  void tellsScopesApart() {
    InstrumentationScope.Builder first =
        InstrumentationScope.newBuilder()
            .setName("okhttp")
            .setVersion("4.1")
            .addAllAttributes(attributes("team", "a"));
    byte[] message =
        request(
            resource(
                attributes("service.name", "api"),
                scope(first, counter("c", point(1000, 1, "otel_scope_name", "not this"))),
                scope("apache", counter("c", point(1000, 2))),
                scope("", counter("c", point(1000, 3)))));
    MetricBatch batch = decode(OtlpConfigs.with("promote-scope-metadata", "true"), message);
    assertThat(seriesOf(batch, "c_total"))
        .containsExactly(
            "{__name__=\"c_total\", job=\"api\", otel_scope_name=\"okhttp\","
                + " otel_scope_team=\"a\", otel_scope_version=\"4.1\"}",
            "{__name__=\"c_total\", job=\"api\", otel_scope_name=\"apache\"}",
            "{__name__=\"c_total\", job=\"api\"}");
  }

  @Test
  void keepsWhatJobAndInstanceAreMadeOfWhenAsked() {
    List<KeyValue> resource =
        attributes(
            "service.name",
            "api",
            "service.namespace",
            "shop",
            "service.instance.id",
            "i",
            "h",
            "x");
    byte[] message = request(resource(resource, scope("s", gauge("g", point(1000, 1)))));
    assertThat(seriesOf(decode(OtlpMetricsConfig.defaults(), message), "target_info"))
        .containsExactly("{__name__=\"target_info\", h=\"x\", instance=\"i\", job=\"shop/api\"}");
    OtlpMetricsConfig config = OtlpConfigs.with("keep-identifying-resource-attributes", "true");
    assertThat(seriesOf(decode(config, message), "target_info"))
        .containsExactly(
            "{__name__=\"target_info\", h=\"x\", instance=\"i\", job=\"shop/api\","
                + " service_instance_id=\"i\", service_name=\"api\","
                + " service_namespace=\"shop\"}");
    byte[] identifyingOnly =
        request(
            resource(attributes("service.name", "api"), scope("s", gauge("g", point(1000, 1)))));
    assertThat(seriesOf(decode(config, identifyingOnly), "target_info")).isEmpty();
  }

  @Test
  void leavesLongLabelsOutOfTargetInfoAndSaysSoOnce() {
    byte[] message =
        request(
            resource(
                attributes("service.name", "api", "cmd", "x".repeat(2049), "h", "y".repeat(2048)),
                scope("s", gauge("g", point(1000, 1)))));
    String expected = "{__name__=\"target_info\", h=\"" + "y".repeat(2048) + "\", job=\"api\"}";
    assertThat(seriesOf(decode(OtlpMetricsConfig.defaults(), message), "target_info"))
        .containsExactly(expected);
    assertThat(rejections.total()).isZero();
    assertThat(rejections.message()).contains("target_info", "'cmd'", "limits.label-value-max");
    assertThat(seriesOf(decode(OtlpMetricsConfig.defaults(), message), "target_info"))
        .containsExactly(expected);
    assertThat(rejections.isEmpty()).isTrue();
  }

  @Test
  void keepsTheFirstAttributesOfTooManyInTargetInfo() {
    List<KeyValue> resource = new ArrayList<>(attributes("service.name", "api", "zone", "z"));
    for (int i = 0; i < 100; i++) {
      resource.addAll(attributes("attr" + i, "v"));
    }
    MetricBatch batch =
        decode(
            OtlpMetricsConfig.defaults(),
            request(resource(resource, scope("s", gauge("g", point(1000, 1))))));
    Labels info =
        batch.series().stream()
            .filter(series -> series.get(Labels.NAME).equals("target_info"))
            .findFirst()
            .orElseThrow();
    assertThat(info.size()).isBetween(62, 64);
    assertThat(info.get("zone")).isEqualTo("z");
    assertThat(info.get("attr0")).isEqualTo("v");
    assertThat(info.get("attr99")).isEmpty();
    assertThat(rejections.message()).contains("limits.labels-per-series-max");
  }

  @Test
  void leavesAttributesWithoutANameOutAndSaysSo() {
    byte[] message =
        request(
            resource(
                attributes("service.name", "api"),
                scope("s", gauge("g", point(1000, 1, "---", "v", "a", "b")))));
    assertThat(seriesOf(decode(OtlpMetricsConfig.defaults(), message), "g"))
        .containsExactly("{__name__=\"g\", a=\"b\", job=\"api\"}");
    assertThat(rejections.message()).contains("'---'").contains("'g'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"point", "resource", "scope"})
  void refusesOnlyWhatIsNestedTooDeep(String where) {
    KeyValue deep = nested("deep", 40);
    List<KeyValue> resource = new ArrayList<>(attributes("service.name", "bad"));
    InstrumentationScope.Builder scope = InstrumentationScope.newBuilder().setName("s");
    io.opentelemetry.proto.metrics.v1.NumberDataPoint.Builder point = point(1000, 1);
    switch (where) {
      case "point" -> point.addAttributes(deep);
      case "resource" -> resource.add(deep);
      default -> scope.addAttributes(deep);
    }
    byte[] message =
        request(
            resource(resource, scope(scope, gauge("g", point))),
            resource(attributes("service.name", "ok"), scope("t", gauge("g", point(1000, 2)))));
    MetricBatch batch = decode(OtlpConfigs.with("promote-scope-metadata", "true"), message);
    assertThat(seriesOf(batch, "g"))
        .containsExactly("{__name__=\"g\", job=\"ok\", otel_scope_name=\"t\"}");
    assertThat(rejections.total()).isEqualTo(1);
    assertThat(rejections.message()).contains("limits.attribute-depth-max");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unknown", "info", "stateset", "gaugehistogram"})
  void believesTheTypeThatAMetricSaysItHadInPrometheus(String type) {
    Metric metric =
        gauge("g", point(1000, 1)).toBuilder()
            .addAllMetadata(attributes("prometheus.type", type))
            .build();
    MetricBatch batch =
        decode(
            OtlpMetricsConfig.defaults(),
            request(resource(attributes("service.name", "a"), scope("s", metric))));
    assertThat(batch.metadata().get("g"))
        .extracting(MetricMetadata::type)
        .isEqualTo(MetricMetadata.Type.of(type));
  }

  @Test
  void makesNativeHistogramsOfBoundsWhenAsked() {
    Metric histogram =
        Metric.newBuilder()
            .setName("h")
            .setHistogram(
                Histogram.newBuilder()
                    .setAggregationTemporality(
                        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
                    .addDataPoints(
                        HistogramDataPoint.newBuilder()
                            .setTimeUnixNano(OtlpRequests.MILLI)
                            .setCount(6)
                            .setSum(3)
                            .addAllExplicitBounds(List.of(1.0, 2.0))
                            .addAllBucketCounts(List.of(1L, 2L, 3L))))
            .build();
    MetricBatch batch =
        decode(
            OtlpConfigs.with("convert-histograms-to-nhcb", "true"),
            request(resource(attributes("service.name", "a"), scope("s", histogram))));
    assertThat(batch.samples()).isZero();
    assertThat(batch.histograms().getFirst().histogram().customBounds()).containsExactly(1, 2);
    assertThat(batch.histograms().getFirst().histogram().positiveCounts()).containsExactly(1, 2, 3);
    assertThat(seriesOf(batch, "h")).hasSize(1);
  }
}

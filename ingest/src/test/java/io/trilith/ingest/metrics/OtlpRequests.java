package io.trilith.ingest.metrics;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.ArrayList;
import java.util.List;

/** OpenTelemetry's messages for tests. */
final class OtlpRequests {
  static final long MILLI = 1_000_000L;

  private OtlpRequests() {}

  /** Keys, each before its value. */
  static List<KeyValue> attributes(String... keysAndValues) {
    List<KeyValue> attributes = new ArrayList<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      attributes.add(
          KeyValue.newBuilder()
              .setKey(keysAndValues[i])
              .setValue(AnyValue.newBuilder().setStringValue(keysAndValues[i + 1]))
              .build());
    }
    return attributes;
  }

  static KeyValue nested(String key, int depth) {
    AnyValue.Builder value = AnyValue.newBuilder().setStringValue("x");
    for (int i = 0; i < depth; i++) {
      AnyValue inner = value.build();
      value = AnyValue.newBuilder();
      value.getArrayValueBuilder().addValues(inner);
    }
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  static NumberDataPoint.Builder point(long millis, double value, String... attributes) {
    return NumberDataPoint.newBuilder()
        .setTimeUnixNano(millis * MILLI)
        .setAsDouble(value)
        .addAllAttributes(attributes(attributes));
  }

  static Metric gauge(String name, NumberDataPoint.Builder... points) {
    Gauge.Builder gauge = Gauge.newBuilder();
    for (NumberDataPoint.Builder point : points) {
      gauge.addDataPoints(point);
    }
    return Metric.newBuilder().setName(name).setGauge(gauge).build();
  }

  static Metric counter(String name, NumberDataPoint.Builder... points) {
    Sum.Builder sum =
        Sum.newBuilder()
            .setIsMonotonic(true)
            .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
    for (NumberDataPoint.Builder point : points) {
      sum.addDataPoints(point);
    }
    return Metric.newBuilder().setName(name).setSum(sum).build();
  }

  static ScopeMetrics scope(InstrumentationScope.Builder scope, Metric... metrics) {
    return ScopeMetrics.newBuilder().setScope(scope).addAllMetrics(List.of(metrics)).build();
  }

  static ScopeMetrics scope(String name, Metric... metrics) {
    return scope(InstrumentationScope.newBuilder().setName(name), metrics);
  }

  static ResourceMetrics resource(List<KeyValue> attributes, ScopeMetrics... scopes) {
    return ResourceMetrics.newBuilder()
        .setResource(Resource.newBuilder().addAllAttributes(attributes))
        .addAllScopeMetrics(List.of(scopes))
        .build();
  }

  static byte[] request(ResourceMetrics... resources) {
    return ExportMetricsServiceRequest.newBuilder()
        .addAllResourceMetrics(List.of(resources))
        .build()
        .toByteArray();
  }
}

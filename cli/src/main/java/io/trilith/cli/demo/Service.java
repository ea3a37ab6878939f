package io.trilith.cli.demo;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.List;

/** One service of the shop with the OpenTelemetry SDK that its authors would have put into it. */
final class Service implements AutoCloseable {
  /** Exports happen when the shop says so, never by time. */
  private static final Duration NEVER = Duration.ofDays(1);

  private static final List<Double> LATENCY_BOUNDS =
      List.of(.005, .01, .025, .05, .1, .25, .5, 1.0, 2.5, 5.0);

  private final String name;
  private final SdkTracerProvider tracers;
  private final SdkMeterProvider meters;
  private final SdkLoggerProvider loggers;
  private final Tracer tracer;
  private final Logger logger;
  private final LongCounter requests;
  private final DoubleHistogram latency;

  /** Where a service exports to. */
  record Endpoint(boolean grpc, int port) {
    private String url(String path) {
      return "http://127.0.0.1:" + port + (grpc ? "" : path);
    }

    SpanExporter spans() {
      return grpc
          ? OtlpGrpcSpanExporter.builder().setEndpoint(url("")).build()
          : OtlpHttpSpanExporter.builder().setEndpoint(url("/v1/traces")).build();
    }

    MetricExporter metrics() {
      return grpc
          ? OtlpGrpcMetricExporter.builder().setEndpoint(url("")).build()
          : OtlpHttpMetricExporter.builder().setEndpoint(url("/v1/metrics")).build();
    }

    LogRecordExporter logs() {
      return grpc
          ? OtlpGrpcLogRecordExporter.builder().setEndpoint(url("")).build()
          : OtlpHttpLogRecordExporter.builder().setEndpoint(url("/v1/logs")).build();
    }
  }

  Service(String name, Endpoint endpoint, VirtualClock clock) {
    this.name = name;
    Resource resource =
        Resource.create(
            Attributes.builder()
                .put("service.name", name)
                .put("service.namespace", "shop")
                .put("service.instance.id", name + "-0")
                .put("service.version", "1.4.2")
                .build());
    tracers =
        SdkTracerProvider.builder()
            .setClock(clock)
            .setResource(resource)
            .addSpanProcessor(
                BatchSpanProcessor.builder(endpoint.spans())
                    .setScheduleDelay(NEVER)
                    .setMaxQueueSize(20_000)
                    .build())
            .build();
    meters =
        SdkMeterProvider.builder()
            .setClock(clock)
            .setResource(resource)
            .registerMetricReader(
                PeriodicMetricReader.builder(endpoint.metrics()).setInterval(NEVER).build())
            .build();
    loggers =
        SdkLoggerProvider.builder()
            .setClock(clock)
            .setResource(resource)
            .addLogRecordProcessor(
                BatchLogRecordProcessor.builder(endpoint.logs())
                    .setScheduleDelay(NEVER)
                    .setMaxQueueSize(20_000)
                    .build())
            .build();
    tracer = tracers.get("io.trilith.demo");
    logger = loggers.get("io.trilith.demo");
    Meter meter = meters.get("io.trilith.demo");
    requests = meter.counterBuilder("http.requests").setDescription("Requests served.").build();
    latency =
        meter
            .histogramBuilder("http.request.duration")
            .setUnit("s")
            .setDescription("Time to serve a request.")
            .setExplicitBucketBoundariesAdvice(LATENCY_BOUNDS)
            .build();
  }

  String name() {
    return name;
  }

  Tracer tracer() {
    return tracer;
  }

  Logger logger() {
    return logger;
  }

  LongCounter requests() {
    return requests;
  }

  DoubleHistogram latency() {
    return latency;
  }

  static AttributeKey<String> path() {
    return AttributeKey.stringKey("path");
  }

  static AttributeKey<String> statusCode() {
    return AttributeKey.stringKey("status_code");
  }

  /** Starts sending everything recorded so far. */
  List<CompletableResultCode> export() {
    return List.of(tracers.forceFlush(), meters.forceFlush(), loggers.forceFlush());
  }

  @Override
  public void close() {
    tracers.close();
    meters.close();
    loggers.close();
  }
}

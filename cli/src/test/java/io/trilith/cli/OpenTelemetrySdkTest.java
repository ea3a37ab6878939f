package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.trilith.cli.client.Api;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the OpenTelemetry SDK's own exporters send is what queries answer. */
class OpenTelemetrySdkTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @TempDir static Path directory;
  private static @Nullable ServerProcess server;

  @BeforeAll
  static void start() throws IOException {
    server = new ServerProcess(directory);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static ServerProcess server() {
    if (server == null) {
      throw new IllegalStateException("no server");
    }
    return server;
  }

  private static String get(String path, String... parameters) throws Exception {
    StringBuilder query = new StringBuilder(path);
    for (int i = 0; i < parameters.length; i += 2) {
      query
          .append(i == 0 ? '?' : '&')
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    HttpResponse<byte[]> answer = server().get(query.toString());
    String text = new String(answer.body(), StandardCharsets.UTF_8);
    assertThat(answer.statusCode()).as(text).isEqualTo(200);
    return text;
  }

  /** The value of a query that has one result. */
  private static double value(String query) throws Exception {
    String answer = get("/api/v1/query", "query", query);
    String start = "\"value\":[";
    int at = answer.indexOf(start);
    assertThat(at).as(query + ": " + answer).isPositive().isEqualTo(answer.lastIndexOf(start));
    int from = answer.indexOf(",\"", at) + 2;
    return Double.parseDouble(answer.substring(from, answer.indexOf('"', from)));
  }

  /** Does what an instrumented program does, and sends it. */
  private static void live(String service, MetricExporter exporter) {
    Resource resource =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.name"),
                service,
                AttributeKey.stringKey("service.instance.id"),
                "0",
                AttributeKey.stringKey("service.version"),
                "1.4.2"));
    SdkMeterProvider meters =
        SdkMeterProvider.builder()
            .setResource(resource)
            .registerView(
                InstrumentSelector.builder().setName("fine.latency").build(),
                View.builder()
                    .setAggregation(Aggregation.base2ExponentialBucketHistogram())
                    .build())
            .registerMetricReader(
                PeriodicMetricReader.builder(exporter).setInterval(Duration.ofDays(1)).build())
            .build();
    SpanContext context =
        SpanContext.create(
            TRACE, "b7ad6b7169203331", TraceFlags.getSampled(), TraceState.getDefault());
    try (Scope _ = Span.wrap(context).makeCurrent()) {
      record(meters.get("test"));
    }
    assertThat(meters.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
    assertThat(meters.shutdown().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
  }

  private static void record(Meter meter) {
    Attributes route =
        Attributes.builder().put("http.route", "/a").put("status", 200).put("cached", true).build();
    meter.gaugeBuilder("temperature").setUnit("Cel").build().set(21.5, route);
    meter.counterBuilder("orders").setDescription("Orders placed").build().add(42, route);
    var coarse =
        meter
            .histogramBuilder("coarse.latency")
            .setUnit("s")
            .setExplicitBucketBoundariesAdvice(List.of(0.1, 1.0, 10.0))
            .build();
    var fine = meter.histogramBuilder("fine.latency").setUnit("s").build();
    for (int i = 1; i <= 100; i++) {
      coarse.record(i / 50.0, route);
      fine.record(i / 50.0, route);
    }
  }

  private static void judge(String service) throws Exception {
    String of =
        "{job=\"" + service + "\",instance=\"0\",http_route=\"/a\",status=\"200\",cached=\"true\"";
    assertThat(value("temperature_celsius" + of + "}")).isEqualTo(21.5);
    assertThat(value("orders_total" + of + "}")).isEqualTo(42);
    assertThat(value("coarse_latency_seconds_count" + of + "}")).isEqualTo(100);
    assertThat(value("coarse_latency_seconds_sum" + of + "}")).isBetween(100.99, 101.01);
    assertThat(value("coarse_latency_seconds_bucket" + of + ",le=\"0.1\"}")).isEqualTo(5);
    assertThat(value("coarse_latency_seconds_bucket" + of + ",le=\"1\"}")).isEqualTo(50);
    assertThat(value("coarse_latency_seconds_bucket" + of + ",le=\"+Inf\"}")).isEqualTo(100);
    assertThat(value("histogram_count(fine_latency_seconds" + of + "})")).isEqualTo(100);
    assertThat(value("histogram_sum(fine_latency_seconds" + of + "})")).isBetween(100.99, 101.01);
    assertThat(value("histogram_quantile(0.5, fine_latency_seconds" + of + "})"))
        .isBetween(0.95, 1.05);
    assertThat(value("histogram_quantile(0.99, sum(fine_latency_seconds" + of + "}))"))
        .isBetween(1.9, 2.05);
    assertThat(value("target_info{job=\"" + service + "\",service_version=\"1.4.2\"}"))
        .isEqualTo(1);
    Instant now = Instant.now();
    for (String metric :
        List.of("orders_total", "coarse_latency_seconds_bucket", "fine_latency_seconds")) {
      assertThat(
              get(
                  "/api/v1/query_exemplars",
                  "query",
                  metric + "{job=\"" + service + "\"}",
                  "start",
                  Long.toString(now.minusSeconds(3600).getEpochSecond()),
                  "end",
                  Long.toString(now.plusSeconds(60).getEpochSecond())))
          .as(metric)
          .contains(TRACE);
    }
    assertThat(get("/api/v1/metadata", "metric", "orders_total"))
        .contains("\"counter\"")
        .contains("Orders placed");
  }

  @Test
  void takesEveryKindOverHttp() throws Exception {
    live(
        "over-http",
        OtlpHttpMetricExporter.builder().setEndpoint(server().url("/otlp/v1/metrics")).build());
    judge("over-http");
  }

  @Test
  void takesEveryKindOverGrpc() throws Exception {
    live(
        "over-grpc",
        OtlpGrpcMetricExporter.builder()
            .setEndpoint(server().url(""))
            .setCompression("gzip")
            .build());
    judge("over-grpc");
  }

  /** Logs as an instrumented program does, inside of a span. */
  private static void log(String service, LogRecordExporter exporter) {
    Resource resource =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.name"),
                service,
                AttributeKey.stringKey("k8s.pod.name"),
                "pod-1",
                AttributeKey.stringKey("host.name"),
                "h"));
    SdkLoggerProvider loggers =
        SdkLoggerProvider.builder()
            .setResource(resource)
            .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter).build())
            .build();
    SpanContext context =
        SpanContext.create(
            TRACE, "b7ad6b7169203331", TraceFlags.getSampled(), TraceState.getDefault());
    try (Scope _ = Span.wrap(context).makeCurrent()) {
      Logger logger = loggers.loggerBuilder("scope").setInstrumentationVersion("1.2").build();
      for (int i = 0; i < 100; i++) {
        logger
            .logRecordBuilder()
            .setSeverity(i % 2 == 0 ? Severity.WARN : Severity.INFO)
            .setSeverityText(i % 2 == 0 ? "WARN" : "INFO")
            .setAttribute(AttributeKey.stringKey("http.method"), "GET")
            .setAttribute(AttributeKey.longKey("n"), (long) i)
            .setBody("line \u00e9\ud83d\ude00 \0 " + i)
            .emit();
      }
      logger
          .logRecordBuilder()
          .setBody(Value.of(Map.of("a", Value.of(1), "b", Value.of(true))))
          .emit();
    }
    assertThat(loggers.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
    assertThat(loggers.shutdown().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
  }

  private static void judgeLogs(String service) {
    try (Api api = new Api(server().url(""), "")) {
      String selector = "{service_name=\"" + service + "\", k8s_pod_name=\"pod-1\"}";
      assertThat(logs(api, selector + " |= \"line\"")).hasSize(100);
      assertThat(logs(api, selector + " | trace_id=\"" + TRACE + "\"")).hasSize(101);
      assertThat(logs(api, selector + " | detected_level=\"warn\"")).hasSize(50);
      assertThat(logs(api, selector + " | n=\"7\""))
          .containsExactly("line \u00e9\ud83d\ude00 \0 7");
      assertThat(
              logs(
                  api,
                  selector
                      + " | host_name=\"h\" | scope_name=\"scope\" | scope_version=\"1.2\""
                      + " | http_method=\"GET\" | severity_text=\"INFO\" | span_id!=\"\""))
          .hasSize(50);
      assertThat(logs(api, selector + " | json | a=\"1\" | b=\"true\"")).hasSize(1);
    }
  }

  private static List<String> logs(Api api, String query) {
    List<String> lines = new ArrayList<>();
    Api.Node answer =
        api.get("/loki/api/v1/query_range", "query", query, "limit", "1000", "since", "1h");
    for (Api.Node stream : answer.at("data").at("result").list()) {
      stream.at("values").list().forEach(value -> lines.add(value.at(1).text()));
    }
    return lines;
  }

  @Test
  void takesLogsOverHttp() {
    log(
        "logs-http",
        OtlpHttpLogRecordExporter.builder()
            .setEndpoint(server().url("/otlp/v1/logs"))
            .setCompression("gzip")
            .build());
    judgeLogs("logs-http");
  }

  @Test
  void takesLogsOverGrpc() {
    log("logs-grpc", OtlpGrpcLogRecordExporter.builder().setEndpoint(server().url("")).build());
    judgeLogs("logs-grpc");
  }
}

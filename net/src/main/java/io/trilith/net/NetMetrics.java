package io.trilith.net;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.storage.memory.MemoryShare;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Set;

/** What the servers count about themselves. No label comes from input. Thread-safe. */
public final class NetMetrics {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "gRPC");

  private final PrometheusRegistry registry;
  private final Counter requests;
  private final Histogram seconds;
  private final Gauge inFlight;
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final Gauge connections;
  private final Counter connectionsRefused;

  /** Registers its metrics; others may put theirs into the same registry. */
  public NetMetrics(PrometheusRegistry registry) {
    this.registry = registry;
    requests =
        Counter.builder()
            .name("trilith_requests_total")
            .help("Requests answered.")
            .labelNames("route", "method", "status")
            .register(registry);
    seconds =
        Histogram.builder()
            .name("trilith_request_duration_seconds")
            .help("Time from a complete request to its last byte handed to the network.")
            .classicOnly()
            .classicUpperBounds(.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60)
            .labelNames("route")
            .register(registry);
    inFlight =
        Gauge.builder()
            .name("trilith_requests_in_flight")
            .help("Requests being handled or waiting for it.")
            .register(registry);
    bytesIn =
        Counter.builder()
            .name("trilith_request_body_bytes_total")
            .help("Bytes of request bodies after decoding.")
            .labelNames("route")
            .register(registry);
    bytesOut =
        Counter.builder()
            .name("trilith_response_body_bytes_total")
            .help("Bytes of answer bodies before compression.")
            .labelNames("route")
            .register(registry);
    connections =
        Gauge.builder()
            .name("trilith_connections_open")
            .help("Client connections open.")
            .register(registry);
    connectionsRefused =
        Counter.builder()
            .name("trilith_connections_refused_total")
            .help("Connections closed at once because server.connections-max was reached.")
            .register(registry);
  }

  public PrometheusRegistry registry() {
    return registry;
  }

  /** The content type of {@link #write}. */
  public String contentType() {
    return PrometheusTextFormatWriter.CONTENT_TYPE;
  }

  /** Writes all metrics of the registry as Prometheus text 0.0.4. */
  public void write(OutputStream out) throws IOException {
    PrometheusTextFormatWriter.create()
        .write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
  }

  void watch(MemoryShare bodies) {
    GaugeWithCallback.builder()
        .name("trilith_request_bodies_in_flight_bytes")
        .help("Bytes of request bodies held now.")
        .callback(callback -> callback.call((double) bodies.used()))
        .register(registry);
  }

  void began() {
    inFlight.inc();
  }

  void ended(String route, String method, int status, long nanos) {
    inFlight.dec();
    seconds.labelValues(route).observe(nanos / 1e9);
    answered(route, method, Integer.toString(status));
  }

  void answered(String route, String method, String status) {
    requests.labelValues(route, METHODS.contains(method) ? method : "other", status).inc();
  }

  void moved(String route, long in, long out) {
    bytesIn.labelValues(route).inc(in);
    bytesOut.labelValues(route).inc(out);
  }

  void connected() {
    connections.inc();
  }

  void disconnected() {
    connections.dec();
  }

  void connectionRefused() {
    connectionsRefused.inc();
  }
}

package io.trilith.rules.notify;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.IntSupplier;

/** What notifications tell of themselves, under Prometheus' names. Thread-safe. */
final class NotifierMetrics {
  private static final String ALERTMANAGER = "alertmanager";

  private final Counter sent;
  private final Counter errors;
  private final Counter dropped;
  private final Summary latency;

  NotifierMetrics(
      PrometheusRegistry registry, IntSupplier waiting, int capacity, int alertmanagers) {
    sent = counter(registry, "prometheus_notifications_sent_total", "Alerts sent.");
    errors =
        counter(
            registry, "prometheus_notifications_errors_total", "Alerts that could not be sent.");
    dropped =
        counter(
            registry,
            "prometheus_notifications_dropped_total",
            "Alerts that were given up; those that go on firing are sent anew.");
    latency =
        Summary.builder()
            .name("prometheus_notifications_latency_seconds")
            .help("How long Alertmanagers took.")
            .labelNames(ALERTMANAGER)
            .register(registry);
    gauge(registry, "prometheus_notifications_queue_length", "Alerts that wait.", waiting);
    gauge(
        registry,
        "prometheus_notifications_queue_capacity",
        "Alerts that may wait for one Alertmanager.",
        () -> capacity);
    gauge(
        registry,
        "prometheus_notifications_alertmanagers_discovered",
        "Alertmanagers that get alerts.",
        () -> alertmanagers);
  }

  private static Counter counter(PrometheusRegistry registry, String name, String help) {
    return Counter.builder().name(name).help(help).labelNames(ALERTMANAGER).register(registry);
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, IntSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsInt()))
        .register(registry);
  }

  void sent(String url, int alerts, long nanos) {
    sent.labelValues(url).inc(alerts);
    latency.labelValues(url).observe(nanos / 1e9);
  }

  void failed(String url, int alerts) {
    errors.labelValues(url).inc(alerts);
  }

  void dropped(String url, int alerts) {
    dropped.labelValues(url).inc(alerts);
  }
}

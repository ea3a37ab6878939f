package io.trilith.net.identity;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What is counted of refusals and of files that are read again. Thread-safe. */
public final class AccessMetrics {
  private final Counter denied;
  private final Counter reloadFailures;
  private final Counter auditDropped;

  /** Registers its metrics. */
  public AccessMetrics(PrometheusRegistry registry) {
    denied =
        Counter.builder()
            .name("trilith_auth_denied_total")
            .help("Requests that were not let in.")
            .labelNames("reason")
            .register(registry);
    reloadFailures =
        Counter.builder()
            .name("trilith_config_reload_failures_total")
            .help("Times that changed files were wrong, so that the last good ones went on.")
            .labelNames("section")
            .register(registry);
    auditDropped =
        Counter.builder()
            .name("trilith_audit_dropped_total")
            .help("Refusals that the audit log was not told of, because there were too many.")
            .register(registry);
    for (String section : new String[] {"auth", "tls", "pipeline", "overrides"}) {
      reloadFailures.initLabelValues(section);
    }
  }

  void denied(AccessRefusedException.Cause why) {
    denied.labelValues(why.label()).inc();
  }

  /** Files of a section were wrong. */
  public void reloadFailed(String section) {
    reloadFailures.labelValues(section).inc();
  }

  void auditDropped() {
    auditDropped.inc();
  }
}

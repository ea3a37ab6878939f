package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.otlp.NameSet;

/** What becomes of OpenTelemetry's metrics and attributes, by the configuration. Thread-safe. */
final class OtlpRules {
  private final LimitsConfig limits;
  private final OtlpMetricsConfig config;
  private final MetricNames names;
  private final NameSet promoted;
  private final NameSet ignored;

  OtlpRules(LimitsConfig limits, OtlpMetricsConfig config) {
    this.limits = limits;
    this.config = config;
    this.names = new MetricNames(config);
    this.promoted = NameSet.of(config.promoteResourceAttributes());
    this.ignored = NameSet.of(config.ignoreResourceAttributes());
  }

  LimitsConfig limits() {
    return limits;
  }

  MetricNames names() {
    return names;
  }

  /** Whether any attribute of a resource can become a label. */
  boolean promotesOfResources() {
    return config.promoteAllResourceAttributes() || !promoted.isEmpty();
  }

  /** Whether an attribute of a resource becomes a label of its series. */
  boolean promotes(String attribute) {
    return config.promoteAllResourceAttributes()
        ? !ignored.has(attribute)
        : promoted.has(attribute);
  }

  /** Whether name, version and attributes of a scope become labels of its series. */
  boolean promotesScopes() {
    return config.promoteScopeMetadata();
  }

  /** Whether what job and instance are made of stays in target_info. */
  boolean keepsIdentifying() {
    return config.keepIdentifyingResourceAttributes();
  }

  /** Whether histograms with bounds become native ones. */
  boolean nativeBounds() {
    return config.convertHistogramsToNhcb();
  }

  /** How series of several scopes and resources are told apart, for messages. */
  String hint() {
    return "different scopes are told apart by otlp-metrics.promote-scope-metadata"
        + (promotesScopes() ? " (on)" : " (off)")
        + ", different resources by service.instance.id or attributes named in"
        + " otlp-metrics.promote-resource-attributes";
  }
}

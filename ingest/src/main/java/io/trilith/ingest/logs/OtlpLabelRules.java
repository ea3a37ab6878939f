package io.trilith.ingest.logs;

import io.trilith.config.LogIngestConfig;
import io.trilith.ingest.otlp.NameSet;

/** What becomes of OpenTelemetry's attributes. Thread-safe. */
final class OtlpLabelRules {
  /** Where an attribute of a resource goes. */
  enum Place {
    LABEL,
    METADATA,
    DROPPED
  }

  private final NameSet labels;
  private final NameSet metadata;
  private final NameSet droppedOfResource;
  private final NameSet droppedOfScope;
  private final NameSet droppedOfLog;
  private final boolean severityTextAsLabel;

  OtlpLabelRules(LogIngestConfig config) {
    this.labels = NameSet.of(config.otlpIndexLabels());
    this.metadata = NameSet.of(config.otlpStructuredMetadata());
    this.droppedOfResource = NameSet.of(config.otlpDropResourceAttributes());
    this.droppedOfScope = NameSet.of(config.otlpDropScopeAttributes());
    this.droppedOfLog = NameSet.of(config.otlpDropLogAttributes());
    this.severityTextAsLabel = config.otlpSeverityTextAsLabel();
  }

  Place ofResource(String name) {
    if (droppedOfResource.has(name)) {
      return Place.DROPPED;
    }
    return labels.has(name) && !metadata.has(name) ? Place.LABEL : Place.METADATA;
  }

  boolean dropsOfScope(String name) {
    return droppedOfScope.has(name);
  }

  boolean dropsOfLog(String name) {
    return droppedOfLog.has(name);
  }

  boolean severityTextAsLabel() {
    return severityTextAsLabel;
  }
}

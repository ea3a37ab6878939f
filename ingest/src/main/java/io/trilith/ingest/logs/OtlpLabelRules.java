package io.trilith.ingest.logs;

import io.trilith.config.LogIngestConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What becomes of OpenTelemetry's attributes. Thread-safe. */
final class OtlpLabelRules {
  /** Where an attribute of a resource goes. */
  enum Place {
    LABEL,
    METADATA,
    DROPPED
  }

  /** Names, and beginnings of names that were written with a star. */
  private record Names(Set<String> whole, List<String> beginnings) {
    static Names of(List<String> names) {
      return new Names(
          names.stream()
              .filter(name -> !name.endsWith("*"))
              .collect(Collectors.toUnmodifiableSet()),
          names.stream()
              .filter(name -> name.endsWith("*"))
              .map(name -> name.substring(0, name.length() - 1))
              .toList());
    }

    boolean has(String name) {
      if (whole.contains(name)) {
        return true;
      }
      for (String beginning : beginnings) {
        if (name.startsWith(beginning)) {
          return true;
        }
      }
      return false;
    }
  }

  private final Names labels;
  private final Names metadata;
  private final Names droppedOfResource;
  private final Names droppedOfScope;
  private final Names droppedOfLog;
  private final boolean severityTextAsLabel;

  OtlpLabelRules(LogIngestConfig config) {
    this.labels = Names.of(config.otlpIndexLabels());
    this.metadata = Names.of(config.otlpStructuredMetadata());
    this.droppedOfResource = Names.of(config.otlpDropResourceAttributes());
    this.droppedOfScope = Names.of(config.otlpDropScopeAttributes());
    this.droppedOfLog = Names.of(config.otlpDropLogAttributes());
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

package io.trilith.query.loki;

import java.time.Duration;
import java.util.List;

/**
 * What clients are told of the server, by Loki's names.
 *
 * @param retention age at which entries expire, zero for never
 * @param maxLineSize bytes
 * @param otlpIndexLabels resource attributes that become labels
 */
public record LokiFacts(
    String version,
    Duration retention,
    int seriesMax,
    long maxLineSize,
    boolean maxLineSizeTruncate,
    boolean discoverLogLevels,
    List<String> discoverServiceName,
    List<String> logLevelFields,
    List<String> otlpIndexLabels) {
  public LokiFacts {
    discoverServiceName = List.copyOf(discoverServiceName);
    logLevelFields = List.copyOf(logLevelFields);
    otlpIndexLabels = List.copyOf(otlpIndexLabels);
  }
}

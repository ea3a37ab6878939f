package io.trilith.ingest.metrics;

import io.trilith.config.ConfigReader;
import io.trilith.config.OtlpMetricsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Configurations of tests. */
final class OtlpConfigs {
  private OtlpConfigs() {}

  /** With keys of the section, each before its value. */
  static OtlpMetricsConfig with(String... keysAndValues) {
    List<String> sets = new ArrayList<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      sets.add("otlp-metrics." + keysAndValues[i] + "=" + keysAndValues[i + 1]);
    }
    return new ConfigReader(Map.of()).read(null, sets).otlpMetrics();
  }
}

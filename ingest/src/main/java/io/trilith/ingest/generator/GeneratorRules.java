package io.trilith.ingest.generator;

import io.trilith.config.LimitsConfig;
import io.trilith.config.MetricsGeneratorConfig;
import io.trilith.config.ServiceGraphsConfig;
import io.trilith.config.SpanMetricsConfig;

/** What is made of spans and which names and values its labels may have. */
public record GeneratorRules(
    MetricsGeneratorConfig writing,
    SpanMetricsConfig spans,
    ServiceGraphsConfig graphs,
    LimitsConfig limits) {
  /** Everything at its default. */
  public static GeneratorRules defaults() {
    return new GeneratorRules(
        MetricsGeneratorConfig.defaults(),
        SpanMetricsConfig.defaults(),
        ServiceGraphsConfig.defaults(),
        LimitsConfig.defaults());
  }
}

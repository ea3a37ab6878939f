package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** When and how metrics that are made of spans are written. */
public record MetricsGeneratorConfig(
    @Key(doc = "Make metrics of spans. Grafana's service map needs them.", value = "true")
        boolean enabled,
    @Key(doc = "How often the metrics are written.", value = "15s") Duration interval,
    @Key(doc = "Time without a span after which a series ends, with a stale marker.", value = "15m")
        Duration staleAfter,
    @Key(
            doc =
                "Series one tenant may have at once. Of more, each metric has one series metric_overflow=\"true\"; 0 allows any number.",
            value = "100000")
        int maxActiveSeries,
    @Key(doc = "Histograms with classic buckets, as native histograms, or both.", value = "classic")
        Histograms histograms,
    @Key(doc = "Labels that all series get, each as name=value.", value = "")
        List<String> externalLabels) {

  /** The kinds of histograms to write. */
  public enum Histograms {
    CLASSIC,
    NATIVE,
    BOTH;

    public boolean classic() {
      return this != NATIVE;
    }

    public boolean exponential() {
      return this != CLASSIC;
    }
  }

  public MetricsGeneratorConfig {
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("metrics-generator.interval must be at least 1s");
    }
    if (staleAfter.compareTo(interval) < 0) {
      throw new IllegalArgumentException(
          "metrics-generator.stale-after must not be shorter than metrics-generator.interval");
    }
    for (String label : externalLabels) {
      if (label.indexOf('=') < 1) {
        throw new IllegalArgumentException(
            "metrics-generator.external-labels: '" + label + "' is not name=value");
      }
    }
    externalLabels = List.copyOf(externalLabels);
  }

  /** Everything at its default. */
  public static MetricsGeneratorConfig defaults() {
    return Binder.defaults(MetricsGeneratorConfig.class);
  }
}

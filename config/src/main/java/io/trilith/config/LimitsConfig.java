package io.trilith.config;

import java.time.Duration;

/** What one tenant's data may look like. Beyond a limit the item is refused with its name. */
public record LimitsConfig(
    @Key(doc = "Longest label name, in bytes of UTF-8.", value = "1024") int labelNameMax,
    @Key(doc = "Longest label value, in bytes of UTF-8.", value = "2048") int labelValueMax,
    @Key(doc = "Labels one series may have, its name included.", value = "64")
        int labelsPerSeriesMax,
    @Key(doc = "Buckets one histogram may have, positive and negative together.", value = "1024")
        int histogramBucketsMax,
    @Key(doc = "Longest help text and unit of a metric, in bytes; cut beyond it.", value = "1024")
        int metadataMax,
    @Key(
            doc =
                "Delta series per tenant whose running total is kept in memory to make them cumulative; the one unused longest starts anew.",
            value = "100000")
        int deltaSeriesMax,
    @Key(
            doc = "How deep attribute values of OpenTelemetry may be nested in one another.",
            value = "32")
        int attributeDepthMax,
    @Key(
            doc =
                "Series a tenant may have in memory, those of its heads and those known from the heads before; a sample of one more is refused. auto: one for each 100 bytes of memory.heads, as much as the heap can carry. 0: no limit.",
            value = "auto")
        Count maxGlobalSeriesPerUser,
    @Key(
            doc = "The same, for who writes it so; 0 leaves it to max-global-series-per-user.",
            value = "0")
        int maxSeries,
    @Key(
            doc =
                "Series of one metric that a tenant may have in memory; a sample of one more is refused. 0: no limit.",
            value = "0")
        int maxSeriesPerMetric,
    @Key(
            doc =
                "A series counts as long as it has samples: one without any for this long goes when the next head begins.",
            value = "20m")
        Duration activeSeriesIdle,
    @Key(
            doc =
                "File of limits by tenant, under the names of Mimir, Loki and Tempo. Empty: all tenants have the same.")
        String overridesFile,
    @Key(
            doc =
                "How often that file is looked at for changes. A file that is wrong changes nothing.",
            value = "10s")
        Duration overridesPeriod) {
  public LimitsConfig {
    if (overridesPeriod.isZero() || overridesPeriod.isNegative()) {
      throw new IllegalArgumentException("limits.overrides-period must be longer than 0s");
    }
    positive("label-name-max", labelNameMax);
    positive("label-value-max", labelValueMax);
    positive("labels-per-series-max", labelsPerSeriesMax);
    positive("histogram-buckets-max", histogramBucketsMax);
    positive("metadata-max", metadataMax);
    positive("delta-series-max", deltaSeriesMax);
    positive("attribute-depth-max", attributeDepthMax);
  }

  /** Series a tenant may have in memory. */
  public int seriesMax() {
    int max = maxGlobalSeriesPerUser.value();
    return max <= 0 ? Integer.MAX_VALUE : max;
  }

  /** Series of one metric a tenant may have in memory. */
  public int seriesPerMetricMax() {
    return maxSeriesPerMetric <= 0 ? Integer.MAX_VALUE : maxSeriesPerMetric;
  }

  private static void positive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("limits." + key + " must be at least 1");
    }
  }

  /** Every limit at its default; series are not limited. */
  public static LimitsConfig defaults() {
    return new LimitsConfig(
        1024,
        2048,
        64,
        1024,
        1024,
        100_000,
        32,
        new Count(0),
        0,
        0,
        Duration.ofMinutes(20),
        "",
        Duration.ofSeconds(10));
  }
}

package io.trilith.config;

import java.time.Duration;

/** What one query of traces may cost. Beyond a limit the query is refused with its name. */
public record TraceQueryConfig(
    @Key(doc = "Longest TraceQL text.", value = "128KiB") ByteSize querySize,
    @Key(doc = "Traces a search returns when it does not say how many.", value = "20")
        int limitDefault,
    @Key(doc = "Traces a search may ask for.", value = "262144") int limitMax,
    @Key(doc = "Spans per span set a search returns when it does not say how many.", value = "3")
        int spansPerSetDefault,
    @Key(doc = "Spans per span set a search may ask for.", value = "100") int spansPerSetMax,
    @Key(doc = "Longest time range of a search; 0 allows any.", value = "168h")
        Duration searchRangeMax,
    @Key(doc = "Longest time range of a metrics query; 0 allows any.", value = "24h")
        Duration metricsRangeMax,
    @Key(doc = "Points one series of a metrics query may have.", value = "10000") int pointsMax,
    @Key(doc = "Series one metrics query may make.", value = "10000") int seriesMax,
    @Key(doc = "Exemplars of a metrics query.", value = "100") int exemplarsMax,
    @Key(doc = "Spans one query may look at.", value = "50000000") long spansExaminedMax,
    @Key(
            doc = "Spans of one trace that are held at once; the rest of a larger one is left out.",
            value = "200000")
        int traceSpansMax,
    @Key(doc = "Distinct names or values a tag query returns.", value = "10000") int tagsMax) {
  public TraceQueryConfig {
    if (limitDefault < 1 || limitMax < limitDefault) {
      throw new IllegalArgumentException("trace-query.limit-max is below limit-default");
    }
    if (spansPerSetDefault < 1 || spansPerSetMax < spansPerSetDefault) {
      throw new IllegalArgumentException("trace-query.spans-per-set-max is below its default");
    }
    if (pointsMax < 1
        || seriesMax < 1
        || traceSpansMax < 1
        || spansExaminedMax < 1
        || tagsMax < 1) {
      throw new IllegalArgumentException("trace-query: every limit must be at least 1");
    }
  }

  /** Every limit at its default. */
  public static TraceQueryConfig defaults() {
    return new TraceQueryConfig(
        ByteSize.parse("128KiB"),
        20,
        262_144,
        3,
        100,
        Duration.ofHours(168),
        Duration.ofHours(24),
        10_000,
        10_000,
        100,
        50_000_000,
        200_000,
        10_000);
  }
}

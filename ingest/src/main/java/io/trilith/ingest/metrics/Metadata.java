package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;

/** What remote write says about metrics, within limits. */
final class Metadata {
  private static final MetricMetadata.Type[] TYPES = MetricMetadata.Type.values();

  private Metadata() {}

  /** Adds what is said of a metric family; the type is the wire's number. */
  static void add(
      MetricBatch batch, LimitsConfig limits, String family, long type, String unit, String help) {
    if (!family.isEmpty() && family.length() <= limits.labelValueMax()) {
      batch.addMetadata(
          family, new MetricMetadata(type(type), cut(unit, limits), cut(help, limits)));
    }
  }

  private static MetricMetadata.Type type(long number) {
    return number > 0 && number < TYPES.length ? TYPES[(int) number] : MetricMetadata.Type.UNKNOWN;
  }

  private static String cut(String text, LimitsConfig limits) {
    return text.length() <= limits.metadataMax() ? text : text.substring(0, limits.metadataMax());
  }

  /**
   * The family of a series' metric: remote write 2 says type, unit and help of the series {@code
   * x_bucket}, but users ask for {@code x}.
   */
  static String family(String metric, long type) {
    return switch (type(type)) {
      case HISTOGRAM, GAUGE_HISTOGRAM -> without(metric, "_bucket", "_count", "_sum");
      case SUMMARY -> without(metric, "_count", "_sum");
      case UNKNOWN, COUNTER, GAUGE, INFO, STATE_SET -> metric;
    };
  }

  private static String without(String metric, String... suffixes) {
    for (String suffix : suffixes) {
      if (metric.endsWith(suffix) && metric.length() > suffix.length()) {
        return metric.substring(0, metric.length() - suffix.length());
      }
    }
    return metric;
  }
}

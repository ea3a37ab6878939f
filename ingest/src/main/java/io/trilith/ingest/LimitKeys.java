package io.trilith.ingest;

import io.trilith.storage.model.Signal;

/** The keys of the configuration that decide whether an item is refused. */
final class LimitKeys {
  private LimitKeys() {}

  /** The key behind a reason, empty when no key can help. */
  static String of(Signal signal, String reason) {
    if (reason.equals(Rejections.OUTSIDE_RETENTION)) {
      return "retention"; // the default, a policy or retention.future-max: the message says which
    }
    if (reason.equals(Rejections.RATE_LIMITED)) {
      return "limits.overrides-file";
    }
    return switch (signal) {
      case METRICS -> ofMetrics(reason);
      case LOGS -> ofLogs(reason);
      case TRACES -> ofTraces(reason);
    };
  }

  private static String ofMetrics(String reason) {
    return switch (reason) {
      case "too_many_labels" -> "limits.labels-per-series-max";
      case "label_name_too_long" -> "limits.label-name-max";
      case "label_value_too_long", "label_left_out" -> "limits.label-value-max";
      case "too_many_buckets" -> "limits.histogram-buckets-max";
      case "nested_too_deep" -> "limits.attribute-depth-max";
      case "series_limit" -> "limits.max-global-series-per-user";
      case "max_series_per_metric" -> "limits.max-series-per-metric";
      case "too_many_ha_clusters" -> "ha-dedupe.clusters-max";
      case "overwritten", "delta_out_of_order" -> "otlp-metrics.promote-scope-metadata";
      default -> "";
    };
  }

  private static String ofLogs(String reason) {
    return switch (reason) {
      case "line_too_long" -> "log-limits.max-line-size";
      case "structured_metadata_too_many" -> "log-limits.max-structured-metadata-entries-count";
      case "structured_metadata_too_large" -> "log-limits.max-structured-metadata-size";
      case "greater_than_max_sample_age" -> "log-limits.reject-old-samples-max-age";
      case "too_far_in_future" -> "log-limits.creation-grace-period";
      case "per_stream_rate_limit" -> "log-limits.per-stream-rate-limit";
      case "stream_limit", "too_many_streams" -> "log-limits.max-global-streams-per-user";
      case "nested_too_deep" -> "log-limits.attribute-depth-max";
      default -> "";
    };
  }

  private static String ofTraces(String reason) {
    return switch (reason) {
      case "nested_too_deep" -> "trace-limits.attribute-depth-max";
      case "too_many_attributes" -> "trace-limits.attributes-max";
      case "name_too_long" -> "trace-limits.name-max";
      case "too_many_events" -> "trace-limits.events-max";
      case "too_many_links" -> "trace-limits.links-max";
      case "span_too_large" -> "trace-limits.span-size";
      case "trace_too_large" -> "trace-limits.max-bytes-per-trace";
      default -> "";
    };
  }
}

package io.trilith.config;

import java.time.Duration;

/**
 * What one tenant's log entries may look like, by the names that Loki has for it. Beyond a limit
 * the entry is refused with its name; the others of its request are kept.
 */
public record LogLimitsConfig(
    @Key(doc = "Longest line, in bytes.", value = "256KiB") ByteSize maxLineSize,
    @Key(
            doc = "Cut a line that is longer to max-line-size instead of refusing it.",
            value = "false")
        boolean maxLineSizeTruncate,
    @Key(
            doc =
                "What a cut line ends with, within max-line-size; nothing by default. Loki: max_line_size_truncate_identifier.",
            value = "")
        String maxLineSizeTruncateIdentifier,
    @Key(doc = "Labels one stream may have.", value = "15") int maxLabelNamesPerSeries,
    @Key(doc = "Longest label name of a stream, in bytes of UTF-8.", value = "1024")
        int maxLabelNameLength,
    @Key(doc = "Longest label value of a stream, in bytes of UTF-8.", value = "2048")
        int maxLabelValueLength,
    @Key(doc = "Structured metadata of one entry, names and values.", value = "64KiB")
        ByteSize maxStructuredMetadataSize,
    @Key(doc = "Structured metadata entries one log entry may have.", value = "128")
        int maxStructuredMetadataEntriesCount,
    @Key(
            doc =
                "Refuse entries older than reject-old-samples-max-age, as Loki does by default; here entries of any age that retention keeps are taken.",
            value = "false")
        boolean rejectOldSamples,
    @Key(doc = "Oldest entry when reject-old-samples is true.", value = "1w")
        Duration rejectOldSamplesMaxAge,
    @Key(
            doc =
                "How far ahead of the clock an entry may lie; 0 leaves it to retention.future-max. Loki: 10m.",
            value = "0")
        Duration creationGracePeriod,
    @Key(
            doc =
                "Bytes of lines one stream may bring per second; what is beyond gets 429. 0 takes any. Loki: 3MB.",
            value = "0")
        ByteSize perStreamRateLimit,
    @Key(
            doc = "Bytes one stream may bring at once when per-stream-rate-limit is set.",
            value = "15MB")
        ByteSize perStreamRateLimitBurst,
    @Key(
            doc =
                "Streams one tenant may have in memory at once, since its last flush; entries of further ones get"
                    + " 429, and a flush (one a second at most) makes room for them; those of a request that alone has more get 400. 0 takes any number.",
            value = "5000")
        int maxGlobalStreamsPerUser,
    @Key(
            doc = "How deep attribute values of OpenTelemetry may be nested in one another.",
            value = "32")
        int attributeDepthMax) {
  public LogLimitsConfig {
    positive("max-line-size", maxLineSize.bytes());
    positive("max-label-names-per-series", maxLabelNamesPerSeries);
    positive("max-label-name-length", maxLabelNameLength);
    positive("max-label-value-length", maxLabelValueLength);
    positive("max-structured-metadata-entries-count", maxStructuredMetadataEntriesCount);
    positive("attribute-depth-max", attributeDepthMax);
    if (rejectOldSamples) {
      positive("reject-old-samples-max-age", rejectOldSamplesMaxAge.toMillis());
    }
    if (perStreamRateLimit.bytes() > 0) {
      positive("per-stream-rate-limit-burst", perStreamRateLimitBurst.bytes());
    }
  }

  private static void positive(String key, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("log-limits." + key + " must be at least 1");
    }
  }

  /** Every limit at its default. */
  public static LogLimitsConfig defaults() {
    return Binder.defaults(LogLimitsConfig.class);
  }
}

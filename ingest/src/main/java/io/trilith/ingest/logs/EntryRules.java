package io.trilith.ingest.logs;

import io.trilith.config.LogLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.model.Labels;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What an entry may be, worded as Loki words it. Thread-safe. */
final class EntryRules {
  private final LogLimitsConfig limits;
  private final long oldest;
  private final long latest;
  private final Duration maxAge;

  /**
   * Why an entry is refused.
   *
   * @param reason a fixed word for the own metrics
   */
  record Problem(String reason, String message) {}

  EntryRules(LogLimitsConfig limits, long nowNanos) {
    this.limits = limits;
    this.maxAge = limits.rejectOldSamplesMaxAge();
    this.oldest = limits.rejectOldSamples() ? minus(nowNanos, maxAge) : Long.MIN_VALUE;
    Duration grace = limits.creationGracePeriod();
    this.latest = grace.isZero() ? Long.MAX_VALUE : minus(nowNanos, grace.negated());
  }

  private static long minus(long nanos, Duration by) {
    BigDecimal at = BigDecimal.valueOf(nanos).subtract(nanosOf(by));
    return at.max(BigDecimal.valueOf(Long.MIN_VALUE))
        .min(BigDecimal.valueOf(Long.MAX_VALUE))
        .longValue();
  }

  private static BigDecimal nanosOf(Duration by) {
    return BigDecimal.valueOf(by.getSeconds())
        .movePointRight(9)
        .add(BigDecimal.valueOf(by.getNano()));
  }

  /** Null when nothing is wrong with the entry. A line that would be cut is not too long. */
  @Nullable Problem problem(Labels stream, long time, int length, EntryMetadata metadata) {
    if (time < 0) {
      return new Problem(
          "bad_timestamp",
          "entry for stream " + shown(stream) + " has a timestamp before 1970: " + time);
    }
    if (time < oldest) {
      return new Problem(
          "greater_than_max_sample_age",
          "entry for stream "
              + shown(stream)
              + " has timestamp too old: "
              + text(time)
              + ", oldest acceptable timestamp is: "
              + text(oldest)
              + " (log-limits.reject-old-samples-max-age)");
    }
    if (time > latest) {
      return new Problem(
          "too_far_in_future",
          "entry for stream "
              + shown(stream)
              + " has timestamp too new: "
              + text(time)
              + " (log-limits.creation-grace-period)");
    }
    if (length > limits.maxLineSize().bytes() && !limits.maxLineSizeTruncate()) {
      return new Problem(
          "line_too_long",
          "max entry size '"
              + limits.maxLineSize().bytes()
              + "' bytes exceeded for stream "
              + shown(stream)
              + " while adding an entry with length '"
              + length
              + "' bytes and timestamp "
              + text(time)
              + " (log-limits.max-line-size)");
    }
    return metadata(stream, time, metadata);
  }

  private @Nullable Problem metadata(Labels stream, long time, EntryMetadata metadata) {
    if (metadata.size() > limits.maxStructuredMetadataEntriesCount()) {
      return new Problem(
          "structured_metadata_too_many",
          "stream "
              + shown(stream)
              + " has too many structured metadata labels: '"
              + metadata.size()
              + "', limit: '"
              + limits.maxStructuredMetadataEntriesCount()
              + "', in the entry with timestamp "
              + text(time)
              + " (log-limits.max-structured-metadata-entries-count)");
    }
    long size = metadata.bytes();
    if (size > limits.maxStructuredMetadataSize().bytes()) {
      return new Problem(
          "structured_metadata_too_large",
          "stream "
              + shown(stream)
              + " has structured metadata too large: '"
              + size
              + "' bytes, limit: '"
              + limits.maxStructuredMetadataSize().bytes()
              + "' bytes, in the entry with timestamp "
              + text(time)
              + " (log-limits.max-structured-metadata-size)");
    }
    return null;
  }

  private static String text(long nanos) {
    return Instant.EPOCH.plusNanos(nanos).toString();
  }

  static String shown(Labels stream) {
    return Rejections.quoted(stream.toString());
  }
}

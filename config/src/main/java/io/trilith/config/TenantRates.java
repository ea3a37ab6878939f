package io.trilith.config;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** How fast and how much a tenant may send and ask; 0 is no limit. */
public record TenantRates(Metrics metrics, Logs logs, Traces traces, Queries queries) {
  /** No limits. */
  public static final TenantRates NONE =
      new TenantRates(
          Binder.defaults(Metrics.class),
          Binder.defaults(Logs.class),
          Binder.defaults(Traces.class),
          Binder.defaults(Queries.class));

  /** Of metrics, under Mimir's names. */
  public record Metrics(
      @Key(doc = "Requests a second.", value = "0") double requestRate,
      @Key(doc = "Requests at once.", value = "0") int requestBurstSize,
      @Key(doc = "Samples a second.", value = "0") double ingestionRate,
      @Key(doc = "Samples at once.", value = "0") int ingestionBurstSize) {
    public Metrics {
      notNegative("request_rate", requestRate);
      notNegative("ingestion_rate", ingestionRate);
    }
  }

  /** Of logs, under Loki's names. */
  public record Logs(
      @Key(doc = "MiB of lines and metadata a second.", value = "0") double ingestionRateMb,
      @Key(doc = "MiB at once.", value = "0") double ingestionBurstSizeMb,
      @Key(doc = "A time in RFC 3339 before which nothing is taken.") String blockIngestionUntil) {
    public Logs {
      notNegative("ingestion_rate_mb", ingestionRateMb);
      notNegative("ingestion_burst_size_mb", ingestionBurstSizeMb);
      if (!blockIngestionUntil.isEmpty()) {
        Instant _ = until(blockIngestionUntil);
      }
    }

    /** Before this nothing is taken. */
    public Instant blockedUntil() {
      return blockIngestionUntil.isEmpty() ? Instant.MIN : until(blockIngestionUntil);
    }

    private static Instant until(String text) {
      try {
        return Instant.parse(text);
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(
            "block_ingestion_until: '" + text + "' is no time such as 2026-01-31T00:00:00Z", e);
      }
    }
  }

  /** Of traces, under Tempo's names. */
  public record Traces(
      @Key(doc = "Bytes a second.", value = "0") long rateLimitBytes,
      @Key(doc = "Bytes at once.", value = "0") long burstSizeBytes) {}

  /** Of queries. */
  public record Queries(
      @Key(doc = "From start to end of one query.", value = "0") Duration maxQueryLength,
      @Key(doc = "Series one query may touch.", value = "0") int maxFetchedSeriesPerQuery,
      @Key(doc = "Tails at once.", value = "0") int maxConcurrentTailRequests,
      @Key(doc = "Queries at once.", value = "0") int maxConcurrent) {}

  private static void notNegative(String key, double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(key + " must not be negative");
    }
  }
}

package io.trilith.ingest.limit;

import io.trilith.config.ConfigException;
import io.trilith.config.Overrides;
import io.trilith.config.TenantLimits;
import io.trilith.config.TenantRates;
import io.trilith.net.HttpStatusException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each tenant may send, from the configuration and {@code limits.overrides-file}, which is
 * read again when it has changed; and how much of it has come. A file that is wrong stops the
 * start, and later changes nothing. Thread-safe.
 */
public final class Limits {
  private static final Logger log = LoggerFactory.getLogger(Limits.class);

  /** Full buckets beyond this number are let go: they say nothing. */
  private static final int BUCKETS_MAX = 10_000;

  private static final double MEBIBYTE = 1 << 20;

  private final TenantLimits base;
  private final @Nullable Path file;
  private final Runnable failure;
  private final InstantSource clock;
  private final Map<Key, RateBucket> buckets = new ConcurrentHashMap<>();
  private volatile String state = "";
  private volatile Map<String, TenantLimits> byTenant = Map.of();

  /** What comes at a rate. */
  private enum Rate {
    REQUESTS,
    SAMPLES,
    LOG_BYTES,
    TRACE_BYTES
  }

  private record Key(TenantId tenant, Rate rate, double perSecond, double burst) {}

  /**
   * The limits of a server.
   *
   * @param base of tenants that the file does not name
   * @param failure is run when a file that is read again is wrong
   * @throws ConfigException naming the file, its line and what is wrong
   */
  public Limits(TenantLimits base, InstantSource clock, Runnable failure) {
    String named = base.metrics().overridesFile();
    this.base = base;
    this.clock = clock;
    this.failure = failure;
    this.file = named.isEmpty() ? null : Path.of(named);
    if (file != null) {
      state = state(file);
      byTenant = Overrides.read(file, base);
    }
  }

  /** The same for all tenants, and no rates. */
  public static Limits of(TenantLimits base) {
    return new Limits(base, InstantSource.system(), () -> {});
  }

  /** What a tenant may send. The same object until the file changes. */
  public TenantLimits of(TenantId tenant) {
    return byTenant.getOrDefault(tenant.value(), base);
  }

  /** Of tenants that the file does not name. */
  public TenantLimits base() {
    return base;
  }

  /** Reads the file again when it has changed; one that is wrong changes nothing. */
  public void reload() {
    if (file == null) {
      return;
    }
    String now = state(file);
    if (now.equals(state)) {
      return;
    }
    state = now;
    try {
      byTenant = Overrides.read(file, base);
      log.info("limits.overrides-file {} was read again: {} tenants", file, byTenant.size());
    } catch (ConfigException e) {
      failure.run();
      log.error(
          "limits.overrides-file {} was not read again, the limits of before go on: {}",
          file,
          e.getMessage());
    }
  }

  private static String state(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return bytes.length + ":" + Arrays.hashCode(bytes);
    } catch (IOException e) {
      return "none";
    }
  }

  private long now() {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** Counts a request of metrics. Throws LimitExceededException when there are too many. */
  public void request(TenantId tenant) {
    TenantRates.Metrics rates = of(tenant).rates().metrics();
    if (rates.requestRate() > 0) {
      double burst = Math.max(rates.requestBurstSize(), 1);
      Key key = new Key(tenant, Rate.REQUESTS, rates.requestRate(), burst);
      long wait = take(key, 1);
      if (wait > 0) {
        throw busy(
            "request_rate of tenant "
                + tenant
                + " is "
                + text(rates.requestRate())
                + " requests/s with bursts of "
                + text(burst)
                + " (limits.overrides-file)",
            wait);
      }
    }
  }

  /**
   * Counts samples that are about to be stored.
   *
   * @throws LimitExceededException when they may come later
   * @throws TooLargeException when they never can at once
   */
  public void samples(TenantId tenant, long samples) {
    TenantRates.Metrics rates = of(tenant).rates().metrics();
    if (rates.ingestionRate() > 0) {
      double burst = Math.max(rates.ingestionBurstSize(), rates.ingestionRate());
      String words =
          "ingestion_rate of tenant "
              + tenant
              + " is "
              + text(rates.ingestionRate())
              + " samples/s with bursts of "
              + text(burst)
              + "; this request has "
              + samples
              + " (limits.overrides-file)";
      Key key = new Key(tenant, Rate.SAMPLES, rates.ingestionRate(), burst);
      take(key, (double) samples, words, "ingestion_burst_size");
    }
  }

  /** Counts bytes of lines and structured metadata; throws as {@link #samples}. */
  public void logBytes(TenantId tenant, long bytes, long lines) {
    TenantRates.Logs rates = of(tenant).rates().logs();
    if (rates.ingestionRateMb() > 0) {
      double rate = rates.ingestionRateMb() * MEBIBYTE;
      double burst = Math.max(rates.ingestionBurstSizeMb() * MEBIBYTE, rate);
      String words =
          "Ingestion rate limit exceeded for user "
              + tenant
              + " (limit: "
              + text(rate)
              + " bytes/sec) while attempting to ingest '"
              + lines
              + "' lines totaling '"
              + bytes
              + "' bytes, reduce log volume or raise ingestion_rate_mb of tenant "
              + tenant
              + " (limits.overrides-file)";
      take(
          new Key(tenant, Rate.LOG_BYTES, rate, burst),
          (double) bytes,
          words,
          "ingestion_burst_size_mb");
    }
  }

  /** Throws HttpStatusException while a tenant may not send logs. */
  public void logsAreOpen(TenantId tenant) {
    Instant until = of(tenant).rates().logs().blockedUntil();
    if (until.isAfter(clock.instant())) {
      throw new HttpStatusException(
          403,
          "ingestion of logs is blocked for tenant "
              + tenant
              + " until "
              + until
              + " (block_ingestion_until in limits.overrides-file)");
    }
  }

  /** Counts bytes of spans as they were sent; throws as {@link #samples}. */
  public void traceBytes(TenantId tenant, long bytes) {
    TenantRates.Traces rates = of(tenant).rates().traces();
    if (rates.rateLimitBytes() > 0) {
      double burst = (double) Math.max(rates.burstSizeBytes(), rates.rateLimitBytes());
      String words =
          "RATE_LIMITED: ingestion rate limit (rate_limit_bytes: "
              + rates.rateLimitBytes()
              + " bytes, burst_size_bytes: "
              + text(burst)
              + ") exceeded while adding "
              + bytes
              + " bytes for user "
              + tenant
              + " (limits.overrides-file)";
      Key key = new Key(tenant, Rate.TRACE_BYTES, (double) rates.rateLimitBytes(), burst);
      take(key, (double) bytes, words, "burst_size_bytes");
    }
  }

  private void take(Key key, double amount, String words, String burst) {
    if (amount > key.burst()) {
      throw new TooLargeException(
          words + "; it is larger than " + burst + " and can never pass: send smaller requests");
    }
    long wait = take(key, amount);
    if (wait > 0) {
      throw busy(words, wait);
    }
  }

  private long take(Key key, double amount) {
    long now = now();
    if (buckets.size() > BUCKETS_MAX) {
      buckets.values().removeIf(bucket -> bucket.isFull(now));
    }
    return buckets
        .computeIfAbsent(key, made -> new RateBucket(made.perSecond(), made.burst(), now))
        .take(amount, now);
  }

  /** Clients that were refused together do not come again together. */
  private static LimitExceededException busy(String words, long waitNanos) {
    double seconds = waitNanos / 1e9 * (1 + ThreadLocalRandom.current().nextDouble() / 4);
    return LimitExceededException.busy(words, (int) Math.clamp(Math.ceil(seconds), 1, 3600));
  }

  private static String text(double number) {
    return number == Math.rint(number)
        ? Long.toString((long) number)
        : String.format(Locale.ROOT, "%.2f", number);
  }
}

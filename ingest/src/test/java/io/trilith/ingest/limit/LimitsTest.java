package io.trilith.ingest.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trilith.config.ConfigException;
import io.trilith.config.LimitsConfig;
import io.trilith.config.LogLimitsConfig;
import io.trilith.config.TenantLimits;
import io.trilith.config.TenantRates;
import io.trilith.config.TraceLimitsConfig;
import io.trilith.net.HttpStatusException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LimitsTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");

  @TempDir private Path directory = Path.of("");
  private Path file = Path.of("");
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final AtomicInteger failures = new AtomicInteger();

  @BeforeEach
  void name() {
    file = directory.resolve("overrides.yml");
  }

  private Limits limits(String text) throws IOException {
    Files.writeString(file, text);
    LimitsConfig all = LimitsConfig.defaults();
    LimitsConfig named =
        new LimitsConfig(
            all.labelNameMax(),
            all.labelValueMax(),
            all.labelsPerSeriesMax(),
            all.histogramBucketsMax(),
            all.metadataMax(),
            all.deltaSeriesMax(),
            all.attributeDepthMax(),
            all.maxGlobalSeriesPerUser(),
            0,
            80_000,
            Duration.ofMinutes(20),
            file.toString(),
            Duration.ofSeconds(1));
    TenantLimits base =
        new TenantLimits(
            named, LogLimitsConfig.defaults(), TraceLimitsConfig.defaults(), TenantRates.NONE);
    return new Limits(base, () -> now, failures::incrementAndGet);
  }

  private static final String NAMES_OF_OTHERS =
      """
      overrides:
        acme:
          metrics: {max_global_series_per_user: 10, max_global_series_per_metric: 5, max_label_names_per_series: 7}
          logs: {max_line_size: 1KB, max-global-streams-per-user: 3}
          traces: {max_bytes_per_trace: 2000, ingestion: {rate_limit_bytes: 10, burst_size_bytes: 20}}
          queries: {max_query_length: 1h, max_fetched_series_per_query: 5}
        "a.b": {}
      """;

  @Test
  void namesAreThoseOfMimirLokiAndTempoAndWhatIsNotNamedStays() throws IOException {
    Limits limits = limits(NAMES_OF_OTHERS);
    TenantLimits own = limits.of(ACME);
    assertThat(own.metrics().seriesMax()).isEqualTo(10);
    assertThat(own.metrics().seriesPerMetricMax()).isEqualTo(5);
    assertThat(own.metrics().labelsPerSeriesMax()).isEqualTo(7);
    assertThat(own.metrics().labelValueMax()).isEqualTo(2048);
    assertThat(own.logs().maxLineSize().bytes()).isEqualTo(1024);
    assertThat(own.logs().maxGlobalStreamsPerUser()).isEqualTo(3);
    assertThat(own.traces().maxBytesPerTrace().bytes()).isEqualTo(2000);
    assertThat(own.rates().traces().burstSizeBytes()).isEqualTo(20);
    assertThat(own.rates().queries().maxQueryLength()).isEqualTo(Duration.ofHours(1));
    assertThat(limits.of(OTHER)).isSameAs(limits.base());
    assertThat(limits.of(ACME)).isSameAs(own);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "overrides: [",
        "overrides: {acme: {metrics: {max_globl_series: 1}}}",
        "overrides: {acme: {metrics: {ingestion_rate: -1}}}",
        "overrides: {acme: {metrics: {ingestion_rate: many}}}",
        "overrides: {acme: {metrix: {ingestion_rate: 1}}}",
        "overrides: {acme: {metrics: {overrides_file: x}}}",
        "overrides: {acme: {logs: {block_ingestion_until: soon}}}",
        "acme: {metrics: {ingestion_rate: 1}}",
      })
  void aWrongFileStopsTheStartAndLaterChangesNothing(String wrong) throws IOException {
    assertThatThrownBy(() -> limits(wrong)).isInstanceOf(ConfigException.class);
    Limits limits = limits(NAMES_OF_OTHERS);
    Files.writeString(file, wrong);
    limits.reload();
    limits.reload();
    assertThat(failures).hasValue(1);
    assertThat(limits.of(ACME).metrics().seriesMax()).isEqualTo(10);
    Files.writeString(file, NAMES_OF_OTHERS.replace("user: 10", "user: 11"));
    limits.reload();
    assertThat(limits.of(ACME).metrics().seriesMax()).isEqualTo(11);
  }

  @Test
  void aBurstIsTakenTheRestComesAtTheRate() throws IOException {
    Limits limits =
        limits("overrides: {acme: {metrics: {ingestion_rate: 100, ingestion_burst_size: 200}}}");
    limits.samples(ACME, 150);
    limits.samples(ACME, 50);
    LimitExceededException full =
        catchThrowableOfType(LimitExceededException.class, () -> limits.samples(ACME, 150));
    assertThat(full).hasMessageContainingAll("ingestion_rate", "acme", "100", "200", "150");
    assertThat(full.retryAfter()).isBetween(2, 3);
    now = now.plusMillis(1499);
    assertThatThrownBy(() -> limits.samples(ACME, 150)).isInstanceOf(LimitExceededException.class);
    now = now.plusMillis(2);
    limits.samples(ACME, 150);
    assertThatThrownBy(() -> limits.samples(ACME, 201))
        .isInstanceOf(TooLargeException.class)
        .hasMessageContaining("ingestion_burst_size");
    assertThatCode(() -> limits.samples(OTHER, 1_000_000)).doesNotThrowAnyException();
  }

  @Test
  void aBucketNeverHoldsMoreThanItsBurst() throws IOException {
    Limits limits =
        limits("overrides: {acme: {metrics: {request_rate: 5, request_burst_size: 10}}}");
    now = now.plus(Duration.ofDays(1));
    for (int i = 0; i < 10; i++) {
      limits.request(ACME);
    }
    assertThatThrownBy(() -> limits.request(ACME)).isInstanceOf(LimitExceededException.class);
  }

  @Test
  void logsMayBeBlockedUntilATime() throws IOException {
    Limits limits =
        limits("overrides: {acme: {logs: {block_ingestion_until: \"2026-01-02T00:00:00Z\"}}}");
    assertThatThrownBy(() -> limits.logsAreOpen(ACME)).isInstanceOf(HttpStatusException.class);
    now = now.plus(Duration.ofDays(1));
    assertThatCode(() -> limits.logsAreOpen(ACME)).doesNotThrowAnyException();
  }
}

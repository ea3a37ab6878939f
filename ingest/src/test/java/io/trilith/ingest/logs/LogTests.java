package io.trilith.ingest.logs;

import io.trilith.config.LogIngestConfig;
import io.trilith.config.LogLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;

/** Collectors as tests want them. */
final class LogTests {
  static final long NOW = 1_795_197_600_000_000_000L;

  /** A tenant that has no streams yet. */
  static final LogCollector.Streams NO_STREAMS =
      new LogCollector.Streams() {
        @Override
        public int count() {
          return 0;
        }

        @Override
        public boolean has(Labels stream) {
          return false;
        }

        @Override
        public void makeRoom() {}
      };

  private LogTests() {}

  static LogCollector collector(Rejections rejections) {
    return collector(rejections, LogIngestConfig.defaults(), LogLimitsConfig.defaults());
  }

  static LogCollector collector(
      Rejections rejections, LogIngestConfig enrichment, LogLimitsConfig limits) {
    LogCollector.Rules rules = LogCollector.Rules.of(enrichment, limits);
    return new LogCollector(
        rules, rejections, TenantId.ANONYMOUS, NOW, Booking.unlimited(), NO_STREAMS, null, _ -> {});
  }
}

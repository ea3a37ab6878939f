package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** How long data stays, judged on its own time. */
public record RetentionConfig(
    @Key(
            name = "default",
            doc =
                "Age at which metrics, logs and traces expire; older data is refused at the door. 0 keeps it for ever and"
                    + " takes data of any age.",
            value = "15d")
        Duration keep,
    @Key(
            doc =
                "How far ahead of the clock data may lie; what lies further ahead is refused. 0 takes any.",
            value = "1h")
        Duration futureMax,
    @Key(
            doc = "Time between an expired block's removal from queries and that of its bytes.",
            value = "2h")
        Duration deleteDelay,
    @Key(
            doc =
                "A list of records with tenant (*), signal (all), selector, keep, max-bytes (0) and priority"
                    + " (0): other ages for some of the data. The policy of greatest priority that fits"
                    + " counts, the first of equal ones, and the default where none fits.")
        List<RetentionPolicy> policies,
    @Key(
            doc =
                "Bytes that all blocks may have together; beyond that the oldest go, first those of the tenant"
                    + " that is furthest over its share. 0 takes any.",
            value = "0")
        ByteSize maxBytes,
    @Key(
            doc =
                "Per cent of the disk below storage.data-dir from which on the oldest blocks go, without"
                    + " delay. 0 never.",
            value = "0")
        int diskHighWater,
    @Key(doc = "Per cent of the disk down to which they go then.", value = "0") int diskLowWater) {
  public RetentionConfig {
    policies = List.copyOf(policies);
    if (diskHighWater > 100
        || diskLowWater > diskHighWater
        || (diskHighWater > 0 && diskLowWater == 0)) {
      throw new IllegalArgumentException(
          "disk-low-water = "
              + diskLowWater
              + " and disk-high-water = "
              + diskHighWater
              + " must be per cent, both set, the low one below the high one");
    }
  }

  /** Without policies and budgets. */
  public RetentionConfig(Duration keep, Duration futureMax, Duration deleteDelay) {
    this(keep, futureMax, deleteDelay, List.of(), new ByteSize(0), 0, 0);
  }
}

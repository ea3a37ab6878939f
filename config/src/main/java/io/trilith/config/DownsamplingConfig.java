package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** Aggregates of metrics that make queries with long steps cheaper. */
public record DownsamplingConfig(
    @Key(
            doc =
                "Whether merged blocks of metrics keep, beside their samples, what each 5 minutes and"
                    + " each hour come to. Queries whose steps are multiples of these read them; the"
                    + " answers are the same.",
            value = "false")
        boolean enabled) {
  /** Lengths of the windows that are aggregated. */
  public List<Duration> resolutions() {
    return enabled ? List.of(Duration.ofMinutes(5), Duration.ofHours(1)) : List.of();
  }
}

package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** Service level objectives: where they are and how their events are counted. */
public record SlosConfig(
    @Key(
            doc =
                "Files of SLOs, with * and ? in names: Sloth's form, OpenSLO v1 or Trilith's own. Read again when they change, as rule files and for their tenant.",
            value = "")
        List<String> files,
    @Key(
            doc =
                "How late samples, lines and spans may come and still be counted. The events of this time are counted again every minute.",
            value = "15m")
        Duration lateData,
    @Key(
            doc =
                "How long a counter may be silent; what it grew by meanwhile is counted when it is seen again.",
            value = "1h")
        Duration counterGap) {

  public SlosConfig {
    files = List.copyOf(files);
    if (lateData.toMinutes() < 1 || lateData.toDays() > 1) {
      throw new IllegalArgumentException("slos.late-data must be between 1m and 1d");
    }
    if (counterGap.isNegative() || counterGap.toDays() > 7) {
      throw new IllegalArgumentException("slos.counter-gap must be between 0 and 7d");
    }
  }

  /** No files, everything else at its default. */
  public static SlosConfig defaults() {
    return Binder.defaults(SlosConfig.class);
  }
}

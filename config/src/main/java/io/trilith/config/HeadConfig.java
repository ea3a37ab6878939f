package io.trilith.config;

import java.time.Duration;

/** The part of each tenant's data that is in memory, protected by the log. */
public record HeadConfig(
    @Key(
            doc =
                "Size at which one tenant's head of one signal is flushed to a block. auto is three tenths of"
                    + " memory.heads, at most 256MiB.",
            value = "auto")
        ByteSize flushSize,
    @Key(doc = "Age at which a head is flushed, however small.", value = "2h") Duration flushAge,
    @Key(
            doc =
                "Size of all heads together at which the largest are flushed, whatever their own size. auto is half of"
                    + " memory.heads.",
            value = "auto")
        ByteSize totalSize,
    @Key(
            doc =
                "Size of all heads and running flushes together at which writes are refused with 429. auto takes"
                    + " memory.heads.",
            value = "auto")
        ByteSize totalMax,
    @Key(
            doc =
                "Time without a write after which a tenant with an empty head gives up what it knows"
                    + " of its series; the next write names them anew.",
            value = "1h")
        Duration idleAge) {
  /** With the default of {@link #idleAge}. */
  public HeadConfig(ByteSize flushSize, Duration flushAge, ByteSize totalSize, ByteSize totalMax) {
    this(flushSize, flushAge, totalSize, totalMax, Duration.ofHours(1));
  }
}

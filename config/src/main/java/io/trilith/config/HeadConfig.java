package io.trilith.config;

import java.time.Duration;

/** The part of each tenant's data that is in memory, protected by the log. */
public record HeadConfig(
    @Key(
            doc =
                "Size at which one tenant's head of one signal is flushed to a block. 0 is three tenths of"
                    + " memory.heads, at most 256MiB.",
            value = "0")
        ByteSize flushSize,
    @Key(doc = "Age at which a head is flushed, however small.", value = "2h") Duration flushAge,
    @Key(
            doc =
                "Size of all heads together at which the largest are flushed, whatever their own size. 0 is half of"
                    + " memory.heads.",
            value = "0")
        ByteSize totalSize,
    @Key(
            doc =
                "Size of all heads and running flushes together at which writes are refused with 429. 0 takes"
                    + " memory.heads.",
            value = "0")
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

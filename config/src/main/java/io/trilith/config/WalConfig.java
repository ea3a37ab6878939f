package io.trilith.config;

import java.time.Duration;

/** The write-ahead log that makes an acknowledged write durable. */
public record WalConfig(
    @Key(
            doc =
                "When a write is acknowledged: 'always' after fdatasync (survives power loss), 'interval' after the"
                    + " write to the file (survives a killed process; power loss costs up to sync-interval).",
            value = "always")
        Sync sync,
    @Key(doc = "Time between syncs when sync is 'interval'.", value = "1s") Duration syncInterval,
    @Key(doc = "Size at which a log segment is closed and the next begun.", value = "16MiB")
        ByteSize segmentSize,
    @Key(
            doc = "Log size at which heads are flushed to blocks so that it can shrink.",
            value = "256MiB")
        ByteSize flushSize,
    @Key(doc = "Log size at which writes are refused with 429.", value = "4GiB") ByteSize sizeMax) {
  /** When a write counts as durable. */
  public enum Sync {
    ALWAYS,
    INTERVAL
  }
}

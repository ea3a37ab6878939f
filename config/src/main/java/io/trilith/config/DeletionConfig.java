package io.trilith.config;

import java.time.Duration;

/** What becomes of requests to delete data. */
public record DeletionConfig(
    @Key(
            doc =
                "Time in which a deletion can be cancelled. Its rows are hidden at once and leave the"
                    + " blocks afterwards.",
            value = "24h")
        Duration delay,
    @Key(doc = "Traces that one deletion may find.", value = "10000") int tracesMax,
    @Key(doc = "Deletions of all tenants that are not completed.", value = "1000") int activeMax) {}

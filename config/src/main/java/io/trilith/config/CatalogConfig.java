package io.trilith.config;

import java.time.Duration;

/** How a server follows what other processes do with its bucket. */
public record CatalogConfig(
    @Key(
            doc =
                "How often the server looks for commits of other processes, as a second compactor or verbs that work on"
                    + " the bucket; one request each time. 0 is never: then it sees them when it commits itself.",
            value = "10s")
        Duration refresh) {}

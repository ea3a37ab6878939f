package io.trilith.config;

import java.time.Duration;

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
        Duration deleteDelay) {}

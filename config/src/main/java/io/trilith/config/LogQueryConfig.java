package io.trilith.config;

import java.time.Duration;

/** How much one LogQL query may ask for. */
public record LogQueryConfig(
    @Key(doc = "Log entries one query may ask for; beyond it: 400.", value = "5000") int entriesMax,
    @Key(doc = "Log entries a query gets that names no limit.", value = "100") int entriesDefault,
    @Key(
            doc = "Series one answer has at most; of more the largest are shown, with a warning.",
            value = "500")
        int seriesMax,
    @Key(doc = "Answer more series than series-max with an error, as Loki does.", value = "false")
        boolean seriesMaxStrict,
    @Key(doc = "Tails that may be open at once for one tenant.", value = "10") int tailsMax,
    @Key(doc = "Longest time range of a query; 0 means any.", value = "0") Duration rangeMax) {}

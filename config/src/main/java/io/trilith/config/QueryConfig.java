package io.trilith.config;

import java.time.Duration;

/** How much one query may ask for. */
public record QueryConfig(
    @Key(doc = "PromQL: how long a sample stands for the time after it.", value = "5m")
        Duration lookback,
    @Key(doc = "PromQL: step of subqueries that name none.", value = "1m") Duration subqueryStep,
    @Key(doc = "Samples one query may read; beyond it: 422.", value = "50000000") long samplesMax,
    @Key(doc = "Series one query may touch; beyond it: 422.", value = "1000000") long seriesMax,
    @Key(
            doc =
                "Bytes of intermediate results of one query; beyond it: 422. auto is seven eighths"
                    + " of memory.queries.",
            value = "auto")
        ByteSize bytesMax,
    @Key(
            doc =
                "Bytes of intermediate results of all queries together; beyond it: 503. auto takes"
                    + " memory.queries.",
            value = "auto")
        ByteSize memoryMax,
    @Key(
            doc =
                "Steps of one range query, from its start to its end, so that it has a point more;"
                    + " beyond it: 400.",
            value = "11000")
        int pointsMax,
    @Key(doc = "How deep an expression may nest.", value = "250") int depthMax,
    @Key(
            doc =
                "Characters of one regular expression, in any of the languages; beyond it: 400."
                    + " Lists of a dashboard's thousands of values fit.",
            value = "524288")
        int regexLengthMax,
    @Key(doc = "Queries evaluated at the same time; more wait.", value = "4") int concurrencyMax,
    @Key(
            doc =
                "PromQL: let rate, increase and their like count from the start time that a counter"
                    + " was sent with, as Prometheus does with its feature use-start-timestamps."
                    + " False: from samples alone.",
            value = "false")
        boolean useStartTimestamps) {}

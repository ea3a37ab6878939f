package io.trilith.query.loki;

import io.trilith.engine.QueryMemory;
import java.time.Duration;

/**
 * What one query may take.
 *
 * @param bytesMax of intermediate results
 * @param pointsMax steps of a range query
 * @param concurrencyMax queries evaluated at once; more wait until their timeout
 * @param entriesMax log entries a query may ask for
 * @param entriesDefault log entries of a query that names no limit
 * @param rangeMax longest time range, zero for any
 * @param tailsMax tails of one tenant at once
 * @param memory what all queries together may hold
 */
public record LokiLimits(
    long samplesMax,
    long seriesMax,
    long bytesMax,
    int pointsMax,
    int concurrencyMax,
    Duration timeout,
    int entriesMax,
    int entriesDefault,
    Duration rangeMax,
    int tailsMax,
    QueryMemory memory) {}

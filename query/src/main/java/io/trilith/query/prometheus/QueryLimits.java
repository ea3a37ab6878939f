package io.trilith.query.prometheus;

import io.trilith.engine.QueryMemory;
import java.time.Duration;

/**
 * What one query may take.
 *
 * @param pointsMax steps of a range query
 * @param memory what all queries together may hold
 * @param concurrencyMax queries evaluated at once; more wait until their timeout
 */
public record QueryLimits(
    long samplesMax,
    long seriesMax,
    long bytesMax,
    int pointsMax,
    int concurrencyMax,
    Duration timeout,
    QueryMemory memory) {}

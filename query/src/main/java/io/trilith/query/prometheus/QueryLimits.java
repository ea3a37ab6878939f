package io.trilith.query.prometheus;

import java.time.Duration;

/**
 * What one query may take.
 *
 * @param pointsMax steps of a range query
 * @param concurrencyMax queries evaluated at once; more wait until their timeout
 */
public record QueryLimits(
    long samplesMax,
    long seriesMax,
    long bytesMax,
    int pointsMax,
    int concurrencyMax,
    Duration timeout) {}

package io.trilith.query.tempo;

import io.trilith.engine.QueryMemory;
import java.time.Duration;

/**
 * What one query may take of what all share.
 *
 * @param bytesMax of intermediate results
 * @param concurrencyMax queries evaluated at once; more wait until their timeout
 * @param memory what all queries together may hold
 */
public record TempoLimits(
    long bytesMax, int concurrencyMax, Duration timeout, QueryMemory memory) {}

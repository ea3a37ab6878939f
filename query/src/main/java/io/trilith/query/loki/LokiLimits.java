package io.trilith.query.loki;

import java.time.Duration;

/**
 * What one query of logs may ask for.
 *
 * @param pointsMax steps of a range query
 * @param entriesMax log entries a query may ask for
 * @param entriesDefault log entries of a query that names no limit
 * @param rangeMax longest time range, zero for any
 * @param tailsMax tails of one tenant at once
 */
public record LokiLimits(
    int pointsMax, int entriesMax, int entriesDefault, Duration rangeMax, int tailsMax) {}

package io.trilith.query.prometheus;

import java.time.Duration;
import java.time.Instant;
import java.util.SortedMap;

/**
 * What the status pages tell of the process.
 *
 * @param settings the configuration in force, by dotted key, secrets hidden
 * @param retention how long samples are kept; zero for ever
 */
public record ServerFacts(
    String version, Instant started, SortedMap<String, String> settings, Duration retention) {}

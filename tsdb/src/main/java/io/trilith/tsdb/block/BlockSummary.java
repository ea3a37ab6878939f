package io.trilith.tsdb.block;

/**
 * What was written.
 *
 * @param bytes size of the object
 * @param minTime earliest sample, milliseconds; greater than {@code maxTime} when there is none
 * @param maxTime latest sample
 * @param indexBytes of {@code bytes}, all that are not samples and their times
 */
public record BlockSummary(
    long bytes, long minTime, long maxTime, long samples, int series, long indexBytes) {}

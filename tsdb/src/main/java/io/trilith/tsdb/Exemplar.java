package io.trilith.tsdb;

import io.trilith.storage.model.Labels;

/**
 * One example measurement, usually with a trace id among its labels.
 *
 * @param timestamp milliseconds since 1970
 */
public record Exemplar(Labels labels, double value, long timestamp) {}

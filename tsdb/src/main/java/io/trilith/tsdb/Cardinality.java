package io.trilith.tsdb;

import java.util.List;

/**
 * What makes the series of a tenant's head many: the largest of each kind, largest first.
 *
 * @param series active series
 * @param labelPairs distinct labels, name and value together
 * @param minTime oldest sample in the head, milliseconds; Long.MAX_VALUE when there is none
 * @param maxTime latest sample in the head; Long.MIN_VALUE when there is none
 * @param byMetric series of a metric
 * @param valuesByName distinct values of a label
 * @param bytesByName bytes of the values of a label
 * @param byLabel series with a label, written {@code name=value}
 */
public record Cardinality(
    long series,
    long labelPairs,
    long minTime,
    long maxTime,
    List<Count> byMetric,
    List<Count> valuesByName,
    List<Count> bytesByName,
    List<Count> byLabel) {

  /** Of a tenant without a head. */
  public static final Cardinality NONE =
      new Cardinality(
          0, 0, Long.MAX_VALUE, Long.MIN_VALUE, List.of(), List.of(), List.of(), List.of());

  /** How many, or how much, of what. */
  public record Count(String name, long count) {}
}

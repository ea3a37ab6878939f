package io.trilith.server.replicas;

import io.trilith.logstore.LogBatch;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tsdb.MetricBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Makes records, and knows what a replica has to show that has read so much of the log. */
final class Rows {
  static final long MILLIS = 1_795_204_800_000L;
  private static final long NANOS = MILLIS * 1_000_000;

  private final SplittableRandom random;
  private final Map<CatalogState.Scope, List<Written>> written = new TreeMap<>();
  private int rows;
  private int told;

  /**
   * What stands in a record.
   *
   * @param values by what makes a row the same: the later one is right
   */
  private record Written(long offset, int count, Map<String, String> values) {}

  /** A record that is not in the log yet. */
  record Made(
      CatalogState.Scope scope, SimulatedLog.Data data, int count, Map<String, String> values) {}

  Rows(SplittableRandom random) {
    this.random = random;
  }

  /**
   * A record with rows that no other has, but that some metrics are told again with other values.
   */
  Made make(CatalogState.Scope scope) {
    int count = random.nextInt(1, 4);
    Map<String, String> values = new HashMap<>();
    ByteBuffer payload =
        switch (scope.signal()) {
          case METRICS -> metrics(scope, count, values);
          case LOGS -> logs(count, values);
          case TRACES -> traces(count, values);
        };
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    SimulatedLog.Data data = new SimulatedLog.Data(scope.signal(), scope.tenant(), bytes);
    return new Made(scope, data, count, values);
  }

  private ByteBuffer metrics(CatalogState.Scope scope, int count, Map<String, String> values) {
    MetricBatch batch = new MetricBatch();
    for (int i = 0; i < count; i++) {
      // At a time that is there already the later write is right. All of a series go one way.
      int at = random.nextInt(4) == 0 && rows > 0 ? random.nextInt(rows) : rows++;
      String series = series(scope.partition(), at);
      double value = ++told;
      batch.addSample(
          batch.addSeries(Labels.of(Labels.NAME, "m", "series", series)), MILLIS + at, 0, value);
      values.put(series + " " + (MILLIS + at), Double.toString(value));
    }
    return io.trilith.tsdb.head.BatchCodec.encode(batch);
  }

  /** Series stay in their partition, but those of the local log went on in the first. */
  private static String series(Partition partition, int at) {
    return (partition.number() == 0 ? "first" : partition.toString()) + "-" + at % 3;
  }

  private ByteBuffer logs(int count, Map<String, String> values) {
    LogBatch batch = new LogBatch();
    int stream = batch.addStream(Labels.of("app", "x" + random.nextInt(3)));
    for (int i = 0; i < count; i++) {
      String line = "line " + rows++;
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      batch.addEntry(stream, NANOS + rows, bytes, 0, bytes.length, Labels.EMPTY);
      values.put(line, "");
    }
    return io.trilith.logstore.head.BatchCodec.encode(batch);
  }

  private ByteBuffer traces(int count, Map<String, String> values) {
    SpanBatch batch = new SpanBatch();
    for (int i = 0; i < count; i++) {
      long id = rows++;
      batch.add(
          new Span(
              new TraceId(1, id / 3),
              id + 1,
              0,
              "",
              0,
              "op",
              1,
              NANOS + id,
              NANOS + id + 1,
              new Span.Status(0, ""),
              Attributes.NONE,
              List.of(),
              List.of(),
              Span.Dropped.NOTHING,
              Span.Resource.NONE,
              Span.Scope.NONE));
      values.put(id / 3 + "/" + (id + 1), "");
    }
    return io.trilith.tracestore.head.BatchCodec.encode(batch);
  }

  /** The record is in the log: it must not be lost any more. */
  void acknowledged(Made made, long offset) {
    written
        .computeIfAbsent(made.scope, _ -> new ArrayList<>())
        .add(new Written(offset, made.count, made.values));
  }

  /** How far a replica must show the records of a scope. */
  interface Reach {
    long below(CatalogState.Scope scope);
  }

  /**
   * How many rows a tenant's heads and blocks have together.
   *
   * @param distinct those that differ
   * @param all with those that are there again
   */
  record Count(long distinct, long all) {}

  Count count(Signal signal, TenantId tenant, Reach reach) {
    long all = 0;
    for (Map.Entry<CatalogState.Scope, List<Written>> one : written.entrySet()) {
      CatalogState.Scope scope = one.getKey();
      if (scope.signal() == signal && scope.tenant().equals(tenant)) {
        long below = reach.below(scope);
        for (Written record : one.getValue()) {
          all += record.offset < below ? record.count : 0;
        }
      }
    }
    return new Count(values(signal, tenant, reach).size(), all);
  }

  /** What a tenant's readers have to find. */
  Map<String, String> values(Signal signal, TenantId tenant, Reach reach) {
    Map<String, String> values = new TreeMap<>();
    written.forEach(
        (scope, records) -> {
          if (scope.signal() == signal && scope.tenant().equals(tenant)) {
            long below = reach.below(scope);
            for (Written record : records) {
              if (record.offset < below) {
                values.putAll(record.values);
              }
            }
          }
        });
    return values;
  }

  /** The scopes of a partition that have records from an offset on and below another. */
  boolean hasRecords(CatalogState.Scope scope, long from, long below) {
    return written.getOrDefault(scope, List.of()).stream()
        .anyMatch(record -> record.offset >= from && record.offset < below);
  }

  /** The scopes that have records. */
  Iterable<CatalogState.Scope> scopes() {
    return written.keySet();
  }

  /** The scope of a tenant in a partition. */
  static CatalogState.Scope scope(Partition partition, Signal signal, TenantId tenant) {
    return new CatalogState.Scope(partition, signal, tenant);
  }
}

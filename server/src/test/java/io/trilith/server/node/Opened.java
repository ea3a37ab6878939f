package io.trilith.server.node;

import io.trilith.config.ConfigReader;
import io.trilith.config.TrilithConfig;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.Scan;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.store.LogAppender;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.store.TraceAppender;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.store.MetricAppender;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** A node as the server opens it, on a clock that stands still until it is moved. */
final class Opened implements AutoCloseable {
  static final TenantId TENANT = new TenantId("team-a");

  private Path directory;
  Instant now = Instant.parse("2026-11-21T12:00:00Z");
  long nanos;

  @SuppressWarnings("NullAway.Init")
  Node node;

  Opened(Path directory, String... sets) {
    this.directory = directory;
    this.node = open(sets);
  }

  /** One that somebody else opened. */
  Opened(Path directory, Instant now) {
    this.directory = directory;
    this.now = now;
  }

  static TrilithConfig config(Path directory, String... sets) {
    List<String> all = new ArrayList<>(List.of(sets));
    all.add("storage.data-dir=" + directory);
    all.add("wal.sync=interval");
    return new ConfigReader(Map.of()).read(null, all);
  }

  private Node open(String... sets) {
    return new Node(config(directory, sets), () -> now, () -> nanos);
  }

  /** Another process, of another machine, on the same bucket at the same time. */
  Node offline(String... sets) {
    return Node.offline(
        config(directory.resolveSibling("elsewhere"), sets), () -> now, () -> nanos);
  }

  /** Closes and opens it again. */
  void restart(String... sets) {
    node.close();
    node = open(sets);
  }

  void pass(Duration time) {
    now = now.plus(time);
    nanos += time.toNanos();
  }

  long millis(int minutesAgo) {
    return now.minus(Duration.ofMinutes(minutesAgo)).toEpochMilli();
  }

  long nanos(int minutesAgo) {
    return millis(minutesAgo) * 1_000_000;
  }

  static Labels labels(String... pairs) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    String[] sorted = new String[pairs.length];
    int at = 0;
    for (Map.Entry<String, String> one : map.entrySet()) {
      sorted[at++] = one.getKey();
      sorted[at++] = one.getValue();
    }
    return Labels.ofSorted(sorted);
  }

  MetricAppender.AppendResult sample(Labels series, long millis, double value) {
    MetricBatch batch = new MetricBatch();
    batch.addSample(batch.addSeries(series), millis, 0, value);
    return node.stores().metrics().append(TENANT, batch);
  }

  LogAppender.AppendResult line(Labels stream, long nanos, String text) {
    LogBatch batch = new LogBatch();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    batch.addEntry(batch.addStream(stream), nanos, bytes, 0, bytes.length, Labels.EMPTY);
    return node.stores().logs().append(TENANT, batch);
  }

  TraceAppender.AppendResult span(long trace, long id, String user, long startNanos) {
    SpanBatch batch = new SpanBatch();
    batch.add(
        new Span(
            new TraceId(0, trace),
            id,
            0,
            "",
            0,
            "op",
            2,
            startNanos,
            startNanos + 1000,
            Span.Status.UNSET,
            Attributes.of(
                new String[] {"user"}, new AttributeValue[] {new AttributeValue.Text(user)}),
            List.of(),
            List.of(),
            Span.Dropped.NOTHING,
            new Span.Resource(
                Attributes.of(
                    new String[] {"team"}, new AttributeValue[] {new AttributeValue.Text(user)}),
                0,
                ""),
            Span.Scope.NONE));
    return node.stores().traces().append(TENANT, batch);
  }

  /** All samples as texts {@code labels time value}. */
  TreeSet<String> samples() {
    TreeSet<String> all = new TreeSet<>();
    SampleBuffer buffer = new SampleBuffer();
    try (SeriesReader reader = node.stores().metrics().reader(TENANT)) {
      SeriesSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        for (int at = 0; at < buffer.size(); at++) {
          all.add(set.labels(i) + " " + buffer.timestamps()[at] + " " + buffer.values()[at]);
        }
      }
    }
    return all;
  }

  /** All entries as texts {@code labels time line}, and whether counts say the same. */
  List<String> lines() {
    List<String> all = new ArrayList<>();
    try (StreamReader reader = node.stores().logs().reader(TENANT)) {
      StreamSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        int before = all.size();
        EntryCursor cursor =
            set.entries(
                i, Long.MIN_VALUE, Long.MAX_VALUE, StreamSet.Direction.FORWARD, Scan.everything());
        while (cursor.next()) {
          String line =
              new String(
                  cursor.lineArray(),
                  cursor.lineStart(),
                  cursor.lineEnd() - cursor.lineStart(),
                  StandardCharsets.UTF_8);
          all.add(set.labels(i) + " " + cursor.timestamp() + " " + line);
        }
        long[] counts = new long[1];
        set.count(i, new long[] {0, Long.MAX_VALUE}, counts, new long[0], Scan.everything());
        if (counts[0] != all.size() - before) {
          throw new AssertionError(
              "counted " + counts[0] + " of " + (all.size() - before) + " entries");
        }
      }
    }
    all.sort(null);
    return all;
  }

  /** All spans as texts {@code trace span}, found by scan and by id. */
  TreeSet<String> spans() {
    TreeSet<String> all = new TreeSet<>();
    try (SpanReader reader = node.stores().traces().reader(TENANT)) {
      reader.scan(
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          1000,
          trace -> {
            trace.spans().forEach(span -> all.add(trace.id().low() + " " + span.spanId()));
            return true;
          });
      TreeSet<String> byId = new TreeSet<>();
      for (long id = 0; id < 64; id++) {
        long low = id;
        var trace = reader.trace(new TraceId(0, id), 1000);
        if (trace != null) {
          trace.spans().forEach(span -> byId.add(low + " " + span.spanId()));
        }
      }
      if (!byId.equals(all)) {
        throw new AssertionError("by id " + byId + ", by scan " + all);
      }
    }
    return all;
  }

  TreeSet<String> values(String name) {
    try (SeriesReader reader = node.stores().metrics().reader(TENANT)) {
      return new TreeSet<>(reader.labelValues(name, List.of(), Long.MIN_VALUE, Long.MAX_VALUE));
    }
  }

  List<Labels> series(Matcher... matchers) {
    try (SeriesReader reader = node.stores().metrics().reader(TENANT)) {
      return reader.series(List.of(List.of(matchers)), Long.MIN_VALUE, Long.MAX_VALUE);
    }
  }

  /** Block objects on the disk. */
  long blockBytes() {
    return node.catalog().state().blocks().values().stream().mapToLong(b -> b.bytes()).sum();
  }

  @Override
  public void close() {
    node.close();
  }
}

package io.trilith.server.replicas;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.head.LogHead;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.head.TraceHead;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.head.MetricHead;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What queries on a replica see. */
final class Seen {
  private Seen() {}

  /**
   * Rows of a tenant in all blocks and heads together: a row that is in two of them counts twice.
   */
  static long rows(Replica replica, Signal signal, TenantId tenant) {
    Generations.View<?> view = replica.blocks(signal).tenants().view(tenant);
    long rows = view.blocks().stream().mapToLong(BlockEntry::items).sum();
    for (Object head : view.heads()) {
      rows +=
          switch (head) {
            case MetricHead metrics -> metrics.samples();
            case LogHead logs -> logs.entries();
            case TraceHead traces -> traces.spans();
            default -> throw new IllegalStateException("a head of " + head.getClass());
          };
    }
    return rows;
  }

  /** What its readers find. */
  static Map<String, String> values(Replica replica, Signal signal, TenantId tenant) {
    Map<String, String> values = new TreeMap<>();
    switch (signal) {
      case METRICS -> metrics(replica, tenant, values);
      case LOGS -> logs(replica, tenant, values);
      case TRACES -> traces(replica, tenant, values);
    }
    return values;
  }

  private static void metrics(Replica replica, TenantId tenant, Map<String, String> values) {
    try (SeriesReader reader = replica.metrics.reader(tenant)) {
      List<Matcher> all = List.of(Matcher.equal(Labels.NAME, "m"));
      SeriesSet set = reader.select(all, Long.MIN_VALUE, Long.MAX_VALUE, _ -> {});
      SampleBuffer buffer = new SampleBuffer();
      for (int i = 0; i < set.size(); i++) {
        set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        for (int at = 0; at < buffer.size(); at++) {
          String key = set.labels(i).get("series") + " " + buffer.timestamps()[at];
          values.put(key, Double.toString(buffer.values()[at]));
        }
      }
    }
  }

  private static void logs(Replica replica, TenantId tenant, Map<String, String> values) {
    try (StreamReader reader = replica.logs.reader(tenant)) {
      StreamSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        EntryCursor cursor =
            set.entries(i, Long.MIN_VALUE, Long.MAX_VALUE, StreamSet.Direction.FORWARD);
        while (cursor.next()) {
          int length = cursor.lineEnd() - cursor.lineStart();
          values.put(
              new String(cursor.lineArray(), cursor.lineStart(), length, StandardCharsets.UTF_8),
              "");
        }
      }
    }
  }

  private static void traces(Replica replica, TenantId tenant, Map<String, String> values) {
    try (SpanReader reader = replica.traces.reader(tenant)) {
      reader.scan(
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          Integer.MAX_VALUE,
          trace -> {
            trace.spans().forEach(one -> values.put(one.traceId().low() + "/" + one.spanId(), ""));
            return true;
          });
    }
  }
}

package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logql.LogqlResult.LogEntry;
import io.trilith.logql.LogqlResult.LogStream;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels;
import io.trilith.logql.pipeline.EntryLabels.Kind;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

/** Finds entries: merges the streams by time and stops at the limit. Confined to one thread. */
final class LogSearch {
  private static final int CHECK_EVERY = 1024;
  private static final SortedMap<String, String> NONE =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  /**
   * What is asked for.
   *
   * @param start nanoseconds, included
   * @param end nanoseconds, excluded
   * @param interval least time between entries, 0 for all
   * @param categorize whether labels are kept apart by where they come from
   */
  record Request(
      long start, long end, Direction direction, int limit, long interval, boolean categorize) {}

  private record Open(int order, Labels labels, EntryCursor cursor) {}

  private final QueryContext context;
  private final ReadCounts counts;
  private final Request request;

  LogSearch(Request request, QueryContext context, ReadCounts counts) {
    this.request = request;
    this.context = context;
    this.counts = counts;
  }

  List<LogStream> run(Expr.Logs logs, StreamReader reader) {
    if (request.end() <= request.start()) {
      return List.of();
    }
    StreamSet streams = reader.select(logs.matchers(), request.start(), request.end() - 1);
    context.budget().addSeries(streams.size());
    PriorityQueue<Open> heap = open(streams);
    Pipeline pipeline = Pipeline.compile(logs.stages());
    TreeMap<String, LogStream> found = new TreeMap<>();
    Entry entry = new Entry();
    long last = 0;
    int taken = 0;
    int sinceCheck = 0;
    while (taken < request.limit() && !heap.isEmpty()) {
      Open next = heap.poll();
      if (++sinceCheck >= CHECK_EVERY) {
        sinceCheck = 0;
        context.check();
      }
      EntryCursor cursor = next.cursor();
      counts.lines++;
      counts.bytes += cursor.lineEnd() - cursor.lineStart();
      long time = cursor.timestamp();
      boolean due = taken == 0 || Math.abs(time - last) >= request.interval();
      if (due) {
        entry.reset(next.labels(), cursor);
        if (pipeline.process(entry)) {
          keep(entry, found);
          last = time;
          taken++;
        }
      }
      if (cursor.next()) {
        heap.add(next);
      }
    }
    counts.kept += taken;
    return new ArrayList<>(found.values());
  }

  private PriorityQueue<Open> open(StreamSet streams) {
    boolean forward = request.direction() == Direction.FORWARD;
    PriorityQueue<Open> heap =
        new PriorityQueue<>(
            (a, b) -> {
              int byTime = Long.compare(a.cursor().timestamp(), b.cursor().timestamp());
              int order = byTime != 0 ? byTime : Integer.compare(a.order(), b.order());
              return forward ? order : -order;
            });
    for (int i = 0; i < streams.size(); i++) {
      EntryCursor cursor =
          streams.entries(i, request.start(), request.end() - 1, request.direction());
      if (cursor.next()) {
        heap.add(new Open(i, streams.labels(i), cursor));
      }
      if (i % CHECK_EVERY == 0) {
        context.check();
      }
    }
    return heap;
  }

  private void keep(Entry entry, TreeMap<String, LogStream> found) {
    EntryLabels labels = entry.labels();
    SortedMap<String, String> ofStream = labels.ofKind(Kind.STREAM);
    SortedMap<String, String> metadata = labels.ofKind(Kind.METADATA);
    SortedMap<String, String> parsed = labels.ofKind(Kind.PARSED);
    if (!request.categorize()) {
      ofStream.putAll(metadata);
      ofStream.putAll(parsed);
      metadata = NONE;
      parsed = NONE;
    }
    String key = key(ofStream);
    String line = entry.text();
    context.budget().addBytes(2L * (line.length() + key.length()) + 100);
    found
        .computeIfAbsent(key, _ -> new LogStream(ofStream, new ArrayList<>()))
        .entries()
        .add(new LogEntry(entry.time(), line, metadata, parsed));
  }

  private static String key(SortedMap<String, String> labels) {
    StringBuilder key = new StringBuilder();
    labels.forEach((name, value) -> key.append(name).append('\0').append(value).append('\0'));
    return key.toString();
  }
}

package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logql.LogqlResult.LogEntry;
import io.trilith.logql.TimeWindows.Window;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels;
import io.trilith.logql.pipeline.EntryLabels.Kind;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logql.pipeline.ScanPlan;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SortedMap;

/** Finds the entries of one window of time after the other. Confined to one thread at a time. */
final class WindowSearch {
  private static final int CHECK_EVERY = 1024;
  private static final long CHECK_BYTES = 4 << 20;
  private static final int HIT_BYTES = 200;
  private static final int LABEL_BYTES = 150;

  /** An entry, and the labels of its stream as the pipeline left them. */
  record Hit(SortedMap<String, String> stream, LogEntry entry) {}

  /** Entries in their order, and what was read for them. */
  record Found(List<Hit> hits, ReadCounts counts) {}

  private record Open(int order, Labels labels, EntryCursor cursor) {}

  private final StreamSet streams;
  private final LogSearch.Request request;
  private final ScanCounts scans;
  private final Pipeline pipeline;
  private final ScanPlan plan;
  private final Entry entry = new Entry();
  private final Comparator<Open> order;

  WindowSearch(Expr.Logs logs, StreamSet streams, LogSearch.Request request, ScanCounts scans) {
    this.streams = streams;
    this.request = request;
    this.scans = scans;
    this.pipeline = Pipeline.compile(logs.stages());
    this.plan = ScanPlan.of(logs.stages());
    Comparator<Open> ascending =
        (a, b) -> {
          int byTime = Long.compare(a.cursor().timestamp(), b.cursor().timestamp());
          return byTime != 0 ? byTime : Integer.compare(a.order(), b.order());
        };
    this.order = request.direction() == Direction.FORWARD ? ascending : ascending.reversed();
  }

  /**
   * The first entries of a window.
   *
   * @param last the time of the entry taken before, unless nothing was
   */
  Found read(Window window, int limit, long last, boolean nothingTaken, QueryContext context) {
    ReadCounts counts = new ReadCounts(scans);
    List<Hit> hits = new ArrayList<>();
    PriorityQueue<Open> others = open(window, context);
    Open current = others.poll();
    WorkingMemory working = new WorkingMemory(context.budget(), pipeline.isEmpty());
    long before = last;
    int unchecked = 0;
    long uncheckedBytes = 0;
    while (current != null && hits.size() < limit) {
      EntryCursor cursor = current.cursor();
      int length = cursor.lineLength();
      counts.lines++;
      counts.bytes += length;
      uncheckedBytes += length;
      if (++unchecked >= CHECK_EVERY || uncheckedBytes >= CHECK_BYTES) {
        unchecked = 0;
        uncheckedBytes = 0;
        context.check();
      }
      long time = cursor.timestamp();
      boolean first = nothingTaken && hits.isEmpty();
      if (first || request.interval() == 0 || Math.abs(time - before) >= request.interval()) {
        working.cover(length);
        entry.reset(current.labels(), cursor);
        if (pipeline.process(entry)) {
          hits.add(hit(context));
          before = time;
        }
      }
      current = next(current, others);
    }
    working.close();
    return new Found(hits, counts);
  }

  /** The stream whose turn it is, which mostly is the same again. */
  private @org.jspecify.annotations.Nullable Open next(Open current, PriorityQueue<Open> others) {
    if (!current.cursor().next()) {
      return others.poll();
    }
    Open best = others.peek();
    if (best == null || order.compare(current, best) <= 0) {
      return current;
    }
    others.add(current);
    return others.poll();
  }

  private PriorityQueue<Open> open(Window window, QueryContext context) {
    PriorityQueue<Open> heap = new PriorityQueue<>(order);
    for (int i = 0; i < streams.size(); i++) {
      Labels labels = streams.labels(i);
      Optional<Scan> scan = plan.scan(labels, scans);
      if (scan.isPresent()) {
        EntryCursor cursor =
            streams.entries(i, window.from(), window.to(), request.direction(), scan.get());
        if (cursor.next()) {
          heap.add(new Open(i, labels, cursor));
        }
      }
      if (i % 64 == 0) {
        context.check();
      }
    }
    return heap;
  }

  /** Of labels, with the text by which streams are told apart. */
  private static long bytes(SortedMap<String, String> labels) {
    long bytes = 0;
    for (Map.Entry<String, String> label : labels.entrySet()) {
      bytes += LABEL_BYTES + 3L * label.getValue().length();
    }
    return bytes;
  }

  private Hit hit(QueryContext context) {
    EntryLabels labels = entry.labels();
    SortedMap<String, String> stream = labels.ofKind(Kind.STREAM);
    SortedMap<String, String> metadata = labels.ofKind(Kind.METADATA);
    SortedMap<String, String> parsed = labels.ofKind(Kind.PARSED);
    String line = entry.text();
    context
        .budget()
        .addBytes(2L * line.length() + bytes(stream) + bytes(metadata) + bytes(parsed) + HIT_BYTES);
    return new Hit(stream, new LogEntry(entry.time(), line, metadata, parsed));
  }
}

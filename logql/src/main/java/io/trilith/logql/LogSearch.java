package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logql.LogqlResult.LogEntry;
import io.trilith.logql.LogqlResult.LogStream;
import io.trilith.logql.TimeWindows.Window;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Finds entries: window of time by window of time, the streams of each merged by time, until the
 * limit is reached. When the first window does not suffice, others help with the next. Confined to
 * one thread.
 */
final class LogSearch {
  private static final SortedMap<String, String> NONE =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  /**
   * What is asked for.
   *
   * @param start nanoseconds, included
   * @param end nanoseconds, excluded
   * @param interval least time between entries, 0 for all
   * @param limit entries that are looked for, those that are skipped included
   * @param categorize whether labels are kept apart by where they come from
   * @param skip how many of the first entries are left out
   */
  record Request(
      long start,
      long end,
      Direction direction,
      int limit,
      long interval,
      boolean categorize,
      int skip) {}

  private final EvaluationSetting setting;
  private final Request request;
  private final TreeMap<String, LogStream> found = new TreeMap<>();
  private int taken;
  private long last;

  LogSearch(Request request, EvaluationSetting setting) {
    this.request = request;
    this.setting = setting;
  }

  List<LogStream> run(Expr.Logs logs) {
    if (request.end() <= request.start()) {
      return List.of();
    }
    StreamReader reader = setting.reader();
    long to = request.end() - 1;
    StreamSet streams =
        reader.select(logs.matchers(), request.start(), to, context().budget()::addBytes);
    setting.context().budget().addSeries(streams.size());
    setting.counts().streams += streams.size();
    if (streams.size() == 0) {
      return List.of();
    }
    List<Window> windows =
        TimeWindows.of(
            request.start(),
            to,
            reader.volume(logs.matchers(), request.start(), to),
            request.limit(),
            request.direction());
    WindowSearch first = new WindowSearch(logs, streams, request, setting.counts().scans);
    // Entries that keep a distance depend on what was taken before: no window without the last.
    int alone = request.interval() > 0 ? windows.size() : 1;
    for (int i = 0; i < alone && taken < request.limit(); i++) {
      take(first.read(windows.get(i), request.limit() - taken, last, taken == 0, context()));
    }
    if (taken < request.limit() && alone < windows.size()) {
      search(logs, streams, windows.subList(alone, windows.size()), first);
    }
    setting.counts().kept += taken;
    return new ArrayList<>(found.values());
  }

  private QueryContext context() {
    return setting.context();
  }

  private void search(Expr.Logs logs, StreamSet streams, List<Window> windows, WindowSearch first) {
    ConcurrentLinkedQueue<WindowSearch> idle = new ConcurrentLinkedQueue<>(List.of(first));
    int limit = request.limit() - taken;
    new OrderedTasks<>(
            setting.workers(),
            windows.size(),
            context(),
            new OrderedTasks.Work<WindowSearch.Found>() {
              @Override
              public WindowSearch.Found make(int part, QueryContext within) {
                WindowSearch free = idle.poll();
                WindowSearch search =
                    free == null
                        ? new WindowSearch(logs, streams, request, setting.counts().scans)
                        : free;
                WindowSearch.Found made = search.read(windows.get(part), limit, 0, true, within);
                idle.add(search);
                return made;
              }

              @Override
              public boolean take(WindowSearch.Found made) {
                LogSearch.this.take(made);
                return taken < request.limit();
              }
            })
        .run();
  }

  private void take(WindowSearch.Found made) {
    setting.counts().add(made.counts());
    for (WindowSearch.Hit hit : made.hits()) {
      if (taken == request.limit()) {
        break;
      }
      taken++;
      last = hit.entry().time();
      if (taken <= request.skip()) {
        continue;
      }
      SortedMap<String, String> labels = hit.stream();
      LogEntry entry = hit.entry();
      if (!request.categorize()) {
        labels.putAll(entry.metadata());
        labels.putAll(entry.parsed());
        entry = new LogEntry(entry.time(), entry.line(), NONE, NONE);
      }
      found
          .computeIfAbsent(key(labels), _ -> new LogStream(labels, new ArrayList<>()))
          .entries()
          .add(entry);
    }
  }

  private static String key(SortedMap<String, String> labels) {
    StringBuilder key = new StringBuilder();
    labels.forEach((name, value) -> key.append(name).append('\0').append(value).append('\0'));
    return key.toString();
  }
}

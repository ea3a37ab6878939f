package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.print.LogLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads any number of entries in answers of bounded size. The next answer begins at the time the
 * last one ended, and what was shown of that time is left out by content: nothing is lost or comes
 * twice, also when entries arrive meanwhile. Not thread-safe.
 */
final class LogPages {
  private static final String PATH = "/loki/api/v1/query_range";

  private final Api api;
  private final String query;
  private final boolean forward;
  private final int pageMax;

  /** Entries shown of the time at which the next answer begins. */
  private final Map<LogLine, Integer> shown = new HashMap<>();

  private long from;
  private long to;

  /** Entries of that time to be skipped, when they alone fill an answer. */
  private int skip;

  /**
   * Entries of a query.
   *
   * @param from nanoseconds, included
   * @param to nanoseconds, excluded
   * @param pageMax entries of one answer, at least 1
   */
  LogPages(Api api, String query, long from, long to, boolean forward, int pageMax) {
    this.api = api;
    this.query = query;
    this.from = from;
    this.to = to;
    this.forward = forward;
    this.pageMax = pageMax;
  }

  /**
   * Hands over entries in order of time.
   *
   * @param most how many; 0 for all
   */
  void read(long most, Consumer<LogLine> taker) {
    long left = most == 0 ? Long.MAX_VALUE : most;
    boolean more = true;
    while (more && left > 0 && from < to) {
      // Those shown of the first time come again, unless they are skipped.
      long again = skip > 0 ? 0 : shown.values().stream().mapToInt(Integer::intValue).sum();
      int limit = left >= pageMax ? pageMax : (int) Math.min(pageMax, left + again);
      List<LogLine> page = page(limit);
      long edge = edge();
      for (LogLine line : withoutShown(page)) {
        if (left-- > 0) {
          taker.accept(line);
          remember(line);
        }
      }
      more = page.size() == limit;
      // An answer of nothing but the time it begins at: there may be more of it.
      skip = more && edge() == edge ? skip + page.size() : 0;
    }
  }

  private List<LogLine> withoutShown(List<LogLine> page) {
    if (skip > 0 || shown.isEmpty()) {
      return page;
    }
    Map<LogLine, Integer> repeated = new HashMap<>(shown);
    List<LogLine> fresh = new ArrayList<>();
    for (LogLine line : page) {
      int times = repeated.getOrDefault(line, 0);
      if (times == 0) {
        fresh.add(line);
      } else {
        repeated.put(line, times - 1);
      }
    }
    return fresh;
  }

  /** The time at which the next answer begins. */
  private long edge() {
    return forward ? from : to - 1;
  }

  private void remember(LogLine line) {
    if (line.nanos() != edge()) {
      shown.clear();
      if (forward) {
        from = line.nanos();
      } else {
        to = line.nanos() + 1;
      }
    }
    shown.merge(line, 1, Integer::sum);
  }

  private List<LogLine> page(int limit) {
    List<String> parameters =
        new ArrayList<>(
            List.of(
                "query", query,
                "start", Long.toString(from),
                "end", Long.toString(to),
                "limit", Integer.toString(limit),
                "direction", forward ? "forward" : "backward"));
    if (skip > 0) {
      parameters.addAll(List.of("skip", Integer.toString(skip)));
    }
    Api.Node data = api.ask(PATH, parameters.toArray(String[]::new)).at("data");
    if (!data.at("resultType").text().equals("streams")) {
      throw new IllegalArgumentException("this query has numbers and not lines as its result");
    }
    List<LogLine> lines = LogLine.of(data.at("result"));
    Comparator<LogLine> byTime = Comparator.comparingLong(LogLine::nanos);
    lines.sort(forward ? byTime : byTime.reversed());
    return lines;
  }
}

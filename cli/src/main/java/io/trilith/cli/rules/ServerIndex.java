package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.rules.lint.LiveIndex;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a running server has, asked once for each selector. Not thread-safe. */
final class ServerIndex implements LiveIndex {
  /** Over which it is measured how far samples lie from each other. */
  private static final String MEASURED = "[10m]";

  private final Api api;
  private final Instant end;
  private final Instant start;
  private final String active;
  private final Map<String, Set<String>> labels = new HashMap<>();
  private final Map<String, Map<String, Long>> series = new HashMap<>();
  private final Map<String, Optional<Boolean>> counters = new HashMap<>();
  private final Map<String, Long> intervals = new HashMap<>();

  /**
   * Of a server.
   *
   * @param known how long ago a series may have had its last sample to be there
   * @param active and to be counted, as PromQL writes durations
   */
  ServerIndex(Api api, Duration known, String active, InstantSource clock) {
    this.api = api;
    this.end = clock.instant();
    this.start = end.minus(known);
    this.active = active;
  }

  @Override
  public Set<String> labels(String selector) {
    return labels.computeIfAbsent(selector, this::askLabels);
  }

  private Set<String> askLabels(String selector) {
    Set<String> names = new TreeSet<>();
    Api.Node answer =
        api.get(
            "/api/v1/labels",
            "match[]",
            selector,
            "start",
            Long.toString(start.getEpochSecond()),
            "end",
            Long.toString(end.getEpochSecond() + 1));
    answer.at("data").list().forEach(name -> names.add(name.text()));
    return names;
  }

  @Override
  public Map<String, Long> series(String selector) {
    return series.computeIfAbsent(selector, this::askSeries);
  }

  private Map<String, Long> askSeries(String selector) {
    Map<String, Long> counts = new TreeMap<>();
    // Of the functions over time this one alone leaves the name.
    String query = "count by (__name__) (last_over_time(" + selector + "[" + active + "]))";
    for (Api.Node one : vector(query)) {
      counts.put(
          one.at("metric").at("__name__").text(), Math.round(one.at("value").at(1).number()));
    }
    return counts;
  }

  private Iterable<Api.Node> vector(String query) {
    return api.ask("/api/v1/query", "query", query, "time", Long.toString(end.getEpochSecond() + 1))
        .at("data")
        .at("result")
        .list();
  }

  @Override
  public Optional<Boolean> counter(String metric) {
    return counters.computeIfAbsent(metric, this::askCounter);
  }

  private Optional<Boolean> askCounter(String metric) {
    for (Api.Node one :
        api.get("/api/v1/metadata", "metric", metric).at("data").at(metric).list()) {
      String type = one.at("type").text();
      if (!type.isEmpty() && !type.equals("unknown")) {
        return Optional.of(type.equals("counter"));
      }
    }
    return Optional.empty();
  }

  @Override
  public long intervalMillis(String selector) {
    return intervals.computeIfAbsent(selector, this::askInterval);
  }

  private long askInterval(String selector) {
    String range = selector + MEASURED;
    String query =
        "min((ts_of_last_over_time("
            + range
            + ") - ts_of_first_over_time("
            + range
            + ")) / (count_over_time("
            + range
            + ") - 1))";
    for (Api.Node one : vector(query)) {
      double seconds = one.at("value").at(1).number();
      return Double.isFinite(seconds) ? Math.round(seconds * 1000) : 0;
    }
    return 0;
  }
}

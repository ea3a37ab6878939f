package io.trilith.server.removal;

import io.trilith.compactor.Deletions;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Signal;
import java.util.ArrayList;
import java.util.List;

/**
 * One subject in all signals: several selectors of each.
 *
 * @param fromNanos since 1970; Long.MIN_VALUE from the first row on
 * @param toNanos Long.MAX_VALUE to the last row
 */
public record DeletionRequest(
    List<String> metrics, List<String> logs, List<String> traces, long fromNanos, long toNanos) {
  public DeletionRequest {
    metrics = List.copyOf(metrics);
    logs = List.copyOf(logs);
    traces = List.copyOf(traces);
  }

  List<Deletions.Ask> asks() {
    List<Deletions.Ask> asks = new ArrayList<>();
    if (!metrics.isEmpty()) {
      asks.add(metrics(metrics, fromNanos, toNanos));
    }
    if (!logs.isEmpty()) {
      asks.add(new Deletions.Ask(Signal.LOGS, logs, fromNanos, toNanos));
    }
    if (!traces.isEmpty()) {
      asks.add(new Deletions.Ask(Signal.TRACES, traces, fromNanos, toNanos));
    }
    if (asks.isEmpty()) {
      throw new InvalidRequestException(
          "no selector: give metrics=, logs= or traces=, each as often as needed");
    }
    return asks;
  }

  static Deletions.Ask metrics(List<String> selectors, long fromNanos, long toNanos) {
    return new Deletions.Ask(
        Signal.METRICS, selectors, RemovalTimes.millis(fromNanos), RemovalTimes.millis(toNanos));
  }
}

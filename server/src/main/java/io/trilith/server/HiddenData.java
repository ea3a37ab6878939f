package io.trilith.server;

import io.trilith.compactor.Policies;
import io.trilith.compactor.Retention;
import io.trilith.logstore.EntryRule;
import io.trilith.logstore.store.LogStore;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.removal.HiddenIndex;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.store.TraceStore;
import io.trilith.tsdb.SeriesRule;
import io.trilith.tsdb.store.MetricStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** What the stores hide: rows that were deleted, and those that policies let expire. */
final class HiddenData {
  private final Retention retention;
  private final HiddenIndex<SeriesRule> series;
  private final HiddenIndex<EntryRule> entries;
  private final HiddenIndex<SpanRule> spans;

  HiddenData(RowRules rules, Retention retention, DataAge age) {
    this.retention = retention;
    series =
        new HiddenIndex<>(
            Signal.METRICS,
            rules::series,
            tenant -> expired(tenant, Signal.METRICS, rules::series, age::bound),
            tenant ->
                both(
                    wanted(tenant, Signal.METRICS, rules::series, age::bound),
                    rules.tried(tenant, Signal.METRICS, rules::series)));
    entries =
        new HiddenIndex<>(
            Signal.LOGS,
            rules::entries,
            tenant -> expired(tenant, Signal.LOGS, rules::entries, age::boundNanos),
            tenant ->
                both(
                    wanted(tenant, Signal.LOGS, rules::entries, age::boundNanos),
                    rules.tried(tenant, Signal.LOGS, rules::entries)));
    spans =
        new HiddenIndex<>(
            Signal.TRACES,
            rules::spans,
            tenant -> expired(tenant, Signal.TRACES, rules::spans, age::boundNanos),
            tenant ->
                both(
                    wanted(tenant, Signal.TRACES, rules::spans, age::boundNanos),
                    rules.tried(tenant, Signal.TRACES, rules::spans)));
  }

  /** Has the stores ask here. */
  void hideIn(MetricStore metrics, LogStore logs, TraceStore traces) {
    metrics.hide(series::of);
    logs.hide(entries::of);
    traces.hide(spans::of);
  }

  /**
   * Takes over the deletions of a commit.
   *
   * @param views has readers see the blocks that there are after it
   */
  void follow(CatalogListener.Step step, Runnable views) {
    series.follow(step, () -> entries.follow(step, () -> spans.follow(step, views)));
  }

  /** Makes a rule of an age and the newest time that has expired. */
  @FunctionalInterface
  private interface AgeRule<R> {
    R of(Policies.Age age, long newest);
  }

  private <R> List<R> expired(
      TenantId tenant, Signal signal, AgeRule<R> rule, ToLongFunction<Duration> oldest) {
    if (!retention.isInForce()) {
      return List.of();
    }
    return retention.policies().ages(tenant, signal).stream()
        .map(one -> rule.of(one, oldest.applyAsLong(one.keep()) - 1))
        .toList();
  }

  /** As above, of all ages, whether they are in force or not. */
  private <R> List<R> wanted(
      TenantId tenant, Signal signal, AgeRule<R> rule, ToLongFunction<Duration> oldest) {
    return retention.policies().wanted(tenant, signal).stream()
        .map(one -> rule.of(one, oldest.applyAsLong(one.keep()) - 1))
        .toList();
  }

  private static <R> List<R> both(List<R> some, List<R> others) {
    List<R> all = new ArrayList<>(some);
    all.addAll(others);
    return all;
  }
}

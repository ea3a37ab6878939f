package io.trilith.server.node;

import io.trilith.compactor.Policies;
import io.trilith.compactor.Retention;
import io.trilith.logstore.EntryRule;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.Signal;
import io.trilith.storage.removal.HiddenIndex;
import io.trilith.storage.removal.RowRule;
import io.trilith.tracestore.SpanRule;
import io.trilith.tsdb.SeriesRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** What the stores hide: rows that were deleted, and those that policies let expire. */
final class HiddenData {
  private final Retention retention;
  private final HiddenIndex<SeriesRule> series;
  private final HiddenIndex<EntryRule> entries;
  private final HiddenIndex<SpanRule> spans;
  private final List<HiddenIndex<?>> all;
  private final DataAge age;
  private final RowRules rules;

  HiddenData(RowRules rules, Retention retention, DataAge age) {
    this.retention = retention;
    this.age = age;
    this.rules = rules;
    series = index(Signal.METRICS, rules::series, rules::series);
    entries = index(Signal.LOGS, rules::entries, rules::entries);
    spans = index(Signal.TRACES, rules::spans, rules::spans);
    all = List.of(series, entries, spans);
  }

  /**
   * What one signal's store hides.
   *
   * @param deleted makes rules of a deletion
   * @param aged makes a rule of an age
   */
  private <R extends RowRule> HiddenIndex<R> index(
      Signal signal, BiFunction<String, Deletion.Part, List<R>> deleted, AgeRule<R> aged) {
    return new HiddenIndex<>(
        signal,
        deleted,
        tenant ->
            retention.isInForce()
                ? rules(signal, retention.policies().ages(tenant, signal), aged)
                : List.of(),
        tenant -> {
          List<R> wanted = rules(signal, retention.policies().wanted(tenant, signal), aged);
          wanted.addAll(rules.tried(tenant, signal, deleted));
          return wanted;
        });
  }

  private <R> List<R> rules(Signal signal, List<Policies.Age> ages, AgeRule<R> aged) {
    List<R> all = new ArrayList<>();
    for (Policies.Age one : ages) {
      all.add(aged.of(one, age.bound(signal, one.keep()) - 1));
    }
    return all;
  }

  /** Has the stores ask here. */
  void hideIn(Stores stores) {
    stores.metrics().hide(series::of);
    stores.logs().hide(entries::of);
    stores.traces().hide(spans::of);
  }

  /**
   * Takes over the deletions of a commit.
   *
   * @param views has readers see the blocks that there are after it
   */
  void follow(CatalogListener.Step step, Runnable views) {
    Runnable next = views;
    for (HiddenIndex<?> index : all) {
      Runnable inner = next;
      next = () -> index.follow(step, inner);
    }
    next.run();
  }

  /** Makes a rule of an age and the newest time that has expired. */
  @FunctionalInterface
  private interface AgeRule<R> {
    R of(Policies.Age age, long newest);
  }
}

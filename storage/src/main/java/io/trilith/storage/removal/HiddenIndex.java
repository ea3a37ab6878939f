package io.trilith.storage.removal;

import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The rules of one signal, made of the catalog's deletions and of what the policies say at the
 * moment. Thread-safe.
 *
 * @param <R> the store's rule
 */
public final class HiddenIndex<R extends RowRule> {
  private final Signal signal;
  private final BiFunction<String, Deletion.Part, List<R>> compile;
  private final Function<TenantId, List<R>> expired;
  private final Function<TenantId, List<R>> wanted;
  private final Map<Key, List<R>> compiled = new HashMap<>();
  private volatile Map<TenantId, Map<BlockId, List<R>>> byTenant = Map.of();

  private record Key(String deletion, int part) {}

  /**
   * The rules of a deletion's part are compiled once; what has expired is asked for each time.
   *
   * @param expired by policies that are in force, where not everything of that age is hidden anyway
   * @param wanted by all policies and the default, in force or not
   */
  public HiddenIndex(
      Signal signal,
      BiFunction<String, Deletion.Part, List<R>> compile,
      Function<TenantId, List<R>> expired,
      Function<TenantId, List<R>> wanted) {
    this.signal = signal;
    this.compile = compile;
    this.expired = expired;
    this.wanted = wanted;
  }

  /**
   * Takes over the deletions of a commit; the views are changed in between. While they are, the
   * rules of both sides hold: no block of a view is ever without its rules.
   *
   * @param views has readers see the blocks that there are after it
   */
  @SuppressWarnings("ReferenceEquality") // the same object where a commit says nothing of them
  public void follow(CatalogListener.Step step, Runnable views) {
    if (step.before().removals() == step.after().removals()) {
      views.run();
      return;
    }
    update(List.of(step.before(), step.after()));
    views.run();
    update(List.of(step.after()));
  }

  private synchronized void update(List<CatalogState> states) {
    Map<TenantId, Map<BlockId, List<R>>> next = new HashMap<>();
    for (CatalogState state : states) {
      add(state, next);
    }
    compiled
        .keySet()
        .removeIf(
            key ->
                states.stream()
                    .noneMatch(state -> state.removals().active().containsKey(key.deletion)));
    byTenant = next;
  }

  private void add(CatalogState state, Map<TenantId, Map<BlockId, List<R>>> next) {
    for (Deletion deletion : state.removals().active().values()) {
      for (int i = 0; i < deletion.parts().size(); i++) {
        Deletion.Part part = deletion.parts().get(i);
        if (part.signal() == signal) {
          List<R> rules =
              compiled.computeIfAbsent(
                  new Key(deletion.id(), i), _ -> List.copyOf(compile.apply(deletion.id(), part)));
          Map<BlockId, List<R>> blocks =
              next.computeIfAbsent(deletion.tenant(), _ -> new HashMap<>());
          for (BlockId block : part.blocks()) {
            List<R> own = blocks.computeIfAbsent(block, _ -> new ArrayList<>());
            if (!own.containsAll(rules)) {
              own.addAll(rules);
            }
          }
        }
      }
    }
  }

  /** What the tenant's readers must not see now. */
  public HiddenRows<R> of(TenantId tenant) {
    return new HiddenRows<>(
        byTenant.getOrDefault(tenant, Map.of()),
        block -> byTenant.getOrDefault(tenant, Map.of()).getOrDefault(block, List.of()),
        expired.apply(tenant),
        () -> wanted.apply(tenant));
  }
}

package io.trilith.storage.removal;

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
  private final Map<Key, List<R>> compiled = new HashMap<>();
  private volatile Map<TenantId, Map<BlockId, List<R>>> byTenant = Map.of();

  private record Key(String deletion, int part) {}

  /** The rules of a deletion's part are compiled once; what has expired is asked for each time. */
  public HiddenIndex(
      Signal signal,
      BiFunction<String, Deletion.Part, List<R>> compile,
      Function<TenantId, List<R>> expired) {
    this.signal = signal;
    this.compile = compile;
    this.expired = expired;
  }

  /**
   * Takes over the deletions. Blocks that this state no longer has must be out of all views before.
   */
  public synchronized void update(CatalogState state) {
    Map<TenantId, Map<BlockId, List<R>>> next = new HashMap<>();
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
            blocks.computeIfAbsent(block, _ -> new ArrayList<>()).addAll(rules);
          }
        }
      }
    }
    compiled.keySet().removeIf(key -> !state.removals().active().containsKey(key.deletion));
    byTenant = next;
  }

  /** What the tenant's readers must not see now. */
  public HiddenRows<R> of(TenantId tenant) {
    return new HiddenRows<>(byTenant.getOrDefault(tenant, Map.of()), expired.apply(tenant));
  }
}

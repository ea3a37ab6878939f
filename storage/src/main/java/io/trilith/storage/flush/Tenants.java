package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogListener;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The tenants of one store, each with generations of its own for each partition that it wrote to.
 * One is there once it wrote or has a block. Readers see all partitions of a tenant as one.
 * Thread-safe.
 *
 * @param <H> the store's head
 * @param <T> what the store keeps of a scope
 */
public final class Tenants<H, T extends Flushable> {
  private final Signal signal;
  private final Function<CatalogState.Scope, T> fresh;
  private final Function<T, Generations<H>> generations;
  private final Map<TenantId, List<T>> tenants = new ConcurrentHashMap<>();
  private volatile CatalogState known = CatalogState.EMPTY;

  /**
   * Without any.
   *
   * @param fresh makes what is kept of a scope
   * @param generations those in it
   */
  public Tenants(
      Signal signal,
      Function<CatalogState.Scope, T> fresh,
      Function<T, Generations<H>> generations) {
    this.signal = signal;
    this.fresh = fresh;
    this.generations = generations;
  }

  /** What a tenant that writes to the local log has; made when the tenant is new. */
  public T of(TenantId tenant) {
    return of(Partition.LOCAL, tenant);
  }

  /** What a tenant has of a partition; made when it is new. */
  public T of(Partition partition, TenantId tenant) {
    T found = find(tenants.get(tenant), partition);
    return found == null ? add(new CatalogState.Scope(partition, signal, tenant)) : found;
  }

  private static <T extends Flushable> @Nullable T find(
      @Nullable List<T> all, Partition partition) {
    if (all != null) {
      for (T one : all) {
        if (one.scope().partition().equals(partition)) {
          return one;
        }
      }
    }
    return null;
  }

  private T add(CatalogState.Scope scope) {
    List<T> all =
        tenants.compute(
            scope.tenant(),
            (_, before) -> {
              if (find(before, scope.partition()) != null) {
                return before;
              }
              T made = fresh.apply(scope);
              generations.apply(made).covered(Set.of(), known.covered(scope));
              List<T> with = new ArrayList<>(before == null ? List.of() : before);
              with.add(made);
              with.sort(Comparator.comparing(one -> one.scope().partition()));
              return List.copyOf(with);
            });
    T made = Objects.requireNonNull(find(all, scope.partition()));
    // Once more, now that whoever follows the catalog finds it: a commit may have come in between.
    generations.apply(made).covered(Set.of(), known.covered(scope));
    return made;
  }

  /** The sequence of a block whose content ends at an offset. */
  public long sequence(long lastOffset) {
    return known.sequences().base() + lastOffset;
  }

  /** What a query reads: nothing for a tenant that is not there. */
  public Generations.View<H> view(TenantId tenant) {
    List<T> all = tenants.getOrDefault(tenant, List.of());
    if (all.size() == 1) {
      return generations.apply(all.getFirst()).view();
    }
    List<BlockEntry> blocks = new ArrayList<>();
    List<H> heads = new ArrayList<>();
    for (T one : all) {
      Generations.View<H> view = generations.apply(one).view();
      blocks.addAll(view.blocks());
      heads.addAll(view.heads());
    }
    blocks.sort(Comparator.comparingLong(BlockEntry::sequence));
    return new Generations.View<>(List.copyOf(blocks), heads);
  }

  /** The heads that grow of a tenant. */
  public List<H> growing(TenantId tenant) {
    List<H> heads = new ArrayList<>();
    for (T one : tenants.getOrDefault(tenant, List.of())) {
      heads.add(generations.apply(one).growing());
    }
    return heads;
  }

  /** The committed blocks of a scope in order of writing. */
  public List<BlockEntry> committed(CatalogState.Scope scope) {
    return generations.apply(of(scope.partition(), scope.tenant())).committed();
  }

  /**
   * Takes over which blocks are live. Called at the start and after each commit that is not a
   * flush.
   */
  public void blocksChanged(CatalogState state) {
    known = state;
    for (BlockEntry block : state.blocks().values()) {
      if (block.signal() == signal) {
        of(block.partition(), block.tenant());
      }
    }
    heads().forEach(one -> generations.apply(one).blocksChanged(state));
  }

  /** Takes over the blocks of one scope. */
  public void blocksChanged(CatalogState.Scope scope, CatalogState state) {
    generations.apply(of(scope.partition(), scope.tenant())).blocksChanged(state);
  }

  /** Takes over what a commit made of the blocks and the coverage of this store's scopes. */
  public void follow(CatalogListener.Step step) {
    known = step.after();
    step.live()
        .forEach(
            (scope, live) -> {
              if (scope.signal() == signal) {
                generations
                    .apply(of(scope.partition(), scope.tenant()))
                    .follow(live, step.committed(), step.after().covered(scope));
              }
            });
    step.covered()
        .forEach(
            (scope, next) -> {
              if (scope.signal() == signal && !step.live().containsKey(scope)) {
                T there = find(tenants.get(scope.tenant()), scope.partition());
                if (there != null) {
                  generations.apply(there).covered(step.committed(), next);
                }
              }
            });
  }

  /**
   * Ends heads at a place in the log.
   *
   * @param tenant one of them; of all without
   * @param end see {@link Generations#cut}
   */
  public void cut(Partition partition, Optional<TenantId> tenant, long end) {
    for (T one : heads()) {
      CatalogState.Scope scope = one.scope();
      if (scope.partition().equals(partition)
          && (tenant.isEmpty() || tenant.get().equals(scope.tenant()))) {
        generations.apply(one).cut(end);
      }
    }
  }

  /** The tenants that are there. */
  public List<TenantId> ids() {
    return List.copyOf(tenants.keySet());
  }

  /** The scopes that are there. */
  public List<CatalogState.Scope> scopes() {
    return heads().stream().map(Flushable::scope).toList();
  }

  /** The heads of all scopes. */
  public Collection<T> heads() {
    List<T> all = new ArrayList<>(tenants.size());
    tenants.values().forEach(all::addAll);
    return all;
  }

  /** The sum of something over all heads. */
  public long sum(ToLongFunction<H> figure) {
    long sum = 0;
    for (T one : heads()) {
      for (H head : generations.apply(one).view().heads()) {
        sum += figure.applyAsLong(head);
      }
    }
    return sum;
  }
}

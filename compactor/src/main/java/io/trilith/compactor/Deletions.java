package io.trilith.compactor;

import io.trilith.config.DeletionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletions from the request to the proof, see {@code
 * docs/decisions/0013-deletion-and-retention.md}. Thread-safe.
 */
public final class Deletions {
  private static final Logger log = LoggerFactory.getLogger(Deletions.class);

  /** Exemplars of a block may lie outside of its samples by a little. */
  private static final long METRICS_MARGIN_MILLIS = Duration.ofMinutes(10).toMillis();

  private final DeletionConfig config;
  private final Catalog catalog;
  private final Runnable flush;
  private final Selectors selectors;
  private final Supplier<BlockId> ids;
  private final InstantSource clock;
  private final Map<Signal, SignalBlocks> stores = new EnumMap<>(Signal.class);

  /**
   * Of all tenants.
   *
   * @param flush returns when everything that was appended before is in committed blocks
   * @param ids that are unique and sort by time
   */
  public Deletions(
      DeletionConfig config,
      Catalog catalog,
      Runnable flush,
      Selectors selectors,
      List<SignalBlocks> stores,
      Supplier<BlockId> ids,
      InstantSource clock) {
    this.config = config;
    this.catalog = catalog;
    this.flush = flush;
    this.selectors = selectors;
    this.ids = ids;
    this.clock = clock;
    stores.forEach(store -> this.stores.put(store.signal(), store));
  }

  /**
   * What is to go of one signal.
   *
   * @param minTime in the signal's unit, included, as is the other one
   */
  public record Ask(Signal signal, List<String> selectors, long minTime, long maxTime) {
    public Ask {
      selectors = List.copyOf(selectors);
    }
  }

  /**
   * Hides what is asked for, of all that was written before this call, and has it go later. It is
   * hidden on return.
   */
  public Deletion create(TenantId tenant, List<Ask> asks) {
    check(asks);
    if (catalog.state().removals().active().size() >= config.activeMax()) {
      throw LimitExceededException.busy(
          "too many deletions wait to be completed (deletion.active-max = "
              + config.activeMax()
              + ")");
    }
    flush.run();
    String id = ids.get().text();
    List<Selectors.Found> found = find(tenant, asks);
    CatalogState made =
        catalog.commit(
            state -> Draft.of(new Change.Deleted(deletion(id, tenant, asks, found, state))));
    Deletion deletion = made.removals().active().get(id);
    if (deletion == null) {
      throw new IllegalStateException("deletion " + id + " is not there after its commit");
    }
    log.info(
        "deletion id={} tenant={} selectors={} blocks={}",
        id,
        tenant,
        asks.stream().map(Ask::selectors).toList(),
        deletion.pending(made).size());
    return deletion;
  }

  /** What {@link #create} would make of the blocks that are there, without doing it. */
  public Deletion plan(TenantId tenant, List<Ask> asks) {
    check(asks);
    flush.run();
    return deletion("", tenant, asks, find(tenant, asks), catalog.state());
  }

  private void check(List<Ask> asks) {
    for (Ask ask : asks) {
      if (ask.minTime() > ask.maxTime()) {
        throw new InvalidRequestException("the range of a deletion ends before it starts");
      }
      ask.selectors().forEach(selector -> selectors.check(ask.signal(), selector));
    }
  }

  private List<Selectors.Found> find(TenantId tenant, List<Ask> asks) {
    return asks.stream()
        .map(
            ask ->
                selectors.find(tenant, ask.signal(), ask.selectors(), ask.minTime(), ask.maxTime()))
        .toList();
  }

  private Deletion deletion(
      String id, TenantId tenant, List<Ask> asks, List<Selectors.Found> found, CatalogState state) {
    List<Deletion.Part> parts = new ArrayList<>();
    for (int i = 0; i < asks.size(); i++) {
      Ask ask = asks.get(i);
      Selectors.Found of = found.get(i);
      long margin = ask.signal() == Signal.METRICS ? METRICS_MARGIN_MILLIS : 0;
      Set<BlockId> blocks = new HashSet<>();
      for (BlockEntry block : state.blocks(ask.signal(), tenant)) {
        if (block.minTime() - margin <= of.maxTime() && block.maxTime() + margin >= of.minTime()) {
          blocks.add(block.id());
        }
      }
      parts.add(
          new Deletion.Part(
              ask.signal(), ask.selectors(), ask.minTime(), ask.maxTime(), of.ids(), blocks, 0, 0));
    }
    long now = clock.millis();
    return new Deletion(id, tenant, now, now + config.delay().toMillis(), parts, 0, 0, 0);
  }

  /**
   * Shows everything again that a deletion hides.
   *
   * @param force also when it is due; what is rewritten stays gone then
   */
  public void cancel(TenantId tenant, String id, boolean force) {
    catalog.commit(
        state -> {
          Deletion known = state.removals().active().get(id);
          if (known == null || !known.tenant().equals(tenant)) {
            throw new InvalidRequestException(
                "there is no deletion " + id + " that is not completed");
          }
          if (known.isDue(clock.millis()) && !force) {
            throw new InvalidRequestException(
                "deletion "
                    + id
                    + " cannot be cancelled any more: its blocks are being rewritten"
                    + " (deletion.delay is over)");
          }
          return Draft.of(new Change.Cancelled(id));
        });
    log.info("deletion id={} tenant={} was cancelled", id, tenant);
  }

  /** Those of a tenant, oldest first, completed ones too as long as they are remembered. */
  public List<Deletion> list(TenantId tenant) {
    CatalogState state = catalog.state();
    List<Deletion> all = new ArrayList<>(state.removals().completed());
    all.addAll(state.removals().active().values());
    all.removeIf(deletion -> !deletion.tenant().equals(tenant));
    all.sort(Comparator.comparing(Deletion::id));
    return all;
  }

  /** Where rows of a deletion may be left. */
  public List<BlockEntry> pending(Deletion deletion) {
    return deletion.pending(catalog.state());
  }

  /** Rewrites blocks for the deletions that are due, then ends those that are complete. */
  public synchronized void run() {
    for (Deletion deletion : due()) {
      CatalogState state = catalog.state();
      for (Deletion.Part part : deletion.parts()) {
        for (BlockEntry block : part.pending(state)) {
          if (Thread.currentThread().isInterrupted()) {
            return;
          }
          if (state.blocks().containsKey(block.id())) {
            rewrite(part.signal(), block);
          }
        }
      }
    }
    due().forEach(this::complete);
  }

  private List<Deletion> due() {
    long now = clock.millis();
    return catalog.state().removals().active().values().stream()
        .filter(deletion -> deletion.isDue(now))
        .toList();
  }

  private void rewrite(Signal signal, BlockEntry block) {
    SignalBlocks store = stores.get(signal);
    if (store != null) {
      BlockMerge.Outcome outcome = store.merge().rewriteDeleted(block);
      log.debug("block={} {}", block.id(), outcome);
    }
  }

  private void complete(Deletion deletion) {
    if (!deletion.pending(catalog.state()).isEmpty()) {
      return;
    }
    CatalogState state =
        catalog.commit(
            now -> {
              Deletion known = now.removals().active().get(deletion.id());
              return known == null || !known.pending(now).isEmpty()
                  ? Draft.of()
                  : Draft.of(new Change.Completed(deletion.id()));
            });
    if (!state.removals().active().containsKey(deletion.id())) {
      log.info("deletion id={} tenant={} is complete", deletion.id(), deletion.tenant());
    }
  }
}

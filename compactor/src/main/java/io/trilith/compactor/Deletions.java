package io.trilith.compactor;

import io.trilith.config.DeletionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.catalog.Ownership;
import io.trilith.storage.catalog.Removals;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
  private final StorageClock clock;
  private final ObjectStore objects;
  private final Leftovers leftovers;
  private final Map<Signal, SignalBlocks> stores = new EnumMap<>(Signal.class);

  /**
   * Of all tenants.
   *
   * @param flush returns when everything that was appended before is in committed blocks
   * @param ids that are unique and sort by time
   * @param objects all of the bucket
   */
  public Deletions(
      DeletionConfig config,
      Catalog catalog,
      Runnable flush,
      Selectors selectors,
      List<SignalBlocks> stores,
      Supplier<BlockId> ids,
      StorageClock clock,
      ObjectStore objects,
      Leftovers leftovers) {
    this.config = config;
    this.catalog = catalog;
    this.flush = flush;
    this.selectors = selectors;
    this.ids = ids;
    this.clock = clock;
    this.objects = objects;
    this.leftovers = leftovers;
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
    return create(tenant, asks, "");
  }

  /**
   * As above.
   *
   * @param by who asks for it, for people
   */
  public Deletion create(TenantId tenant, List<Ask> asks, String by) {
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
            state -> Draft.of(new Change.Deleted(deletion(id, tenant, asks, found, state, by))));
    Deletion deletion = made.removals().active().get(id);
    if (deletion == null) {
      throw new IllegalStateException("deletion " + id + " is not there after its commit");
    }
    log.info(
        "deletion id={} tenant={} by={} selectors={} blocks={}",
        id,
        tenant,
        by,
        asks.stream().map(Ask::selectors).toList(),
        deletion.pending(made).size());
    return deletion;
  }

  /**
   * What {@link #create} would make of the blocks that are there, without doing it: with the rows
   * that would go, which are counted one by one, as those that went.
   */
  public Deletion plan(TenantId tenant, List<Ask> asks) {
    check(asks);
    flush.run();
    String id = "dry-run-" + ids.get().text();
    CatalogState state = catalog.state();
    Deletion planned = deletion(id, tenant, asks, find(tenant, asks), state, "");
    List<Deletion.Part> counted = new ArrayList<>();
    try (Selectors.Trial _ = selectors.trial(planned)) {
      for (Deletion.Part part : planned.parts()) {
        long rows = 0;
        for (BlockEntry block : part.pending(state)) {
          rows += rows(part.signal(), block, id);
        }
        counted.add(part.counted(rows));
      }
    }
    return planned.with(counted);
  }

  /** Rows of a block that a deletion takes. */
  private long rows(Signal signal, BlockEntry block, String deletion) {
    SignalBlocks store = stores.get(signal);
    Set<String> of = Set.of(deletion);
    return store == null || store.merge().hiddenShare(block, of) == 0
        ? 0
        : block.items() - store.merge().remaining(block, of);
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
      String id,
      TenantId tenant,
      List<Ask> asks,
      List<Selectors.Found> found,
      CatalogState state,
      String by) {
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
    // What is in blocks came by records of the log that has written last, below what is covered.
    String log = state.ownership().owner().map(Ownership.Owner::log).orElse("");
    return new Deletion(
        id,
        tenant,
        now,
        now + config.delay().toMillis(),
        parts,
        0,
        0,
        0,
        new Deletion.Asked(by, log, state.coveredMax()),
        Deletion.Ended.NOT);
  }

  /** As below, by somebody who did not say. */
  public void cancel(TenantId tenant, String id, boolean force) {
    cancel(tenant, id, force, "");
  }

  /**
   * Shows everything again that a deletion hides.
   *
   * @param by who asks for it, for people
   * @param force also when it is due; what is rewritten stays gone then
   */
  public void cancel(TenantId tenant, String id, boolean force, String by) {
    catalog.commit(
        state -> {
          Deletion known = state.removals().active().get(id);
          if (known == null || !known.tenant().equals(tenant)) {
            throw new InvalidRequestException(
                "there is no deletion " + id + " that is not completed or cancelled");
          }
          if (known.isDue(clock.millis()) && !force) {
            throw new InvalidRequestException(
                "deletion "
                    + id
                    + " cannot be cancelled any more: its blocks are being rewritten"
                    + " (deletion.delay is over)");
          }
          return Draft.of(new Change.Cancelled(id, by));
        });
    log.info("deletion id={} tenant={} was cancelled by={}", id, tenant, by);
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

  /** What a deletion waits for, for people; empty when it is not due, or nothing is in its way. */
  public List<String> waitsFor(Deletion deletion) {
    if (deletion.completedBy() > 0 || !deletion.isDue(clock.millis())) {
      return List.of();
    }
    List<String> waits = new ArrayList<>();
    CatalogState state = catalog.state();
    for (BlockEntry block : deletion.pending(state)) {
      SignalBlocks store = stores.get(block.signal());
      if (store != null && store.merge().isDamaged(block.id())) {
        waits.add(
            "block "
                + block.id()
                + " is damaged and cannot be rewritten: bring it back from a snapshot, or drop it");
      } else if (!state.blocks().containsKey(block.id())) {
        waits.add("the object of block " + block.id() + ", which goes after its delay");
      }
    }
    if (clock.isHeld()) {
      waits.add(clock.doubt());
    }
    waits.addAll(strays(deletion, state).stream().map(name -> "the object " + name).toList());
    if (isForOwner(state)) {
      waits.add("the server that owns the bucket, which has to look into its log");
    } else if (leftovers.logHolds(deletion.asked().logEnd())) {
      waits.add("the log, which has records below " + deletion.asked().logEnd());
    }
    return waits;
  }

  /** Whether another process has the log that writes to the bucket: it has to look. */
  private boolean isForOwner(CatalogState state) {
    return state
        .ownership()
        .owner()
        .filter(owner -> !owner.log().equals(leftovers.log()))
        .isPresent();
  }

  /**
   * Objects that no commit names and that may have rows of a deletion: all that are not much
   * younger. Who left them deletes them, or the search for orphans.
   */
  private List<String> strays(Deletion deletion, CatalogState state) {
    long youngest = deletion.createdMillis() + StorageClock.FAR.toMillis();
    List<String> strays = new ArrayList<>();
    for (Deletion.Part part : deletion.parts()) {
      for (ObjectStore.Entry one :
          objects.list(BlockEntry.prefix(part.signal(), deletion.tenant()))) {
        BlockId id = BlockEntry.blockOf(one.name()).orElse(null);
        if (id != null
            && !state.blocks().containsKey(id)
            && (part.blocks().contains(id) || id.createdMillis() <= youngest)) {
          strays.add(one.name());
        }
      }
    }
    return strays;
  }

  /** Rewrites blocks for the deletions that are due, then ends those that are complete. */
  public synchronized void run() {
    if (clock.isHeld()) {
      return;
    }
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
    CatalogState before = catalog.state();
    if (!deletion.pending(before).isEmpty() || isForOwner(before)) {
      return;
    }
    // Offsets only grow, also when a log takes over from another: what is older is below.
    leftovers.clear(deletion.asked().logEnd());
    if (leftovers.logHolds(deletion.asked().logEnd()) || !strays(deletion, before).isEmpty()) {
      return;
    }
    CatalogState state =
        catalog.commit(
            now -> {
              Deletion known = now.removals().active().get(deletion.id());
              return known == null || !known.pending(now).isEmpty()
                  ? Draft.of()
                  : Draft.of(new Change.Completed(deletion.id(), outOfReach(known, now)));
            });
    if (!state.removals().active().containsKey(deletion.id())) {
      log.info("deletion id={} tenant={} is complete", deletion.id(), deletion.tenant());
    }
  }

  /** Where rows may be all the same. */
  private List<String> outOfReach(Deletion deletion, CatalogState state) {
    List<String> out = new ArrayList<>();
    for (Removals.Copy copy : state.removals().copies()) {
      out.add("the copy to " + copy.to() + " of " + Instant.ofEpochMilli(copy.millis()));
    }
    Set<String> others = new TreeSet<>();
    others.add(deletion.asked().log());
    state.ownership().earlier().forEach(one -> others.add(one.log()));
    others.removeAll(Set.of("", leftovers.log()));
    // Those by which the own one was known before lie on the same disk.
    String own = leftovers.log();
    for (Ownership.Renewal one : state.ownership().renewed().reversed()) {
      if (one.next().equals(own)) {
        own = one.log();
        others.remove(own);
      }
    }
    for (String other : others) {
      out.add("log " + other + ", where it lies on another disk than log " + leftovers.log());
    }
    return out;
  }
}

package io.trilith.compactor;

import io.trilith.config.Durations;
import io.trilith.config.RetentionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enforces the policies of retention by age, by bytes and when the disk is full, see {@code
 * docs/decisions/0013-deletion-and-retention.md}. Thread-safe.
 */
public final class Retention {
  private static final Logger log = LoggerFactory.getLogger(Retention.class);

  /**
   * A changed list of policies that takes more than that of the rows or bytes of any tenant's
   * signal has to be confirmed.
   */
  private static final double SHARE_MAX = 0.3;

  /** Before the fingerprint of a list that was undone. */
  private static final String UNDONE = "undone:";

  private final RetentionConfig config;
  private final Policies policies;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final DataAge age;
  private final DiskUse disk;
  private final StorageClock clock;
  private final Map<Signal, SignalBlocks> stores = new EnumMap<>(Signal.class);

  /** Whether the policies are acted on and hide rows. */
  private volatile boolean inForce;

  /** Why the policies are not in force, empty when they are. */
  private volatile String refusal = "";

  // Guarded by this.
  private final Expired expired;
  private boolean toldOfClock;

  /** Of all tenants. Nothing is hidden before {@link #begin}. */
  public Retention(
      RetentionConfig config,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      DiskUse disk,
      StorageClock clock) {
    this.config = config;
    this.policies = new Policies(config);
    this.catalog = catalog;
    this.objects = objects;
    this.age = age;
    this.disk = disk;
    this.clock = clock;
    this.expired = new Expired(policies);
    putInForce(false);
  }

  public Policies policies() {
    return policies;
  }

  /** Why nothing is removed, empty when it is. */
  public String refusal() {
    return !refusal.isEmpty() || !clock.isHeld()
        ? refusal
        : clock.doubt()
            + ": nothing is removed until data of the clock's time arrives, or until 'trilith"
            + " retention run --confirm'";
  }

  /** Bytes that all blocks together may have; 0 for any number. */
  public long maxBytes() {
    return config.maxBytes().bytes();
  }

  /** Whether nothing is removed until somebody confirms it, or until the clock can be believed. */
  public boolean isRefusing() {
    return !inForce || clock.isHeld();
  }

  /** Whether the policies hide rows. */
  public boolean isInForce() {
    return inForce;
  }

  /**
   * Judges the policies once the stores know their blocks; from then on rows are hidden, unless the
   * list is a new one that takes too much.
   *
   * @param flush has everything in blocks, where it is counted
   */
  public synchronized void begin(List<SignalBlocks> signals, Runnable flush) {
    signals.forEach(store -> stores.put(store.signal(), store));
    log.info(
        "retention.default = {} with policies={}",
        Durations.format(config.keep()),
        config.policies().size());
    watchClock();
    String accepted = catalog.state().removals().accepted();
    String own = policies.fingerprint();
    if (accepted.equals(own)) {
      putInForce(true);
      return;
    }
    if (accepted.equals(UNDONE + own)) {
      refuse("they were undone by 'trilith retention undo'");
      return;
    }
    flush.run();
    CatalogState state = catalog.state();
    String tooMuch = Expired.tooMuch(planned(true).all(), state.blocks().values(), SHARE_MAX);
    if (tooMuch.isEmpty()) {
      catalog.commit(_ -> Draft.of(new Change.Accepted(own)));
      putInForce(true);
    } else {
      refuse("they have changed and would take more than 30 % of " + tooMuch);
    }
    bringBack();
  }

  private void refuse(String why) {
    putInForce(false);
    refusal =
        "the policies of retention hide and remove nothing, as "
            + why
            + ". Look at 'trilith retention plan', then repair them, or confirm by 'trilith"
            + " retention run --confirm'";
    log.warn("{}", refusal);
  }

  private void putInForce(boolean now) {
    inForce = now;
    refusal = now ? "" : refusal;
    age.keepAtMost(now ? policies.longest() : Duration.ZERO);
  }

  /** Blocks that earlier policies removed and that these keep are seen again. */
  private void bringBack() {
    long now = clock.millis();
    List<BlockEntry> back = new ArrayList<>();
    for (Change.Doomed one : catalog.state().removals().restorable()) {
      SignalBlocks store = stores.get(one.block().signal());
      if (isByAge(one) && !expired.of(one.block(), store, now, false).whole()) {
        back.add(one.block());
      }
    }
    restore(back);
  }

  private static boolean isByAge(Change.Doomed one) {
    return !one.reason().contains("max-bytes") && !one.reason().contains("disk-high-water");
  }

  private void restore(List<BlockEntry> wanted) {
    if (wanted.isEmpty()) {
      return;
    }
    List<BlockEntry> back = new ArrayList<>();
    catalog.commit(
        state -> {
          back.clear();
          for (BlockEntry block : wanted) {
            if (state.removals().doomed().containsKey(block.id())) {
              back.add(block);
            }
          }
          List<BlockId> ids = back.stream().map(BlockEntry::id).toList();
          return new Draft(back, List.of(), List.of(), List.of(new Change.Forgotten(ids)));
        });
    back.forEach(block -> log.info("block={} was restored", block.id()));
  }

  /** Lets the policies be acted on whatever they take, and the clock be believed, then runs. */
  public void confirm() {
    synchronized (this) {
      clock.believe();
      watchClock();
      if (!inForce) {
        String own = policies.fingerprint();
        catalog.commit(_ -> Draft.of(new Change.Accepted(own)));
        putInForce(true);
        log.info("the changed policies of retention were confirmed");
      }
    }
    run();
  }

  /**
   * Shows all rows again that policies hide, and blocks that they removed; nothing is hidden or
   * removed until {@link #confirm}, or until the list of policies is another.
   *
   * @return the blocks that are live again
   */
  public synchronized List<BlockEntry> undo() {
    String undone = UNDONE + policies.fingerprint();
    List<BlockEntry> back =
        catalog.state().removals().restorable().stream().map(Change.Doomed::block).toList();
    catalog.commit(_ -> Draft.of(new Change.Accepted(undone)));
    refuse("they were undone by 'trilith retention undo'");
    restore(back);
    return back;
  }

  /** Does all that is due. */
  public void run() {
    remove();
    rewrite();
  }

  /** Removes whole blocks, and deletes the objects of those removed long enough ago. */
  public synchronized void remove() {
    watchClock();
    if (clock.isHeld()) {
      return;
    }
    if (!inForce && catalog.state().removals().accepted().equals(policies.fingerprint())) {
      log.info("the changed policies of retention were confirmed by another process");
      putInForce(true);
    }
    if (!inForce) {
      deleteDue(one -> !one.restorable());
      return;
    }
    remove(planned(false).removed(), config.deleteDelay());
    relieveDisk();
    deleteDue(_ -> true);
  }

  /**
   * Rewrites blocks of which rows have expired; waits for merges, so it has a thread of its own.
   */
  public void rewrite() {
    List<RetentionPlan.Step> steps;
    synchronized (this) {
      steps = !inForce || clock.isHeld() ? List.of() : planned(false).rewritten();
    }
    rewrite(steps);
  }

  /** Tells of a clock that is not believed, once, and lets it be when data says the same. */
  private void watchClock() {
    if (clock.isHeld()
        && clock.hear(
            newestMillis(catalog, clock.system().millis() + StorageClock.FAR.toMillis()))) {
      log.info("data of the clock's time has arrived");
    }
    boolean held = clock.isHeld();
    if (held && !toldOfClock) {
      log.warn("retention removes nothing: {}", refusal());
    } else if (!held && toldOfClock) {
      log.info("the clock is believed again: retention goes on");
    }
    toldOfClock = held;
  }

  /**
   * The last time of which the storage knows: that of the last commit, or of the newest data where
   * that is later and not ahead of the system's clock; 0 when there is neither.
   */
  public static long knownMillis(Catalog catalog, InstantSource system) {
    return Math.max(
        catalog.lastCommitMillis(), Math.max(0, newestMillis(catalog, system.millis())));
  }

  /** Of data in blocks that is not beyond a limit. */
  private static long newestMillis(Catalog catalog, long limit) {
    return catalog.state().blocks().values().stream()
        .mapToLong(Budgets::maxMillis)
        .filter(millis -> millis <= limit)
        .max()
        .orElse(Long.MIN_VALUE / 2);
  }

  /** What {@link #run} would do now; of policies that are refused, what they would do. */
  public synchronized RetentionPlan plan() {
    RetentionPlan plan = planned(true);
    return new RetentionPlan(
        plan.removed(),
        plan.rewritten(),
        plan.hidden(),
        plan.doomed(),
        plan.liveRows(),
        plan.liveBytes(),
        refusal());
  }

  private RetentionPlan planned(boolean parts) {
    CatalogState state = catalog.state();
    long now = clock.millis();
    List<RetentionPlan.Step> removed = new ArrayList<>();
    List<RetentionPlan.Step> rewritten = new ArrayList<>();
    List<RetentionPlan.Step> hidden = new ArrayList<>();
    Map<BlockId, BlockEntry> left = new TreeMap<>(state.blocks());
    for (BlockEntry block : state.blocks().values()) {
      Expired.Loss loss = expired.of(block, stores.get(block.signal()), now, parts);
      if (loss.whole()) {
        removed.add(loss.step());
        left.remove(block.id());
      } else if (!loss.shares().isEmpty()) {
        Set<String> due = rewritable(state, loss, now);
        if (due.isEmpty()) {
          hidden.add(loss.step());
        } else {
          RetentionPlan.Step all = loss.step();
          rewritten.add(
              new RetentionPlan.Step(block, all.rows(), all.bytes(), String.join(", ", due)));
        }
      }
    }
    budgets(left, removed);
    Set<BlockId> known = new HashSet<>(state.blocks().keySet());
    known.addAll(state.removals().doomed().keySet());
    expired.retain(known);
    return new RetentionPlan(
        removed,
        rewritten,
        hidden,
        state.removals().restorable(),
        state.blocks().values().stream().mapToLong(BlockEntry::items).sum(),
        state.blocks().values().stream().mapToLong(BlockEntry::bytes).sum(),
        "");
  }

  /** The policies all of whose rows in a block have been hidden for the delay. */
  private Set<String> rewritable(CatalogState state, Expired.Loss loss, long now) {
    long since = state.removals().acceptedMillis() + config.deleteDelay().toMillis();
    return now < since || state.isDeletedFrom(loss.block().id())
        ? Set.of()
        : expired.hiddenFor(loss, config.deleteDelay(), now);
  }

  private void budgets(Map<BlockId, BlockEntry> left, List<RetentionPlan.Step> removed) {
    for (Policies.Policy policy : policies.budgets()) {
      List<BlockEntry> own =
          left.values().stream()
              .filter(block -> policy.isOf(block.tenant()) && policy.isOf(block.signal()))
              .toList();
      take(
          Budgets.over(own, policy.says().maxBytes().bytes()),
          policy.key() + ".max-bytes = " + policy.says().maxBytes(),
          left,
          removed);
    }
    if (config.maxBytes().bytes() > 0) {
      take(
          Budgets.over(left.values(), config.maxBytes().bytes()),
          "retention.max-bytes = " + config.maxBytes(),
          left,
          removed);
    }
  }

  private static void take(
      List<BlockEntry> blocks,
      String reason,
      Map<BlockId, BlockEntry> left,
      List<RetentionPlan.Step> removed) {
    for (BlockEntry block : blocks) {
      left.remove(block.id());
      removed.add(RetentionPlan.Step.whole(block, reason));
    }
  }

  private void remove(List<RetentionPlan.Step> steps, Duration delay) {
    if (steps.isEmpty()) {
      return;
    }
    long until = clock.millis() + delay.toMillis();
    Set<BlockId> gone = new HashSet<>();
    catalog.commit(
        state -> {
          gone.clear();
          List<Change> changes = new ArrayList<>();
          for (RetentionPlan.Step step : steps) {
            // A merge may have replaced it meanwhile: the next run sees what there is now.
            BlockEntry live = state.blocks().get(step.block().id());
            if (live != null && gone.add(live.id())) {
              changes.add(new Change.Doomed(live, until, step.reason()));
            }
          }
          return new Draft(List.of(), List.copyOf(gone), List.of(), changes);
        });
    for (RetentionPlan.Step step : steps) {
      if (gone.remove(step.block().id())) {
        log.info(
            "retention removed block={} rows={} bytes={} by {}; it can be restored until {}",
            step.block().id(),
            step.rows(),
            step.bytes(),
            step.reason(),
            Instant.ofEpochMilli(until));
      }
    }
  }

  /** Without delay: a full disk stops all writes. */
  private void relieveDisk() {
    if (config.diskHighWater() == 0) {
      return;
    }
    DiskUse.Use use = disk.now();
    long high = Math.round(use.bytes() * (config.diskHighWater() / 100.0));
    if (use.used() <= high) {
      return;
    }
    long surplus = use.used() - Math.round(use.bytes() * (config.diskLowWater() / 100.0));
    String reason =
        "retention.disk-high-water = "
            + config.diskHighWater()
            + " %, "
            + use.used()
            + " of "
            + use.bytes()
            + " bytes are in use";
    log.warn("the disk is full: {}", reason);
    List<BlockEntry> doomed = new ArrayList<>();
    for (Change.Doomed one : catalog.state().removals().doomed().values()) {
      if (surplus > 0) {
        doomed.add(one.block());
        surplus -= one.block().bytes();
      }
    }
    deleteObjects(doomed);
    if (surplus > 0) {
      Collection<BlockEntry> live = catalog.state().blocks().values();
      long bytes = live.stream().mapToLong(BlockEntry::bytes).sum();
      List<BlockEntry> chosen = Budgets.over(live, Math.max(0, bytes - surplus));
      remove(
          chosen.stream().map(block -> RetentionPlan.Step.whole(block, reason)).toList(),
          Duration.ZERO);
      deleteObjects(chosen);
    }
  }

  private void rewrite(List<RetentionPlan.Step> steps) {
    for (RetentionPlan.Step step : steps) {
      SignalBlocks store = stores.get(step.block().signal());
      if (store == null || Thread.currentThread().isInterrupted()) {
        return;
      }
      Set<String> sources = Set.of(step.reason().split(", ", -1));
      BlockMerge.Outcome outcome = store.merge().rewriteExpired(step.block(), sources);
      if (outcome == BlockMerge.Outcome.CLEAN || outcome == BlockMerge.Outcome.DAMAGED) {
        synchronized (this) {
          expired.takesNothing(step.block().id(), sources);
        }
      }
    }
  }

  /** Deletes the objects of doomed blocks whose time has come. */
  private void deleteDue(Predicate<Change.Doomed> wanted) {
    long now = clock.millis();
    deleteObjects(
        catalog.state().removals().doomed().values().stream()
            .filter(one -> one.untilMillis() <= now && wanted.test(one))
            .map(Change.Doomed::block)
            .toList());
  }

  /**
   * Has the catalog forget doomed blocks, so that nobody restores them, then deletes their objects
   * when their last readers are done. What a crash leaves in between is an orphan.
   */
  private void deleteObjects(List<BlockEntry> blocks) {
    if (blocks.isEmpty()) {
      return;
    }
    List<BlockEntry> still = new ArrayList<>();
    catalog.commit(
        state -> {
          still.clear();
          List<Change> changes = new ArrayList<>();
          for (BlockEntry block : blocks) {
            Change.Doomed doomed = state.removals().doomed().get(block.id());
            if (doomed != null) {
              still.add(block);
              if (doomed.restorable()) {
                changes.add(removed(doomed));
              }
            }
          }
          changes.add(new Change.Forgotten(still.stream().map(BlockEntry::id).toList()));
          return new Draft(List.of(), List.of(), List.of(), changes);
        });
    still.stream()
        .collect(Collectors.groupingBy(BlockEntry::signal))
        .forEach(
            (signal, own) -> {
              SignalBlocks store = stores.get(signal);
              if (store == null) {
                own.forEach(block -> objects.delete(block.objectName()));
              } else {
                store.blocks().retire(own);
              }
            });
    log.info("retention deleted objects={}", still.size());
  }

  private Change.Removed removed(Change.Doomed doomed) {
    BlockEntry block = doomed.block();
    return new Change.Removed(
        clock.millis(),
        doomed.reason(),
        block.signal(),
        block.tenant(),
        block.items(),
        block.bytes());
  }

  /** What has gone for good by policies, oldest first, as long as it is remembered. */
  public List<Change.Removed> history() {
    return catalog.state().removals().removed();
  }

  /**
   * Brings removed blocks back.
   *
   * @return those that are live again
   * @throws InvalidRequestException when one cannot be restored
   */
  public synchronized List<BlockEntry> restore(TenantId tenant, List<BlockId> ids) {
    List<BlockEntry> back = new ArrayList<>();
    long now = clock.millis();
    catalog.commit(
        state -> {
          back.clear();
          for (BlockId id : ids) {
            Change.Doomed doomed = state.removals().doomed().get(id);
            if (doomed == null || !doomed.restorable() || !doomed.block().tenant().equals(tenant)) {
              throw new InvalidRequestException(
                  "block " + id + " is not among those that were removed and can be restored");
            }
            SignalBlocks store = stores.get(doomed.block().signal());
            if (inForce && expired.of(doomed.block(), store, now, false).whole()) {
              throw new InvalidRequestException(
                  "block "
                      + id
                      + " would expire again at once ("
                      + doomed.reason()
                      + "): have the policies of retention keep it first");
            }
            back.add(doomed.block());
          }
          return new Draft(back, List.of(), List.of(), List.of(new Change.Forgotten(ids)));
        });
    for (BlockEntry block : back) {
      log.info("block={} was restored", block.id());
    }
    return List.copyOf(back);
  }
}

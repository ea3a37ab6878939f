package io.trilith.compactor;

import io.trilith.config.Durations;
import io.trilith.config.RetentionConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
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

  /** A changed list of policies that takes more than that of all bytes has to be confirmed. */
  private static final double SHARE_MAX = 0.3;

  private static final Duration CLOCK_JUMP = Duration.ofHours(1);
  private static final long MILLI = 1_000_000;

  private final RetentionConfig config;
  private final Policies policies;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final DataAge age;
  private final DiskUse disk;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Map<Signal, SignalBlocks> stores = new EnumMap<>(Signal.class);

  /** Whether the policies are acted on and hide rows. */
  private volatile boolean inForce;

  /** Why nothing is removed, empty when it is. */
  private volatile String refusal = "";

  // Guarded by this.
  private RetentionPlan refusedPlan = new RetentionPlan(List.of(), List.of(), List.of(), 0, "");
  private long lastMillis;
  private long lastNanos;

  /** Until then nothing is removed: the clock jumped. By {@link #nanos}, when {@link #held}. */
  private long heldUntil;

  private volatile boolean held;

  /** Blocks that were found to have nothing that the policies of these sources hide. */
  private final Map<BlockId, Set<String>> clean = new HashMap<>();

  /**
   * Of all tenants. Nothing is hidden before {@link #begin}.
   *
   * @param nanos a clock that nobody sets, in nanoseconds
   */
  public Retention(
      RetentionConfig config,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      DiskUse disk,
      InstantSource clock,
      LongSupplier nanos) {
    this.config = config;
    this.policies = new Policies(config);
    this.catalog = catalog;
    this.objects = objects;
    this.age = age;
    this.disk = disk;
    this.clock = clock;
    this.nanos = nanos;
  }

  public Policies policies() {
    return policies;
  }

  /** Why nothing is removed, empty when it is. */
  public String refusal() {
    return refusal;
  }

  /** Whether nothing is removed until somebody confirms it, or until the clock can be believed. */
  public boolean isRefusing() {
    return !inForce || held;
  }

  /** Whether the policies hide rows. */
  public boolean isInForce() {
    return inForce;
  }

  /**
   * Judges the policies once the stores know their blocks; from then on rows are hidden, unless the
   * list is a new one that takes too much.
   */
  public synchronized void begin(List<SignalBlocks> signals) {
    signals.forEach(store -> stores.put(store.signal(), store));
    lastMillis = clock.millis();
    lastNanos = nanos.getAsLong();
    long lastCommit = catalog.lastCommitMillis();
    if (lastCommit > 0 && lastMillis - lastCommit > CLOCK_JUMP.toMillis()) {
      hold("the clock is more than an hour after the last commit");
    }
    log.info(
        "retention.default = {} with policies={}",
        Durations.format(config.keep()),
        config.policies().size());
    putInForce(true);
    String accepted = catalog.state().removals().accepted();
    String own = policies.fingerprint();
    if (accepted.equals(own)) {
      return;
    }
    RetentionPlan plan = planned();
    if (plan.bytes() > SHARE_MAX * plan.liveBytes()) {
      putInForce(false);
      refusedPlan = plan;
      refusal =
          "the policies of retention have changed and would remove "
              + plan.bytes()
              + " of "
              + plan.liveBytes()
              + " bytes at one go, more than 30 %: look at 'trilith retention plan', then confirm by"
              + " 'trilith retention run --confirm'";
      log.warn("retention does nothing: {}", refusal);
    } else {
      catalog.commit(_ -> Draft.of(new Change.Accepted(own)));
    }
  }

  private void putInForce(boolean now) {
    inForce = now;
    age.keepAtMost(now ? policies.longest() : Duration.ZERO);
  }

  private void hold(String why) {
    held = true;
    heldUntil = nanos.getAsLong() + CLOCK_JUMP.toNanos();
    log.warn(
        "retention removes nothing for an hour, or until 'trilith retention run --confirm': {}",
        why);
  }

  /** Lets the policies be acted on whatever they take, then runs. */
  public void confirm() {
    synchronized (this) {
      watchClock();
      held = false;
      if (!inForce) {
        String own = policies.fingerprint();
        catalog.commit(_ -> Draft.of(new Change.Accepted(own)));
        putInForce(true);
        refusal = "";
        log.info("the changed policies of retention were confirmed");
      }
    }
    run();
  }

  /** Does all that is due. */
  public void run() {
    remove();
    rewrite();
  }

  /** Removes whole blocks, and deletes the objects of those removed long enough ago. */
  public synchronized void remove() {
    watchClock();
    if (held) {
      return;
    }
    if (!inForce && catalog.state().removals().accepted().equals(policies.fingerprint())) {
      log.info("the changed policies of retention were confirmed by another process");
      putInForce(true);
      refusal = "";
    }
    if (!inForce) {
      deleteDue(one -> !one.restorable());
      return;
    }
    remove(planned().removed(), config.deleteDelay());
    relieveDisk();
    deleteDue(_ -> true);
  }

  /**
   * Rewrites blocks of which rows have expired; waits for merges, so it has a thread of its own.
   */
  public void rewrite() {
    List<RetentionPlan.Step> steps;
    synchronized (this) {
      steps = !inForce || held ? List.of() : planned().rewritten();
    }
    rewrite(steps);
  }

  private void watchClock() {
    long nowMillis = clock.millis();
    long nowNanos = nanos.getAsLong();
    long jump = nowMillis - lastMillis - (nowNanos - lastNanos) / MILLI;
    lastMillis = nowMillis;
    lastNanos = nowNanos;
    if (Math.abs(jump) > CLOCK_JUMP.toMillis()) {
      hold("the clock jumped by " + jump / 1000 + " s");
    }
    held = held && nowNanos - heldUntil < 0;
  }

  /** What {@link #run} would do now; of policies that are refused, what they would have done. */
  public synchronized RetentionPlan plan() {
    RetentionPlan plan = inForce ? planned() : refusedPlan;
    String why = held ? "the clock jumped: nothing is removed for an hour" : refusal;
    return new RetentionPlan(
        plan.removed(), plan.rewritten(), plan.doomed(), plan.liveBytes(), why);
  }

  private RetentionPlan planned() {
    CatalogState state = catalog.state();
    long now = clock.millis();
    List<RetentionPlan.Step> removed = new ArrayList<>();
    List<RetentionPlan.Step> rewritten = new ArrayList<>();
    Map<BlockId, BlockEntry> left = new TreeMap<>(state.blocks());
    for (BlockEntry block : state.blocks().values()) {
      Duration longest = policies.longest(block.tenant(), block.signal());
      if (isOlder(block, longest, now)) {
        String reason = policies.longestSource(block.tenant(), block.signal());
        removed.add(new RetentionPlan.Step(block, block.bytes(), reason));
        left.remove(block.id());
      } else {
        planRewrite(state, block, now, rewritten);
      }
    }
    budgets(left, removed);
    clean.keySet().retainAll(state.blocks().keySet());
    long bytes = state.blocks().values().stream().mapToLong(BlockEntry::bytes).sum();
    return new RetentionPlan(removed, rewritten, state.removals().restorable(), bytes, "");
  }

  private static boolean isOlder(BlockEntry block, Duration keep, long nowMillis) {
    return !keep.isZero() && Budgets.maxMillis(block) < nowMillis - keep.toMillis();
  }

  /** A block is rewritten once all that a policy is for has expired in it. */
  private void planRewrite(
      CatalogState state, BlockEntry block, long now, List<RetentionPlan.Step> rewritten) {
    SignalBlocks store = stores.get(block.signal());
    if (store == null || state.isDeletedFrom(block.id())) {
      return;
    }
    Set<String> due = new TreeSet<>();
    for (Policies.Age one : policies.ages(block.tenant(), block.signal())) {
      if (isOlder(block, one.keep(), now)
          && !clean.getOrDefault(block.id(), Set.of()).contains(one.source())) {
        due.add(one.source());
      }
    }
    if (due.isEmpty()) {
      return;
    }
    double share;
    try {
      share = store.merge().hiddenShare(block, due);
    } catch (StorageException.Corrupt | StorageException.Missing e) {
      log.warn("cannot tell what of a block has expired: {}", e.getMessage());
      share = 0;
    }
    if (share == 0) {
      clean.computeIfAbsent(block.id(), _ -> new HashSet<>()).addAll(due);
    } else {
      rewritten.add(
          new RetentionPlan.Step(block, Math.round(share * block.bytes()), String.join(", ", due)));
    }
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
      removed.add(new RetentionPlan.Step(block, block.bytes(), reason));
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
        log.info("retention removed block={} by {}", step.block().id(), step.reason());
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
          chosen.stream().map(b -> new RetentionPlan.Step(b, b.bytes(), reason)).toList(),
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
          clean.computeIfAbsent(step.block().id(), _ -> new HashSet<>()).addAll(sources);
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
          for (BlockEntry block : blocks) {
            if (state.removals().doomed().containsKey(block.id())) {
              still.add(block);
            }
          }
          return Draft.of(new Change.Forgotten(still.stream().map(BlockEntry::id).toList()));
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
            Duration longest = policies.longest(tenant, doomed.block().signal());
            if (inForce && isOlder(doomed.block(), longest, now)) {
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

package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much of blocks the policies want gone, by their indexes. What is asked of a block that is
 * older than a policy as a whole is remembered: it does not change. Not thread-safe.
 */
final class Expired {
  private static final Logger log = LoggerFactory.getLogger(Expired.class);

  /** Shares are sums of fractions. */
  private static final double ALL = 1 - 1e-9;

  private final Policies policies;
  private final Map<BlockId, Map<String, Double>> shares = new HashMap<>();
  private final Map<BlockId, Map<Set<String>, Boolean>> wholes = new HashMap<>();

  Expired(Policies policies) {
    this.policies = policies;
  }

  /**
   * What one block loses.
   *
   * @param shares by the policies that take something
   * @param whole whether no row is left
   */
  record Loss(BlockEntry block, Map<String, Double> shares, boolean whole) {
    private double share() {
      return Math.min(1, shares.values().stream().mapToDouble(one -> one).sum());
    }

    private String reason() {
      return String.join(", ", shares.keySet());
    }

    RetentionPlan.Step step() {
      return whole
          ? RetentionPlan.Step.whole(block, reason())
          : new RetentionPlan.Step(block, part(block.items()), part(block.bytes()), reason());
    }

    private long part(long of) {
      return of == 0 ? 0 : Math.max(1, Math.round(of * share()));
    }
  }

  /** Forgets blocks that are gone. */
  void retain(Set<BlockId> known) {
    shares.keySet().retainAll(known);
    wholes.keySet().retainAll(known);
  }

  /** A rewrite found that these policies take nothing of a block. */
  void takesNothing(BlockId block, Set<String> sources) {
    sources.forEach(one -> shares.computeIfAbsent(block, _ -> new HashMap<>()).put(one, 0.0));
  }

  static boolean isOlder(BlockEntry block, Duration keep, long nowMillis) {
    return !keep.isZero() && Budgets.maxMillis(block) < nowMillis - keep.toMillis();
  }

  /**
   * What a block loses by all policies.
   *
   * @param parts also by policies that take a part by its time only, which is asked anew each time
   */
  Loss of(BlockEntry block, @Nullable SignalBlocks store, long now, boolean parts) {
    Map<String, Double> taken = new TreeMap<>();
    boolean forAll = true;
    for (Policies.Age age : policies.wanted(block.tenant(), block.signal())) {
      boolean older = isOlder(block, age.keep(), now);
      double share = older || parts ? share(block, age, store, now, older) : 0;
      if (share > 0) {
        taken.put(age.source(), share);
        forAll &= age.isForAll();
      }
    }
    Loss loss = new Loss(block, taken, false);
    boolean whole =
        loss.share() >= ALL && (forAll || (store != null && isWhole(block, taken.keySet(), store)));
    return new Loss(block, taken, whole);
  }

  /** The policies by which rows of a block have been hidden for a time. */
  Set<String> hiddenFor(Loss loss, Duration time, long now) {
    Set<String> sources = new TreeSet<>();
    BlockEntry block = loss.block();
    for (Policies.Age age : policies.wanted(block.tenant(), block.signal())) {
      if (loss.shares().containsKey(age.source()) && isOlder(block, age.keep().plus(time), now)) {
        sources.add(age.source());
      }
    }
    return sources;
  }

  private double share(
      BlockEntry block, Policies.Age age, @Nullable SignalBlocks store, long now, boolean older) {
    if (Budgets.minMillis(block) >= now - age.keep().toMillis()) {
      return 0;
    }
    if (age.isForAll() && older) {
      return 1;
    }
    if (store == null) {
      return 0;
    }
    if (!older) {
      return ask(block, age, store);
    }
    return shares
        .computeIfAbsent(block.id(), _ -> new HashMap<>())
        .computeIfAbsent(age.source(), _ -> ask(block, age, store));
  }

  private static double ask(BlockEntry block, Policies.Age age, SignalBlocks store) {
    try {
      return store.merge().hiddenShare(block, Set.of(age.source()));
    } catch (StorageException.Corrupt | StorageException.Missing e) {
      log.warn("cannot tell what of a block has expired: {}", e.getMessage());
      return 0;
    }
  }

  private boolean isWhole(BlockEntry block, Set<String> sources, SignalBlocks store) {
    return wholes
        .computeIfAbsent(block.id(), _ -> new HashMap<>())
        .computeIfAbsent(Set.copyOf(sources), _ -> nothingRemains(block, sources, store));
  }

  private static boolean nothingRemains(BlockEntry block, Set<String> sources, SignalBlocks store) {
    try {
      return store.merge().remaining(block, sources) == 0;
    } catch (StorageException.Corrupt | StorageException.Missing e) {
      log.warn("cannot tell what of a block has expired: {}", e.getMessage());
      return false;
    }
  }

  /** Rows and bytes of one tenant's signal, and by which policies. */
  private static final class Sum {
    long rows;
    long bytes;
    long liveRows;
    long liveBytes;
    final Set<String> by = new TreeSet<>();

    boolean isOver(double max) {
      return rows > max * liveRows || bytes > max * liveBytes;
    }
  }

  /**
   * Why a plan takes too much of some tenant's signal; empty when it does not.
   *
   * @param max the share of rows or bytes that may go
   */
  static String tooMuch(List<RetentionPlan.Step> steps, Iterable<BlockEntry> live, double max) {
    Map<String, Sum> sums = new TreeMap<>();
    for (BlockEntry block : live) {
      Sum sum = sums.computeIfAbsent(scope(block), _ -> new Sum());
      sum.liveRows += block.items();
      sum.liveBytes += block.bytes();
    }
    for (RetentionPlan.Step step : steps) {
      Sum sum = sums.computeIfAbsent(scope(step.block()), _ -> new Sum());
      sum.rows += step.rows();
      sum.bytes += step.bytes();
      sum.by.add(step.reason());
    }
    List<String> over = new ArrayList<>();
    sums.forEach(
        (scope, sum) -> {
          if (sum.isOver(max)) {
            over.add(
                scope
                    + ": "
                    + sum.rows
                    + " of "
                    + sum.liveRows
                    + " rows, "
                    + sum.bytes
                    + " of "
                    + sum.liveBytes
                    + " bytes by "
                    + String.join(", ", sum.by));
          }
        });
    // The message is one line, and who reads it looks at the plan next.
    int more = over.size() - 3;
    return String.join("; ", more > 0 ? over.subList(0, 3) : over)
        + (more > 0 ? "; and of " + more + " more" : "");
  }

  private static String scope(BlockEntry block) {
    return block.signal().text() + " of " + block.tenant();
  }
}

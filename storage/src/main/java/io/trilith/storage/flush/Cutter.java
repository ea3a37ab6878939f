package io.trilith.storage.flush;

import io.trilith.config.HeadConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.log.LogProgress;
import io.trilith.storage.model.Partition;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Decides which heads end now: those that are large or old, the largest when all together are, and
 * those that hold the log back when it is long. It only decides: where a head ends is a place in
 * the log, and whoever reads the log seals it there. Thread-safe.
 */
final class Cutter {
  private final HeadConfig config;
  private final WalConfig walConfig;
  private final LogProgress progress;
  private final InstantSource clock;
  private final Supplier<Collection<Flushable>> heads;
  private final Predicate<Flushable> owned;

  /**
   * Over some heads.
   *
   * @param heads asked for anew each time
   * @param owned which of them are this process's to cut
   */
  Cutter(
      HeadConfig config,
      WalConfig walConfig,
      LogProgress progress,
      InstantSource clock,
      Supplier<Collection<Flushable>> heads,
      Predicate<Flushable> owned) {
    this.config = config;
    this.walConfig = walConfig;
    this.progress = progress;
    this.clock = clock;
    this.heads = heads;
    this.owned = owned;
  }

  /** Those that are large or old. */
  List<Flushable> due() {
    long oldestAllowed = clock.millis() - config.flushAge().toMillis();
    return chosen(
        head ->
            head.headBytes() >= config.flushSize().bytes()
                || head.oldestArrivalMillis() <= oldestAllowed);
  }

  /** All that have anything. */
  List<Flushable> all() {
    return chosen(_ -> true);
  }

  /** The largest, until the rest is half of what all may have together; none while it is less. */
  List<Flushable> largest() {
    long limit = config.totalSize().bytes();
    List<Flushable> bySize = new ArrayList<>(heads.get());
    long total = bySize.stream().mapToLong(Flushable::headBytes).sum();
    if (total <= limit) {
      return List.of();
    }
    bySize.sort(Comparator.comparingLong(Flushable::headBytes).reversed());
    List<Flushable> chosen = new ArrayList<>();
    for (Flushable head : bySize) {
      if (total <= limit / 2) {
        break;
      }
      total -= head.headBytes();
      if (owned.test(head)) {
        chosen.add(head);
      }
    }
    return chosen;
  }

  /** When the log is long, those that hold the older half of it back. */
  List<Flushable> oldest() {
    if (unwrittenLogBytes() <= walConfig.flushSize().bytes()) {
      return List.of();
    }
    long next = progress.next(Partition.LOCAL);
    long oldest = oldest(Flushable::oldestUnwritten, next);
    long middle = oldest + (next - oldest) / 2;
    return chosen(head -> isLocal(head) && head.oldestUnwritten() <= middle);
  }

  private List<Flushable> chosen(Predicate<Flushable> wanted) {
    return heads.get().stream().filter(owned.and(wanted)).toList();
  }

  private static boolean isLocal(Flushable head) {
    return head.scope().partition().equals(Partition.LOCAL);
  }

  /**
   * Bytes of the local log that no written block holds, roughly: what waits for its commit stays in
   * the log however much is written.
   */
  private long unwrittenLogBytes() {
    long bytes = progress.bytes();
    if (bytes == 0) {
      return 0;
    }
    long next = progress.next(Partition.LOCAL);
    long kept = next - oldest(Flushable::oldestOffset, next);
    long unwritten = next - oldest(Flushable::oldestUnwritten, next);
    return kept <= 0 ? 0 : (long) (bytes * ((double) Math.min(unwritten, kept) / kept));
  }

  private long oldest(ToLongFunction<Flushable> offset, long none) {
    return Math.min(
        none, heads.get().stream().filter(Cutter::isLocal).mapToLong(offset).min().orElse(none));
  }
}

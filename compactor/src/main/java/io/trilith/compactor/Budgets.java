package io.trilith.compactor;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses blocks that have to go to free bytes: of the greediest tenant the oldest first. */
final class Budgets {
  private Budgets() {}

  /** Latest data time in milliseconds, whatever the signal. */
  static long maxMillis(BlockEntry block) {
    return block.signal().millis(block.maxTime());
  }

  /** Earliest data time in milliseconds, whatever the signal. */
  static long minMillis(BlockEntry block) {
    return block.signal().millis(block.minTime());
  }

  /** The blocks to remove so that the rest of these has no more than this many bytes. */
  static List<BlockEntry> over(Collection<BlockEntry> blocks, long bytesMax) {
    Map<TenantId, List<BlockEntry>> byTenant = new HashMap<>();
    Map<TenantId, Long> bytes = new HashMap<>();
    long total = 0;
    for (BlockEntry block : blocks) {
      byTenant.computeIfAbsent(block.tenant(), _ -> new ArrayList<>()).add(block);
      bytes.merge(block.tenant(), block.bytes(), Long::sum);
      total += block.bytes();
    }
    // From the end of each list the oldest one is taken.
    byTenant
        .values()
        .forEach(
            own ->
                own.sort(
                    Comparator.comparingLong(Budgets::maxMillis)
                        .thenComparing(BlockEntry::id)
                        .reversed()));
    List<BlockEntry> chosen = new ArrayList<>();
    while (total > bytesMax) {
      // Shares are equal, so the one furthest over its share is the one with the most.
      TenantId largest = largest(byTenant, bytes);
      if (largest == null) {
        break;
      }
      BlockEntry oldest = byTenant.getOrDefault(largest, List.of()).removeLast();
      chosen.add(oldest);
      bytes.merge(largest, -oldest.bytes(), Long::sum);
      total -= oldest.bytes();
    }
    return chosen;
  }

  private static @Nullable TenantId largest(
      Map<TenantId, List<BlockEntry>> blocks, Map<TenantId, Long> bytes) {
    return bytes.entrySet().stream()
        .filter(one -> !blocks.getOrDefault(one.getKey(), List.of()).isEmpty())
        .max(
            Comparator.comparingLong((Map.Entry<TenantId, Long> one) -> one.getValue())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .orElse(null);
  }
}

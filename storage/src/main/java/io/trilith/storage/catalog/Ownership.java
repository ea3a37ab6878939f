package io.trilith.storage.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whose offsets the coverage speaks of: one log writes to a bucket, named by an id that lies beside
 * its segments. Immutable.
 *
 * @param earlier logs that others took the bucket over from, oldest first; the last few
 * @param renewed ids that logs had before they were opened again, oldest first; the last few
 */
public record Ownership(Optional<Owner> owner, List<Handover> earlier, List<Renewal> renewed) {
  public static final Ownership NONE = new Ownership(Optional.empty(), List.of(), List.of());

  /** Logs whose coverage is remembered. */
  private static final int EARLIER_MAX = 4;

  /** Ids that are remembered. */
  private static final int RENEWED_MAX = 32;

  public Ownership {
    earlier = List.copyOf(earlier);
    renewed = List.copyOf(renewed);
  }

  /**
   * The log that may move coverage.
   *
   * @param log its id
   * @param host names the machine, for people
   * @param sinceMillis when it took the bucket, in milliseconds since 1970
   */
  public record Owner(String log, String host, long sinceMillis) {}

  /** What of an earlier log is in blocks. */
  public record Handover(String log, Map<CatalogState.Scope, Long> coverage) {
    public Handover {
      coverage = Map.copyOf(coverage);
    }
  }

  /**
   * The id under which a log went on, its offsets too: who has the old one is a copy.
   *
   * @param from the first offset of records that only the next one has
   */
  public record Renewal(String log, String next, long from) {}

  /** Whether a log may commit: it owns the bucket, or nobody does. */
  public boolean allows(String log) {
    return owner.isEmpty() || owner.get().log().equals(log);
  }

  /**
   * What of a log that is not the owner is in blocks; empty when that is not known. Each run of a
   * log has its own id. So what was covered of a later one is covered of a copy of an earlier one,
   * as far as the two have the same records.
   *
   * @param now what is covered of the owner
   */
  public Optional<Map<CatalogState.Scope, Long>> covered(
      String log, Map<CatalogState.Scope, Long> now) {
    String id = log;
    long same = Long.MAX_VALUE;
    for (Renewal one : renewed) {
      if (one.log().equals(id)) {
        id = one.next();
        same = Math.min(same, one.from());
      }
    }
    Map<CatalogState.Scope, Long> covered = owns(id) ? now : handedOver(id);
    if (covered == null) {
      return Optional.empty();
    }
    Map<CatalogState.Scope, Long> known = new HashMap<>();
    for (Map.Entry<CatalogState.Scope, Long> one : covered.entrySet()) {
      known.put(one.getKey(), Math.min(one.getValue(), same));
    }
    return Optional.of(known);
  }

  private boolean owns(String log) {
    return owner.isPresent() && owner.get().log().equals(log);
  }

  private @Nullable Map<CatalogState.Scope, Long> handedOver(String log) {
    for (Handover one : earlier) {
      if (one.log().equals(log)) {
        return one.coverage();
      }
    }
    return null;
  }

  Ownership after(Commit commit, Map<CatalogState.Scope, Long> coverage) {
    Ownership now = this;
    for (Change change : commit.changes()) {
      if (change instanceof Change.TakenOver(String log, String host, _)) {
        now = now.takenOver(new Owner(log, host, commit.createdMillis()), coverage);
      } else if (change instanceof Change.Renewed(String log, String host, long from)) {
        now = now.renewed(new Owner(log, host, commit.createdMillis()), from);
      }
    }
    return now;
  }

  private Ownership takenOver(Owner next, Map<CatalogState.Scope, Long> coverage) {
    List<Handover> left = new ArrayList<>(earlier);
    owner.ifPresent(before -> left.add(new Handover(before.log(), coverage)));
    left.removeIf(one -> one.log().equals(next.log()));
    return new Ownership(Optional.of(next), last(left, EARLIER_MAX), renewed);
  }

  private Ownership renewed(Owner next, long from) {
    List<Renewal> all = new ArrayList<>(renewed);
    owner.ifPresent(before -> all.add(new Renewal(before.log(), next.log(), from)));
    return new Ownership(Optional.of(next), earlier, last(all, RENEWED_MAX));
  }

  private static <T> List<T> last(List<T> all, int most) {
    return all.subList(Math.max(0, all.size() - most), all.size());
  }
}

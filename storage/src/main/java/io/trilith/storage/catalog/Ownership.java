package io.trilith.storage.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whose offsets the coverage speaks of: one log writes to a bucket, named by an id that lies beside
 * its segments. Immutable.
 *
 * @param earlier logs that others took the bucket over from, oldest first; the last few
 */
public record Ownership(Optional<Owner> owner, List<Handover> earlier) {
  public static final Ownership NONE = new Ownership(Optional.empty(), List.of());

  /** Logs whose coverage is remembered. */
  private static final int EARLIER_MAX = 4;

  public Ownership {
    earlier = List.copyOf(earlier);
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

  /** Whether a log may commit: it owns the bucket, or nobody does. */
  public boolean allows(String log) {
    return owner.isEmpty() || owner.get().log().equals(log);
  }

  /** What of an earlier log is in blocks; empty when that is not known. */
  public Optional<Handover> handover(String log) {
    return earlier.stream().filter(one -> one.log().equals(log)).findFirst();
  }

  Ownership after(Commit commit, Map<CatalogState.Scope, Long> coverage) {
    Ownership now = this;
    for (Change change : commit.changes()) {
      if (change instanceof Change.TakenOver(String log, String host)) {
        now = now.with(new Owner(log, host, commit.createdMillis()), coverage);
      }
    }
    return now;
  }

  private Ownership with(Owner next, Map<CatalogState.Scope, Long> coverage) {
    List<Handover> left = new ArrayList<>(earlier);
    owner.ifPresent(before -> left.add(new Handover(before.log(), coverage)));
    left.removeIf(one -> one.log().equals(next.log()));
    int tooMany = Math.max(0, left.size() - EARLIER_MAX);
    return new Ownership(Optional.of(next), left.subList(tooMany, left.size()));
  }
}

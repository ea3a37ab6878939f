package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The commits and snapshots as they lie in a bucket, for people who look into it: what {@link
 * Catalog} needs of them is less. Reads only. Thread-safe.
 */
public final class CatalogObjects {
  private static final String COMMITS = "catalog/commits/";

  private final ObjectStore objects;

  public CatalogObjects(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * What is wrong with an object of the chain.
   *
   * @param offset in the object, 0 where it is missing
   */
  public record Fault(Kind kind, String object, long offset, String reason) {
    /** What the reader of a report looks for. */
    public enum Kind {
      /** A number is missing between others. */
      GAP,
      /** The bytes are not what was written. */
      DAMAGED
    }
  }

  /** Numbers of the commits that are there, ascending. */
  public NavigableSet<Long> commits() {
    return numbers(COMMITS);
  }

  /** Numbers of the snapshots that are there, ascending. */
  public NavigableSet<Long> snapshots() {
    return numbers(CatalogFormat.SNAPSHOTS);
  }

  private NavigableSet<Long> numbers(String prefix) {
    NavigableSet<Long> numbers = new TreeSet<>();
    for (ObjectStore.Entry entry : objects.list(prefix)) {
      String text = entry.name().substring(prefix.length());
      if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        numbers.add(Long.parseLong(text));
      }
    }
    return numbers;
  }

  /** One commit. Throws StorageException.Missing or Corrupt. */
  public Commit commit(long number) {
    return CatalogFormat.readCommit(objects, number);
  }

  /** One snapshot. Throws StorageException.Missing or Corrupt. */
  public CatalogState snapshot(long number) {
    return ChainReader.snapshot(objects, number);
  }

  /** What was live after a commit. Throws StorageException.Missing where the chain has a gap. */
  public CatalogState at(long number) {
    CatalogState state = snapshotUpTo(number).orElse(CatalogState.EMPTY);
    while (state.number() < number) {
      state = state.after(commit(state.number() + 1));
    }
    return state;
  }

  private Optional<CatalogState> snapshotUpTo(long number) {
    for (long one : snapshots().headSet(number, true).descendingSet()) {
      try {
        return Optional.of(snapshot(one));
      } catch (StorageException.Corrupt e) {
        // An older one and the commits after it say the same.
      }
    }
    return Optional.empty();
  }

  /**
   * Writes a catalog into a bucket that has none: the state as a snapshot and, where there is one,
   * the commit that led to it, so that whoever opens it goes on from there.
   *
   * @return false when there is a catalog already
   */
  public static boolean restore(ObjectStore target, CatalogState state, Optional<Commit> last) {
    CatalogObjects there = new CatalogObjects(target);
    if (!there.commits().isEmpty() || !there.snapshots().isEmpty()) {
      return false;
    }
    if (state.number() == 0) {
      return true;
    }
    if (last.isPresent()) {
      String name = CatalogFormat.commitName(state.number());
      if (!target.createIfAbsent(name, CatalogFormat.encode(last.get()))) {
        return false;
      }
    }
    ByteBuffer snapshot = CatalogFormat.encode(state);
    return target.createIfAbsent(CatalogFormat.snapshotName(state.number()), snapshot);
  }

  /**
   * Reads every commit and snapshot and tells what is wrong.
   *
   * @return what is live as far as the chain can be followed from its newest readable snapshot
   */
  public CatalogState verify(Consumer<Fault> faults) {
    CatalogState newest = CatalogState.EMPTY;
    List<CatalogState> readable = new ArrayList<>();
    for (long number : snapshots()) {
      String name = CatalogFormat.snapshotName(number);
      try {
        newest = snapshot(number);
        readable.add(newest);
      } catch (StorageException.Corrupt e) {
        faults.accept(new Fault(Fault.Kind.DAMAGED, name, 0, String.valueOf(e.getMessage())));
      } catch (StorageException.Missing e) {
        // Collected since it was listed: that is no fault.
      }
    }
    NavigableSet<Long> numbers = commits();
    if (numbers.isEmpty()) {
      return newest;
    }
    checkStart(numbers, readable, faults);
    CatalogState state = newest;
    long last = Math.max(numbers.last(), newest.number());
    boolean whole = true;
    for (long number = numbers.first(); number <= last; number++) {
      String name = CatalogFormat.commitName(number);
      if (!numbers.contains(number)) {
        faults.accept(
            new Fault(
                Fault.Kind.GAP,
                name,
                0,
                "the chain goes from commit " + numbers.first() + " to " + last + " without it"));
        whole &= number <= newest.number();
        continue;
      }
      try {
        Commit commit = commit(number);
        if (whole && number == state.number() + 1) {
          state = state.after(commit);
        }
      } catch (StorageException.Corrupt e) {
        whole &= number <= newest.number();
        faults.accept(new Fault(Fault.Kind.DAMAGED, name, 0, String.valueOf(e.getMessage())));
      } catch (StorageException.Missing e) {
        // Collected since it was listed: that is no fault.
      }
    }
    return state;
  }

  /** A chain that does not begin with commit 1 needs a snapshot to begin with. */
  private static void checkStart(
      NavigableSet<Long> numbers, List<CatalogState> readable, Consumer<Fault> faults) {
    long first = numbers.first();
    if (first > 1 && readable.stream().noneMatch(state -> state.number() >= first - 1)) {
      faults.accept(
          new Fault(
              Fault.Kind.GAP,
              CatalogFormat.commitName(first - 1),
              0,
              "the chain begins with commit " + first + " and no readable snapshot leads to it"));
    }
  }
}

package io.trilith.storage.catalog;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the chain from its newest readable snapshot, several commits at a time. */
final class ChainReader {
  private static final Logger log = LoggerFactory.getLogger(ChainReader.class);

  /** Commits that are asked for at once: a bucket takes some time for each. */
  private static final int AT_ONCE = 16;

  private ChainReader() {}

  /**
   * The state at the end of the chain.
   *
   * @throws StorageException.Corrupt when it ends below the floor: what is missing was there once
   */
  static CatalogState read(ObjectStore objects, long floor) {
    CatalogState state = newestSnapshot(objects);
    List<Commit> next;
    do {
      next = commits(objects, state.number() + 1, AT_ONCE);
      for (Commit one : next) {
        state = state.after(one);
      }
    } while (next.size() == AT_ONCE);
    if (state.number() < floor) {
      throw new StorageException.Corrupt(
          CatalogFormat.commitName(state.number() + 1),
          0,
          "the chain ends here, but was once at commit "
              + floor
              + ": a snapshot is missing or damaged");
    }
    return state;
  }

  /** The commits from a number on, asked for at once, up to the first one that is not there. */
  static List<Commit> commits(ObjectStore objects, long from, int count) {
    List<Commit> found = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Commit>> asked = new ArrayList<>();
      for (long number = from; number < from + count; number++) {
        long one = number;
        asked.add(threads.submit(() -> CatalogFormat.readCommit(objects, one)));
      }
      for (Future<Commit> one : asked) {
        found.add(get(one));
      }
    } catch (StorageException.Missing e) {
      // The chain ends here. What lies behind a hole is not part of it.
      return found;
    }
    return found;
  }

  private static Commit get(Future<Commit> one) {
    try {
      return one.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StorageException cause) {
        throw cause;
      }
      throw new StorageException.Unavailable("cannot read the catalog", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot read the catalog", e);
    }
  }

  /**
   * A snapshot that says what the commit of its number led to.
   *
   * @throws StorageException.Corrupt also when it is another bucket's, or that of another past
   */
  static CatalogState snapshot(ObjectStore objects, long number) {
    CatalogState state = CatalogFormat.readSnapshot(objects, number);
    if (!state.link().isNone()) {
      try {
        Commit last = CatalogFormat.readCommit(objects, number);
        ChainLink link = state.link();
        boolean same = last.link().isNone() || last.link().bucket().equals(link.bucket());
        if (!last.uuid().equals(link.last()) || !same) {
          throw new StorageException.Corrupt(
              CatalogFormat.snapshotName(number), 8, "it does not fit the commit of its number");
        }
      } catch (StorageException.Missing e) {
        // Collected. The commit after it must fit.
      }
    }
    return state;
  }

  private static CatalogState newestSnapshot(ObjectStore objects) {
    List<ObjectStore.Entry> snapshots = objects.list(CatalogFormat.SNAPSHOTS);
    for (ObjectStore.Entry snapshot : snapshots.reversed()) {
      try {
        return snapshot(objects, CatalogFormat.numberOf(snapshot.name()));
      } catch (StorageException.Corrupt e) {
        // A snapshot is a shortcut: an older one and the commits after it say the same.
        log.warn("catalog snapshot is damaged, an older one is used: {}", e.getMessage());
      } catch (StorageException.Missing e) {
        log.info("catalog snapshot was collected meanwhile: {}", e.getMessage());
      }
    }
    return CatalogState.EMPTY;
  }
}

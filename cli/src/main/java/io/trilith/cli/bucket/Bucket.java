package io.trilith.cli.bucket;

import io.trilith.config.S3Config;
import io.trilith.config.StorageConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.object.s3.S3ObjectStore;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The bucket of a configuration, opened without a server. */
final class Bucket implements AutoCloseable {
  private final TrilithConfig config;
  private final ObjectStore objects;
  private final boolean served;
  private final @Nullable DirectoryOwner owner;
  private final SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
  private final InstantSource clock;

  private Bucket(
      TrilithConfig config, boolean served, @Nullable DirectoryOwner owner, InstantSource clock) {
    this.config = config;
    this.objects = open(config.storage());
    this.served = served;
    this.owner = owner;
    this.clock = clock;
  }

  /** The one place that knows the kinds of buckets. */
  private static ObjectStore open(StorageConfig storage) {
    return switch (storage.kind()) {
      case DIRECTORY -> DirectoryObjectStore.shared(storage.dataDir().resolve("objects"));
      case S3 -> s3(storage.s3());
    };
  }

  /** A bucket that answers; throws ConfigException when it refuses. */
  static ObjectStore s3(S3Config config) {
    S3ObjectStore bucket = new S3ObjectStore(config);
    bucket.check();
    return bucket;
  }

  /** To look at, beside a server that may run. */
  static Bucket toRead(TrilithConfig config, InstantSource clock) {
    return new Bucket(config, DirectoryOwner.isOwned(config.storage().dataDir()), null, clock);
  }

  /** Throws where there is none. */
  static void requireThere(TrilithConfig config) {
    Path directory = config.storage().dataDir();
    if (config.storage().kind() == StorageConfig.Kind.DIRECTORY
        && !Files.isDirectory(directory.resolve("objects"))) {
      throw new VerbException(
          "there is no bucket in '" + directory + "': say where it is by --data-dir or --config");
    }
  }

  /**
   * To change. No server can start on its directory meanwhile; of an S3 bucket nobody can tell, so
   * there it must be said.
   *
   * @param instead what to type while a server runs
   * @param offline whether the caller says that no server runs
   */
  static Bucket toChange(
      TrilithConfig config, InstantSource clock, String instead, boolean offline) {
    if (config.storage().kind() == StorageConfig.Kind.S3) {
      if (!offline) {
        throw new VerbException(
            "a server may run on bucket '"
                + config.storage().s3().bucket()
                + "', which cannot be told from here: "
                + instead
                + ", or say --no-server when none does");
      }
      return new Bucket(config, false, null, clock);
    }
    Path directory = config.storage().dataDir();
    DirectoryOwner owner = DirectoryOwner.take(directory);
    if (owner == null) {
      throw new VerbException("a running server owns '" + directory + "': " + instead);
    }
    return new Bucket(config, false, owner, clock);
  }

  TrilithConfig config() {
    return config;
  }

  ObjectStore objects() {
    return objects;
  }

  InstantSource clock() {
    return clock;
  }

  /** Whether a running server owns the data directory. */
  boolean isServed() {
    return served;
  }

  /** Where it is, for messages. */
  String place() {
    StorageConfig storage = config.storage();
    return switch (storage.kind()) {
      case DIRECTORY -> storage.dataDir().resolve("objects").toString();
      case S3 -> "s3://" + storage.s3().bucket() + "/" + storage.s3().prefix();
    };
  }

  /** The chain, read now. Throws StorageException.Corrupt when it is damaged. */
  Catalog catalog() {
    return new Catalog(objects, clock, random.split(), config.storage().catalogAge());
  }

  /**
   * Has the catalog remember that all blocks are copied elsewhere: what is deleted later may be
   * there still, and the proof of a deletion says so. A bucket that can only be read is copied all
   * the same.
   */
  void noteCopy(String to, PrintWriter err) {
    try {
      CatalogState _ = catalog().commit(_ -> Draft.of(new Change.Copied(to)));
    } catch (StorageException.Unavailable e) {
      err.println(
          "trilith: proofs of deletions will not name this copy, as it cannot be noted in the"
              + " catalog: "
              + e.getMessage());
    }
  }

  CatalogState state() {
    return catalog().state();
  }

  /** Ids of blocks made by this process. */
  Supplier<BlockId> blockIds() {
    SplittableRandom ids = random.split();
    return () -> {
      synchronized (ids) {
        return BlockId.create(clock, ids);
      }
    };
  }

  /** A live block by its id, or by what its id begins with when that is one block's only. */
  BlockEntry block(CatalogState state, String id) {
    var found =
        state.blocks().values().stream()
            .filter(block -> block.id().text().startsWith(id.toUpperCase(Locale.ROOT)))
            .toList();
    if (found.size() == 1 && !id.isEmpty()) {
      return found.getFirst();
    }
    throw new VerbException(
        "'"
            + id
            + (found.isEmpty()
                ? "' is no live block of "
                : "' is the beginning of " + found.size() + " blocks of ")
            + place()
            + "; `trilith blocks ls` shows them");
  }

  /**
   * Refuses blocks with rows that a deletion hides, where whoever gets their content would see them
   * again.
   */
  static void refuseHidden(CatalogState state, Iterable<BlockEntry> blocks) {
    for (BlockEntry block : blocks) {
      for (Deletion deletion : state.removals().of(block.id())) {
        throw new VerbException(
            "block "
                + block.id()
                + " has rows that deletion "
                + deletion.id()
                + " hides and that are still there; wait until `trilith delete status "
                + deletion.id()
                + "` says completed, or cancel it");
      }
    }
  }

  @Override
  public void close() {
    if (owner != null) {
      owner.close();
    }
  }
}

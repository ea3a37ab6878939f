package io.trilith.server;

import io.trilith.config.ConfigException;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.catalog.Ownership;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.log.Log;
import io.trilith.storage.log.LogIdentity;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this disk's log the one that writes to the bucket, see {@code
 * docs/decisions/0012-bucket.md}. What it has and the bucket has not, because another took the
 * bucket over meanwhile, goes into blocks by the very commit that takes it back.
 */
final class TakeOver {
  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

  private final TrilithConfig config;
  private final Path directory;
  private final LogIdentity identity;
  private final Catalog catalog;
  private final ObjectStore objects;
  private final Supplier<String> fresh;
  private final String host;

  /** The stores into which a log is read, made for it. */
  interface Heads {
    /** Puts one record into its head. */
    void replay(long offset, Signal signal, TenantId tenant, ByteBuffer payload);

    /** All of them. */
    Collection<Flushable> all();

    /** Memory of all of them. */
    HeadBudget budget();
  }

  /**
   * Of a log's directory.
   *
   * @param fresh makes ids of logs
   */
  TakeOver(
      TrilithConfig config,
      Path directory,
      Catalog catalog,
      ObjectStore objects,
      Supplier<String> fresh) {
    this.config = config;
    this.directory = directory;
    this.catalog = catalog;
    this.objects = objects;
    this.fresh = fresh;
    this.identity = LogIdentity.open(directory, fresh);
    this.host = host() + ":" + config.server().httpListen().port();
  }

  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("unknown");
    }
  }

  /** The id of the log that owns the bucket on return. */
  String run(Supplier<Heads> heads) {
    Ownership ownership = catalog.state().ownership();
    Optional<String> owner = ownership.owner().map(Ownership.Owner::log);
    Optional<String> next = identity.next();
    if (next.isPresent() && next.equals(owner)) {
      // The commit was made, the rest was not.
      identity.become(next.get());
    }
    if (owner.isPresent() && owner.get().equals(identity.id())) {
      return identity.id();
    }
    owner.ifPresent(
        _ ->
            log.warn(
                "this server takes the bucket over from {}",
                describe(catalog.state().ownership())));
    if (owner.isEmpty() || !hasRecords()) {
      String id = identity.id();
      catalog.commit(_ -> Draft.of(new Change.TakenOver(id, host)));
    } else {
      adopt(heads.get());
    }
    return identity.id();
  }

  /** Who owns the bucket, for people. */
  static String describe(Ownership ownership) {
    return ownership
        .owner()
        .map(
            owner ->
                owner.host()
                    + " (log "
                    + owner.log()
                    + ", since "
                    + Instant.ofEpochMilli(owner.sinceMillis())
                    + ")")
        .orElse("nobody");
  }

  private boolean hasRecords() {
    long[] records = new long[1];
    try (Log own = new LocalLog(directory, config.wal(), 0)) {
      own.read(0, (_, _, _, _) -> records[0]++);
    }
    return records[0] > 0;
  }

  private void adopt(Heads heads) {
    CatalogState state = catalog.state();
    Ownership.Handover known =
        state
            .ownership()
            .handover(identity.id())
            .orElseThrow(
                () ->
                    new ConfigException(
                        "the log in '"
                            + directory
                            + "' has records, and others have taken the bucket over from it so often since that"
                            + " it is not known which of them the bucket has. Move the directory away to start"
                            + " without them, or start with another bucket to see them"));
    String next = identity.prepare(fresh);
    List<BlockEntry> blocks = new ArrayList<>();
    long[] records = new long[1];
    try (Log own = new LocalLog(directory, config.wal(), 0)) {
      own.read(
          0,
          (offset, signal, tenant, payload) -> {
            CatalogState.Scope scope = new CatalogState.Scope(signal, tenant);
            if (offset >= known.coverage().getOrDefault(scope, 0L)) {
              heads.replay(offset, signal, tenant, payload);
              records[0]++;
              if (heads.budget().used() > config.head().totalSize().bytes()) {
                heads.all().forEach(head -> write(head.sealReplayed(), blocks));
              }
            }
          });
    }
    heads.all().forEach(head -> write(head.seal(), blocks));
    objects.publish(blocks.stream().map(BlockEntry::objectName).toList());
    catalog.commit(
        now ->
            next.equals(now.ownership().owner().map(Ownership.Owner::log).orElse(""))
                ? Draft.of()
                : new Draft(
                    blocks, List.of(), List.of(), List.of(new Change.TakenOver(next, host))));
    identity.become(next);
    log.warn(
        "brought over records={} in blocks={} that only the log of this disk had",
        records[0],
        blocks.size());
  }

  private static void write(List<? extends Flushable.Pending> sealed, List<BlockEntry> blocks) {
    for (Flushable.Pending one : sealed) {
      if (one.written() == null) {
        blocks.add(one.write());
      }
    }
  }
}

package io.trilith.server.node;

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
import io.trilith.storage.object.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private final String home;

  /**
   * The stores into which a log is read, made for it.
   *
   * @param budget of their heads
   */
  record Heads(Stores stores, HeadBudget budget) {}

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
    this.home = host() + " " + directory.toAbsolutePath();
  }

  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("unknown");
    }
  }

  /**
   * The id of the log that owns the bucket on return.
   *
   * @param renewing whether the log gets a new id by that, for a bucket that others can reach: a
   *     copy of this disk that runs as well is seen by whoever comes second
   */
  String run(Supplier<Heads> heads, boolean renewing) {
    requireItsBucket();
    if (!identity.home().isEmpty() && !identity.home().equals(home)) {
      log.warn(
          "the log in {} was used on '{}' last: a moved disk, or a copy of one",
          directory,
          identity.home());
    }
    String id = own(heads);
    identity.moveTo(home);
    return renewing ? renew(id) : id;
  }

  /** Refuses a bucket that is not, or is no longer, what this log wrote to. */
  private void requireItsBucket() {
    CatalogState state = catalog.state();
    LogIdentity.KnownBucket known = LogIdentity.bucket(directory).orElse(null);
    if (known == null) {
      return;
    }
    String id = state.link().bucket().toString();
    if (state.number() > 0 && id.equals(known.id()) && state.number() >= known.commit()) {
      return;
    }
    String found =
        state.number() == 0
            ? "the bucket that storage names is empty"
            : id.equals(known.id())
                ? "that bucket is at commit " + state.number() + " only: newer commits are lost"
                : "storage names bucket " + id;
    throw new ConfigException(
        "the log in '"
            + directory
            + "' writes to bucket "
            + known.id()
            + ", which it saw at commit "
            + known.commit()
            + ", but "
            + found
            + ". Repair the storage keys, or restore the bucket from a snapshot; when this is meant"
            + " (data was moved or given up), remove the file '"
            + directory.resolve("bucket")
            + "' and start again");
  }

  /** Gives the log another id while it owns the bucket. */
  private String renew(String id) {
    String next = fresh.get();
    long from = nextOffset();
    identity.prepareRenewed(next);
    catalog.commit(
        now -> {
          if (!now.ownership().allows(id)) {
            throw new ConfigException(
                "another server has taken the bucket over while this one started: "
                    + describe(now.ownership())
                    + ". Stop it, or leave this one stopped");
          }
          return Draft.of(new Change.Renewed(next, host, from));
        });
    identity.renew(next);
    return next;
  }

  private String own(Supplier<Heads> heads) {
    Ownership ownership = catalog.state().ownership();
    Optional<String> owner = ownership.owner().map(Ownership.Owner::log);
    Optional<String> next = identity.next();
    if (next.isPresent() && next.equals(owner)) {
      // The commit was made, the rest was not.
      identity.become(next.get());
    }
    Optional<String> renewed = identity.renewed();
    if (renewed.isPresent() && renewed.equals(owner)) {
      identity.renew(renewed.get());
    }
    if (owner.isPresent() && owner.get().equals(identity.id())) {
      return identity.id();
    }
    owner.ifPresent(
        _ ->
            log.warn(
                "this server takes the bucket over from {}",
                describe(catalog.state().ownership())));
    if (owner.isEmpty()) {
      String id = identity.id();
      // Its offsets go on from what is covered: sequences go on with them.
      catalog.commit(now -> Draft.of(new Change.TakenOver(id, host, now.sequences().base())));
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

  /** The first offset that this run of the log will give out. */
  private long nextOffset() {
    try (Log own = new LocalLog(directory, config.wal(), catalog.state().coveredMax())) {
      return own.next();
    }
  }

  /** What of the log is in the bucket. */
  private Map<CatalogState.Scope, Long> covered(CatalogState state) {
    Optional<Map<CatalogState.Scope, Long>> known =
        state.ownership().covered(identity.id(), state.coverage());
    if (known.isEmpty() && hasRecords()) {
      throw new ConfigException(
          "the log in '"
              + directory
              + "' has records, and others have taken the bucket over from it so often since that"
              + " it is not known which of them the bucket has. Move the directory away to start"
              + " without them, or start with another bucket to see them");
    }
    return known.orElse(Map.of());
  }

  private void adopt(Heads heads) {
    Map<CatalogState.Scope, Long> known = covered(catalog.state());
    String next = identity.prepare(fresh);
    List<BlockEntry> blocks = new ArrayList<>();
    long[] records = new long[1];
    try (Log own = new LocalLog(directory, config.wal(), 0)) {
      own.read(
          0,
          (offset, signal, tenant, payload) -> {
            CatalogState.Scope scope = new CatalogState.Scope(signal, tenant);
            if (offset >= known.getOrDefault(scope, 0L)) {
              heads.stores().replay(offset, signal, tenant, payload);
              records[0]++;
              if (heads.budget().used() > config.head().totalSize().bytes()) {
                heads.stores().heads().forEach(head -> write(head.sealReplayed(), blocks));
              }
            }
          });
    }
    heads.stores().heads().forEach(head -> write(head.seal(), blocks));
    objects.publish(blocks.stream().map(BlockEntry::objectName).toList());
    catalog.commit(
        now ->
            next.equals(now.ownership().owner().map(Ownership.Owner::log).orElse(""))
                ? Draft.of()
                : new Draft(
                    blocks,
                    List.of(),
                    List.of(),
                    List.of(new Change.TakenOver(next, host, now.sequences().base()))));
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

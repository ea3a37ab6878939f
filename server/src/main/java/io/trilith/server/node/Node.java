package io.trilith.server.node;

import com.google.errorprone.annotations.MustBeClosed;
import io.trilith.compactor.BlockMerge;
import io.trilith.compactor.Deletions;
import io.trilith.compactor.DiskUse;
import io.trilith.compactor.Expiry;
import io.trilith.compactor.Retention;
import io.trilith.compactor.SignalBlocks;
import io.trilith.config.HostPort;
import io.trilith.config.StorageConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.rules.eval.RuleStates;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogCollection;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.log.Log;
import io.trilith.storage.log.NoLog;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.SpanReader;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process on a bucket: data directory, catalog, log, the stores with the log read back into
 * them. It opens and closes the parts; who needs one is handed that one.
 */
public final class Node implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

  private final @Nullable DataDirectory directory;
  private final OpenObjects objects;
  private final Catalog catalog;
  private final CatalogCollection collection;
  private final NodeLog nodeLog;
  private final Stores stores;
  private final List<SignalBlocks> merges;
  private final RuleStates ruleStates;
  private final Removal removal;
  private final FaultyBlocks faulty;
  private final WriteAccess access;
  private final MemoryShare background;
  private final String instance = UUID.randomUUID().toString();

  /** How a process takes part. */
  private enum Part {
    /** It serves: its log becomes the one that writes to the bucket. */
    SERVER,
    /** It works on a data directory that is its own meanwhile, with the log that is there. */
    OWNER,
    /** It sees the blocks alone, and others may work on them. */
    GUEST
  }

  /**
   * Opens it for a server: its log becomes the one that writes to the bucket.
   *
   * @param nanos a clock that nobody sets
   */
  public Node(TrilithConfig config, InstantSource clock, LongSupplier nanos) {
    this(config, clock, nanos, Part.SERVER, null);
  }

  /** Over some objects, among other processes. */
  static Node over(
      ObjectStore objects,
      boolean withLog,
      TrilithConfig config,
      InstantSource clock,
      LongSupplier nanos) {
    Part part = withLog ? Part.SERVER : Part.GUEST;
    return new Node(config, clock, nanos, part, new OpenObjects(objects, null, null));
  }

  /**
   * Opens it for a process that serves nothing. A data directory is this process's meanwhile, with
   * its log; of a bucket of kind s3 the blocks alone are seen, and others may work on it.
   */
  public static Node offline(TrilithConfig config, InstantSource clock, LongSupplier nanos) {
    boolean withLog = config.storage().kind() == StorageConfig.Kind.DIRECTORY;
    return new Node(config, clock, nanos, withLog ? Part.OWNER : Part.GUEST, null);
  }

  private Node(
      TrilithConfig config,
      InstantSource system,
      LongSupplier nanos,
      Part part,
      @Nullable OpenObjects given) {
    StorageClock clock = new StorageClock(system, nanos);
    background = ProcessMemory.background(config);
    RowRules rules = RowRules.of(config, clock, this::traceReader);
    directory = part == Part.GUEST ? null : DataDirectory.open(config.storage().dataDir());
    // Block ids and commit ids must differ between processes, so the seed is the system's.
    SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
    Deque<Runnable> undo = new ArrayDeque<>();
    undo.push(() -> release(directory));
    try {
      objects = given != null ? given : open(config, directory);
      undo.push(objects::close);
      catalog = objects.catalog(clock, random.split(), config.storage().catalogAge());
      clock.begin(Retention.knownMillis(catalog, system));
      Duration catalogAge = config.storage().catalogAge();
      collection = new CatalogCollection(objects.store(), catalogAge, clock);
      SplittableRandom ids = random.split();
      Supplier<BlockId> blockIds = () -> blockId(clock, ids);
      DataAge age = new DataAge(config.retention(), system, clock);
      boolean shared = part == Part.SERVER && (objects.bucket() != null || given != null);
      Supplier<TakeOver.Heads> adopted = () -> adopted(config, age, clock, blockIds);
      String ownLog =
          directory == null ? "" : takeOver(config, directory, adopted, blockIds, shared);
      HeadBudget budget = new HeadBudget(config.head());
      Log wal =
          directory == null
              ? new NoLog()
              : new LocalLog(directory.log(), config.wal(), catalog.state().coveredMax());
      undo.push(wal::close);
      stores = new Stores(wal, objects.store(), budget, age, config.cache(), clock, blockIds);
      stores.metrics().downsample(config.downsampling().resolutions());
      ruleStates = new RuleStates(objects.store(), system);
      Flusher flusher =
          new Flusher(config.head(), config.wal(), wal, catalog, clock, stores::heads)
              .within(background);
      nodeLog =
          new NodeLog(wal, budget, flusher, directory == null ? "" : directory.log().toString());
      access = new WriteAccess(directory, catalog, budget, ownLog);
      faulty = new FaultyBlocks(catalog, objects.store(), stores, clock);
      Duration delay = config.retention().deleteDelay();
      Expiry expiry = new Expiry(catalog, objects.store(), delay, clock);
      if (objects.bucket() == null && given == null) {
        expiry.sweepOrphans();
      }
      DiskUse disk = () -> DataDirectory.use(config.storage().dataDir());
      Retention retention =
          new Retention(config.retention(), catalog, objects.store(), age, disk, clock);
      merges = merges(part == Part.SERVER ? Duration.ZERO : delay, blockIds, clock);
      follow(new HiddenData(rules, retention, age));
      OwnLeftovers own = new OwnLeftovers(ownLog, wal, flusher, catalog, objects.cache());
      Deletions deletions = deletions(config, rules, own, blockIds, clock);
      removal = new Removal(deletions, retention, expiry, catalog, clock);
      nodeLog.replay(catalog.state(), stores, ruleStates);
      ruleStates.writesTo(wal::next);
      flusher.keepFrom(ruleStates::keptFrom);
      judge(retention, flusher);
    } catch (RuntimeException e) {
      undo.forEach(Runnable::run);
      throw e;
    }
  }

  private static BlockId blockId(InstantSource clock, SplittableRandom ids) {
    synchronized (ids) {
      return BlockId.create(clock, ids);
    }
  }

  private List<SignalBlocks> merges(
      Duration keep, Supplier<BlockId> blockIds, InstantSource clock) {
    return stores.all().stream()
        .map(
            store ->
                new SignalBlocks(
                    store,
                    new BlockMerge(store, catalog, objects.store(), blockIds, clock)
                        .keeping(keep)
                        .within(background)))
        .toList();
  }

  private Deletions deletions(
      TrilithConfig config,
      RowRules rules,
      OwnLeftovers own,
      Supplier<BlockId> blockIds,
      StorageClock clock) {
    Runnable flush =
        directory == null
            ? () -> OfflineLog.refuse(config, catalog.state())
            : nodeLog.flusher()::flushAll;
    return new Deletions(
        config.deletion(), catalog, flush, rules, merges, blockIds, clock, objects.store(), own);
  }

  /**
   * Has the policies judged, after the log was read: what is in it is counted too, and none of it
   * was dropped on the way.
   */
  private void judge(Retention retention, Flusher flusher) {
    OpenObjects.reached(
        () -> {
          retention.begin(merges, flusher::flushAll);
          return true;
        });
  }

  /** Has the log of this disk be the one that writes to the bucket; returns its id. */
  private String takeOver(
      TrilithConfig config,
      DataDirectory own,
      Supplier<TakeOver.Heads> heads,
      Supplier<BlockId> blockIds,
      boolean shared) {
    Supplier<String> fresh = () -> blockIds.get().text();
    TakeOver change = new TakeOver(config, own.log(), catalog, objects.store(), fresh);
    String id = OpenObjects.reached(() -> change.run(heads, shared));
    catalog.writesFor(id);
    return id;
  }

  /** For the records of a log that are to become blocks, and for nothing else. */
  private TakeOver.Heads adopted(
      TrilithConfig config, DataAge age, InstantSource clock, Supplier<BlockId> blockIds) {
    HeadBudget budget = new HeadBudget(config.head());
    return new TakeOver.Heads(
        new Stores(new NoLog(), objects.store(), budget, age, config.cache(), clock, blockIds),
        budget);
  }

  private static OpenObjects open(TrilithConfig config, @Nullable DataDirectory directory) {
    return directory == null ? OpenObjects.offline(config) : OpenObjects.open(config, directory);
  }

  private static void release(@Nullable DataDirectory directory) {
    if (directory == null) {
      return;
    }
    try {
      directory.close();
    } catch (IOException e) {
      log.warn("cannot release the data directory", e);
    }
  }

  /**
   * Has the stores see the blocks that the catalog has, whoever commits, and hide what was deleted,
   * and what policies let expire.
   */
  private void follow(HiddenData hidden) {
    hidden.hideIn(stores);
    catalog.listen(
        step -> {
          hidden.follow(step, () -> merges.forEach(one -> one.blocks().follow(one.signal(), step)));
          faulty.aside().forget(step.gone());
          access.follow(step.after().ownership());
        });
  }

  /** What deletions read: all there is, or a failure. */
  @MustBeClosed
  private SpanReader traceReader(TenantId tenant) {
    return stores.traces().reader(tenant);
  }

  /** What this opened node calls itself: no other does. */
  public String instance() {
    return instance;
  }

  /** Notes in the data directory where it is served. */
  public void servedAt(HostPort listen, int port, boolean tls) {
    if (directory != null) {
      String host = listen.host();
      boolean any = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
      directory.served(
          (tls ? "https://" : "http://") + new HostPort(any ? "127.0.0.1" : host, port).toString(),
          instance);
    }
  }

  public OpenObjects objects() {
    return objects;
  }

  public Catalog catalog() {
    return catalog;
  }

  /** Of what the catalog does not need any more. */
  CatalogCollection collection() {
    return collection;
  }

  public NodeLog log() {
    return nodeLog;
  }

  public Stores stores() {
    return stores;
  }

  /** The stores again, each with the merge of its blocks. */
  public List<SignalBlocks> merges() {
    return merges;
  }

  /** What of rules outlives the process. */
  public RuleStates ruleStates() {
    return ruleStates;
  }

  public Removal removal() {
    return removal;
  }

  public FaultyBlocks faulty() {
    return faulty;
  }

  public WriteAccess access() {
    return access;
  }

  /** What flushes and merges may hold. */
  public MemoryShare background() {
    return background;
  }

  /** The merge of one signal's blocks. */
  BlockMerge merge(Signal signal) {
    return merges.stream().filter(one -> one.signal() == signal).findFirst().orElseThrow().merge();
  }

  /** Merges the blocks of all signals, as if nothing new was to come. */
  public void compact() {
    merges.forEach(one -> one.merge().compact());
  }

  /** Makes what was appended durable and gives up the directory. Heads stay in the log. */
  @Override
  public void close() {
    nodeLog.wal().close();
    // Requests that hang must not keep a process from ending.
    Thread bucket = Thread.ofPlatform().daemon().name("close-bucket").start(objects::close);
    try {
      bucket.join(CLOSE_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    release(directory);
  }
}

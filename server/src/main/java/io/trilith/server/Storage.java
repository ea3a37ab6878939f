package io.trilith.server;

import com.google.errorprone.annotations.MustBeClosed;
import io.trilith.compactor.Deletions;
import io.trilith.compactor.DiskUse;
import io.trilith.compactor.Expiry;
import io.trilith.compactor.Retention;
import io.trilith.compactor.SignalBlocks;
import io.trilith.config.HostPort;
import io.trilith.config.StorageConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.logstore.LogMerge;
import io.trilith.logstore.LogStore;
import io.trilith.rules.eval.RuleStates;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogCollection;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Ownership;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.log.Log;
import io.trilith.storage.log.LogIdentity;
import io.trilith.storage.log.NoLog;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.TraceMerge;
import io.trilith.tracestore.TraceStore;
import io.trilith.tsdb.MetricMerge;
import io.trilith.tsdb.MetricStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
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
 * Everything below the servers: directory, catalog, log, the stores with the log read back into
 * them.
 */
final class Storage implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Storage.class);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

  private final @Nullable DataDirectory directory;
  private final OpenObjects opened;
  private final Catalog catalog;
  private final CatalogCollection collection;
  private final Log wal;
  private final HeadBudget budget;
  private final DataAge age;
  private final MetricStore metrics;
  private final RuleStates ruleStates;
  private final LogStore logs;
  private final TraceStore traces;
  private final Flusher flusher;
  private final Deletions deletions;
  private final Retention retention;
  private final Expiry expiry;
  private final QuarantinedBlocks aside;
  private final List<SignalBlocks> signals;
  private final StorageClock time;
  private final MemoryShare background;

  /** Empty when there is none. */
  private final String ownLog;

  private final String instance = UUID.randomUUID().toString();

  /** The commit that the log is known to know of. Confined to {@link #watchDirectory}. */
  private long noted;

  /**
   * Opens it for a server: its log becomes the one that writes to the bucket.
   *
   * @param nanos a clock that nobody sets
   */
  Storage(TrilithConfig config, InstantSource clock, LongSupplier nanos) {
    this(config, clock, nanos, true, true, null);
  }

  /** Over some objects, among other processes. */
  static Storage over(
      ObjectStore objects,
      boolean withLog,
      TrilithConfig config,
      InstantSource clock,
      LongSupplier nanos) {
    return new Storage(
        config, clock, nanos, withLog, withLog, new OpenObjects(objects, null, null));
  }

  /**
   * Opens it for a process that serves nothing. A data directory is this process's meanwhile, with
   * its log; of a bucket of kind s3 the blocks alone are seen, and others may work on it.
   */
  static Storage offline(TrilithConfig config, InstantSource clock, LongSupplier nanos) {
    boolean withLog = config.storage().kind() == StorageConfig.Kind.DIRECTORY;
    return new Storage(config, clock, nanos, withLog, false, null);
  }

  private Storage(
      TrilithConfig config,
      InstantSource system,
      LongSupplier nanos,
      boolean withLog,
      boolean served,
      @Nullable OpenObjects given) {
    StorageClock clock = new StorageClock(system, nanos);
    time = clock;
    background = ProcessMemory.background(config);
    RowRules rules = RowRules.of(config, clock, this::traceReader);
    aside = new QuarantinedBlocks(clock);
    directory = withLog ? DataDirectory.open(config.storage().dataDir()) : null;
    // Block ids and commit ids must differ between processes, so the seed is the system's.
    SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
    Deque<Runnable> undo = new ArrayDeque<>();
    undo.push(() -> release(directory));
    try {
      opened = given != null ? given : open(config, directory);
      undo.push(opened::close);
      ObjectStore objects = opened.store();
      catalog = opened.catalog(clock, random.split(), config.storage().catalogAge());
      clock.begin(Retention.knownMillis(catalog, system));
      collection = new CatalogCollection(objects, config.storage().catalogAge(), clock);
      SplittableRandom ids = random.split();
      Supplier<BlockId> blockIds = () -> blockId(clock, ids);
      budget = new HeadBudget(config.head());
      age = new DataAge(config.retention(), system, clock);
      boolean shared = served && (opened.bucket() != null || given != null);
      ownLog = directory == null ? "" : takeOver(config, directory, blockIds, clock, shared);
      wal =
          directory == null
              ? new NoLog()
              : new LocalLog(directory.log(), config.wal(), catalog.state().coveredMax());
      undo.push(wal::close);
      metrics = new MetricStore(wal, objects, budget, age, config.cache(), clock, blockIds);
      metrics.limitSeries(config.limits().seriesMax());
      logs = new LogStore(wal, objects, budget, age, config.cache(), clock, blockIds);
      traces = new TraceStore(wal, objects, budget, age, config.cache(), clock, blockIds);
      ruleStates = new RuleStates(objects, system);
      flusher =
          new Flusher(config.head(), config.wal(), wal, catalog, clock, this::heads)
              .within(background);
      Duration keep = served ? Duration.ZERO : config.retention().deleteDelay();
      List<Duration> resolutions = config.downsampling().resolutions();
      BlockMerge metricMerge =
          MetricMerge.of(metrics, catalog, objects, resolutions, blockIds, clock)
              .keeping(keep)
              .within(background);
      BlockMerge logMerge =
          LogMerge.of(logs, catalog, objects, blockIds, clock).keeping(keep).within(background);
      BlockMerge traceMerge =
          TraceMerge.of(traces, catalog, objects, blockIds, clock).keeping(keep).within(background);
      expiry = new Expiry(catalog, objects, config.retention().deleteDelay(), clock);
      if (opened.bucket() == null && given == null) {
        expiry.sweepOrphans();
      }
      DiskUse disk = () -> DataDirectory.use(config.storage().dataDir());
      retention = new Retention(config.retention(), catalog, objects, age, disk, clock);
      signals =
          List.of(
              new SignalBlocks(Signal.METRICS, metrics.mergeable(), metricMerge),
              new SignalBlocks(Signal.LOGS, logs.mergeable(), logMerge),
              new SignalBlocks(Signal.TRACES, traces.mergeable(), traceMerge));
      follow(rules, signals);
      deletions = deletions(config, rules, blockIds);
      replay();
      ruleStates.writesTo(wal::next);
      flusher.keepFrom(ruleStates::keptFrom);
      judge();
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

  private Deletions deletions(TrilithConfig config, RowRules rules, Supplier<BlockId> blockIds) {
    Runnable flush =
        directory == null ? () -> OfflineLog.refuse(config, catalog.state()) : flusher::flushAll;
    return new Deletions(
        config.deletion(),
        catalog,
        flush,
        rules,
        signals,
        blockIds,
        time,
        opened.store(),
        new OwnLeftovers(ownLog, wal, flusher, catalog, opened.cache()));
  }

  /**
   * Has the policies judged, after the log was read: what is in it is counted too, and none of it
   * was dropped on the way.
   */
  private void judge() {
    OpenObjects.reached(
        () -> {
          retention.begin(signals, flusher::flushAll);
          return true;
        });
  }

  /** Has the log of this disk be the one that writes to the bucket; returns its id. */
  private String takeOver(
      TrilithConfig config,
      DataDirectory own,
      Supplier<BlockId> blockIds,
      InstantSource clock,
      boolean shared) {
    Supplier<String> fresh = () -> blockIds.get().text();
    TakeOver change = new TakeOver(config, own.log(), catalog, opened.store(), fresh);
    Supplier<TakeOver.Heads> heads =
        () -> new AdoptedHeads(config, opened.store(), age, clock, blockIds);
    String id = OpenObjects.reached(() -> change.run(heads, shared));
    catalog.writesFor(id);
    return id;
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
  private void follow(RowRules rules, List<SignalBlocks> signals) {
    HiddenData hidden = new HiddenData(rules, retention, age);
    hidden.hideIn(metrics, logs, traces);
    catalog.listen(
        step -> {
          hidden.follow(
              step, () -> signals.forEach(one -> one.blocks().follow(one.signal(), step)));
          aside.forget(step.gone());
          watchOwner(step.after().ownership());
        });
  }

  /** What this opened storage calls itself: no other does. */
  String instance() {
    return instance;
  }

  /** Notes in the data directory where it is served. */
  void servedAt(HostPort listen, int port, boolean tls) {
    if (directory != null) {
      String host = listen.host();
      boolean any = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
      directory.served(
          (tls ? "https://" : "http://") + new HostPort(any ? "127.0.0.1" : host, port).toString(), instance);
    }
  }

  /**
   * Stops writes when the data directory is gone or another one lies in its place: what is
   * acknowledged then would be found by nobody. Notes what the log knows of the bucket.
   */
  void watchDirectory() {
    if (directory == null || budget.refusal() != null) {
      return;
    }
    String why = directory.refusal();
    if (why != null) {
      log.error("{}", why);
      budget.refuse(why);
      return;
    }
    CatalogState state = catalog.state();
    if (state.number() > noted && !state.link().isNone()) {
      String id = state.link().bucket().toString();
      LogIdentity.know(directory.log(), new LogIdentity.KnownBucket(id, state.number()));
      noted = state.number();
    }
  }

  /** Stops writes when another server has taken the bucket over: nothing of it could be flushed. */
  private void watchOwner(Ownership ownership) {
    if (!ownLog.isEmpty() && !ownership.allows(ownLog) && budget.refusal() == null) {
      String why =
          "another server has taken the bucket over: "
              + TakeOver.describe(ownership)
              + "; this one takes no writes any more. What only its log has comes to the bucket when it is started again";
      log.error("{}", why);
      budget.refuse(why);
    }
  }

  /**
   * Has queries leave out, for a while, the live block that a failure names.
   *
   * @return whether it names one
   */
  boolean setAside(StorageException failure) {
    return switch (failure) {
      case StorageException.Corrupt corrupt ->
          setAside(corrupt.file(), QuarantinedBlocks.Fault.DAMAGED, failure);
      case StorageException.Missing missing ->
          setAside(missing.name(), QuarantinedBlocks.Fault.LOST, failure);
      default -> false;
    };
  }

  private boolean setAside(String object, QuarantinedBlocks.Fault fault, StorageException failure) {
    BlockEntry block = BlockEntry.blockOf(object).map(catalog.state().blocks()::get).orElse(null);
    if (block == null) {
      return false;
    }
    if (aside.add(block, fault, String.valueOf(failure.getMessage()))) {
      // So that its next reader, when it is tried again, sees the object and no copy.
      if (fault == QuarantinedBlocks.Fault.DAMAGED) {
        opened.store().dropCopies(block.objectName());
      }
      for (SignalBlocks one : signals) {
        if (one.signal() == block.signal()) {
          one.blocks().forget().accept(block.id());
        }
      }
    }
    return true;
  }

  /** The blocks that queries leave out. */
  QuarantinedBlocks aside() {
    return aside;
  }

  /** The time by which data is hidden and removed. */
  StorageClock time() {
    return time;
  }

  /** What deletions read: all there is, or a failure. */
  @MustBeClosed
  private SpanReader traceReader(TenantId tenant) {
    return traces.reader(tenant);
  }

  /** By how many bytes heads grow between two looks at which are to be flushed. */
  private static final long REPLAYED_BEFORE_FLUSH = 2 << 20;

  private Collection<Flushable> heads() {
    List<Flushable> heads = new ArrayList<>(metrics.heads());
    heads.addAll(logs.heads());
    heads.addAll(traces.heads());
    return heads;
  }

  /**
   * Puts what is in the log and not in a block back into the heads, flushing on the way when they
   * grow large.
   */
  private void replay() {
    CatalogState state = catalog.state();
    long oldest = 0;
    long[] records = new long[1];
    long[] looked = new long[1];
    wal.read(
        oldest,
        (offset, signal, tenant, payload) -> {
          if (signal == Signal.METRICS) {
            ruleStates.replay(offset, tenant, payload);
          }
          if (offset >= state.covered(signal, tenant)) {
            replay(offset, signal, tenant, payload);
            records[0]++;
            // Not each time: with thousands of tenants the look itself takes a while.
            if (Math.abs(budget.used() - looked[0]) >= REPLAYED_BEFORE_FLUSH) {
              flushReplayed();
              looked[0] = budget.used();
            }
          }
        });
    flusher.replayed();
    log.info("replayed records={} from the log, next offset={}", records[0], wal.next());
  }

  private void flushReplayed() {
    try {
      flusher.writeDue();
    } catch (StorageException.Unavailable e) {
      // A full disk: what was in memory before the start fits into it again.
      if (!budget.hasRoomToReplay()) {
        throw e;
      }
      log.warn("the log's content stays in memory: {}", e.getMessage());
      return;
    }
    try {
      flusher.commitWritten();
    } catch (StorageException.Unavailable e) {
      // The blocks are written and the log has their content: the commit can wait.
      log.warn("blocks of the log's content cannot be committed yet: {}", e.getMessage());
    }
  }

  private void replay(long offset, Signal signal, TenantId tenant, ByteBuffer payload) {
    switch (signal) {
      case METRICS -> metrics.replay(offset, tenant, payload);
      case LOGS -> logs.replay(offset, tenant, payload);
      case TRACES -> traces.replay(offset, tenant, payload);
    }
  }

  /** What of rules outlives the process. */
  RuleStates ruleStates() {
    return ruleStates;
  }

  MetricStore metrics() {
    return metrics;
  }

  LogStore logs() {
    return logs;
  }

  TraceStore traces() {
    return traces;
  }

  Catalog catalog() {
    return catalog;
  }

  Log wal() {
    return wal;
  }

  HeadBudget budget() {
    return budget;
  }

  /** Why all writes are refused; null when they are not. */
  @Nullable String refusal() {
    return budget.refusal();
  }

  Flusher flusher() {
    return flusher;
  }

  /** What flushes and merges may hold. */
  MemoryShare background() {
    return background;
  }

  /** The merge of one signal's blocks. */
  BlockMerge merge(Signal signal) {
    return signals.stream().filter(one -> one.signal() == signal).findFirst().orElseThrow().merge();
  }

  /** Merges the blocks of all signals, as if nothing new was to come. */
  void compact() {
    signals.forEach(one -> one.merge().compact());
  }

  OpenObjects objects() {
    return opened;
  }

  CatalogCollection collection() {
    return collection;
  }

  Expiry expiry() {
    return expiry;
  }

  Deletions deletions() {
    return deletions;
  }

  Retention retention() {
    return retention;
  }

  /**
   * Has everything in committed blocks, by a thread that is left behind when it is not done in
   * time: a bucket may not answer at all.
   *
   * @param endNanos until then, by System.nanoTime
   * @return what is in the log only, for people; empty when nothing is
   */
  String flushUntil(long endNanos) {
    String[] failure = {"it was not done within server.stop-timeout"};
    Thread flush =
        Thread.ofPlatform()
            .daemon()
            .name("last-flush")
            .start(
                () -> {
                  try {
                    flusher.flushAll();
                    failure[0] = "";
                  } catch (RuntimeException e) {
                    failure[0] = String.valueOf(e.getMessage());
                  }
                });
    try {
      flush.join(Duration.ofNanos(Math.max(1, endNanos - System.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long oldest = flusher.oldestUncommitted();
    long next = wal.next();
    return oldest >= next
        ? ""
        : "up to "
            + (next - oldest)
            + " records, from offset "
            + oldest
            + " on, are only in the log '"
            + (directory == null ? "" : directory.log())
            + "' ("
            + wal.stats().bytes()
            + " bytes): "
            + failure[0]
            + ". A start with this directory brings them into blocks";
  }

  /** Makes what was appended durable and gives up the directory. Heads stay in the log. */
  @Override
  public void close() {
    wal.close();
    // Requests that hang must not keep a process from ending.
    Thread bucket = Thread.ofPlatform().daemon().name("close-bucket").start(opened::close);
    try {
      bucket.join(CLOSE_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    release(directory);
  }
}

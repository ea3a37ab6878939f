package io.trilith.tsdb.store;

import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.log.Log;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesLimits;
import io.trilith.tsdb.head.BatchCodec;
import io.trilith.tsdb.head.HeadSequence;
import io.trilith.tsdb.head.LogEpoch;
import io.trilith.tsdb.head.LogReplay;
import io.trilith.tsdb.head.MetricHead;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's metrics: heads and blocks, and what the numbers in its log records mean. Thread-safe
 * by the tenant's lock, which {@link Generations} holds.
 */
final class TenantMetrics implements Flushable {
  private static final Logger log = LoggerFactory.getLogger(TenantMetrics.class);

  /** A head that was read back becomes a block of its own from this size on. */
  private static final long REPLAYED_MIN = 4 << 20;

  private final Generations<MetricHead> generations;
  private final HeadSequence heads;

  // Guarded by the tenant's lock.
  private @Nullable LogEpoch epoch;
  private @Nullable LogReplay replay;

  /**
   * Of one tenant.
   *
   * @param heads where the generations have their heads from
   */
  TenantMetrics(Generations<MetricHead> generations, HeadSequence heads) {
    this.generations = generations;
    this.heads = heads;
  }

  Generations<MetricHead> generations() {
    return generations;
  }

  /**
   * Puts a batch into log and head; returns once it, and what it refers to, is durable.
   *
   * @param note what the record has besides, null for nothing
   * @param limits of series in memory; items of more are taken out of the batch
   */
  Appended append(Log wal, MetricBatch batch, byte @Nullable [] note, SeriesLimits limits) {
    heads.letIdleGo(limits.idle());
    Entry entry = new Entry(wal, batch, note, limits);
    entry.awaitDurable(generations.append(wal, entry));
    return new Appended(Overwrites.find(batch, entry.numbers), entry.refused);
  }

  /**
   * What became of a batch.
   *
   * @param overwritten what of it was overwritten by other samples of it
   * @param refused samples and histograms of series that were too many
   */
  record Appended(List<MetricAppender.Overwritten> overwritten, TooManySeries refused) {}

  /** A batch on its way. */
  private final class Entry implements Generations.Entry<MetricHead> {
    private final Log wal;
    private final MetricBatch batch;
    private final byte @Nullable [] note;
    private int[] numbers = new int[0];
    private @Nullable LogEpoch into;
    private LogEpoch.@Nullable Definitions needed;
    private final SeriesLimits limits;
    private final TooManySeries refused = new TooManySeries();

    Entry(Log wal, MetricBatch batch, byte @Nullable [] note, SeriesLimits limits) {
      this.note = note;
      this.limits = limits;
      this.wal = wal;
      this.batch = batch;
    }

    @Override
    public ByteBuffer record(MetricHead head) {
      LogEpoch current = epochFor(head, wal);
      into = current;
      needed = current.definitions();
      numbers = head.resolve(batch, limits);
      refused.filter(batch, numbers);
      ByteWriter record = new ByteWriter(64 + 8 * batch.samples());
      if (note != null) {
        NotedRecord.begin(note, record);
      }
      current.put(batch, numbers, record);
      return record.view();
    }

    @Override
    public long add(MetricHead head, Log.Ticket ticket) {
      Objects.requireNonNull(into).recorded(ticket);
      return head.add(batch, numbers);
    }

    void awaitDurable(Log.Ticket ticket) {
      try {
        ticket.awaitDurable();
        if (needed != null) {
          needed.awaitDurable();
        }
      } catch (StorageException e) {
        Objects.requireNonNull(into).end();
        throw e;
      }
    }
  }

  /** Series that are known, be it from heads before. */
  int knownSeries() {
    return generations.view().heads().stream().mapToInt(MetricHead::knownSeries).max().orElse(0);
  }

  /** Known series of the metric that has the most. */
  int largestMetric() {
    return generations.view().heads().stream().mapToInt(MetricHead::largestMetric).max().orElse(0);
  }

  private LogEpoch epochFor(MetricHead head, Log wal) {
    replay = null;
    if (epoch == null || !epoch.continues(head)) {
      epoch = new LogEpoch(head, wal.next());
    }
    return epoch;
  }

  /** Puts a record of the log, read at the start, into the head. */
  void replay(long offset, ByteBuffer record) {
    NotedRecord noted = NotedRecord.of(record, offset);
    ByteBuffer payload = noted == null ? record : noted.body();
    if (noted != null && !payload.hasRemaining()) {
      return;
    }
    String name = "log record " + offset;
    ByteReader in = new ByteReader(payload, name, 0);
    if (payload.hasRemaining() && BatchCodec.reads(payload.get(payload.position()))) {
      MetricBatch batch = BatchCodec.decode(in, name);
      boolean _ = generations.replay(offset, head -> add(batch, in, head));
      return;
    }
    long recordEpoch = LogReplay.epochOf(in);
    if (replay != null && !replay.isOf(recordEpoch)) {
      replay = null;
    }
    if (replay == null && generations.headBytes() >= REPLAYED_MIN) {
      generations.seal();
    }
    boolean _ = generations.replay(offset, head -> read(offset, recordEpoch, in, head));
  }

  private static long add(MetricBatch batch, ByteReader record, MetricHead head) {
    int[] numbers;
    try {
      numbers = head.resolve(batch);
    } catch (IllegalArgumentException e) {
      throw record.corrupt(String.valueOf(e.getMessage()));
    }
    return head.add(batch, numbers);
  }

  private long read(long offset, long recordEpoch, ByteReader in, MetricHead head) {
    if (replay == null) {
      replay = new LogReplay(head, recordEpoch);
    }
    long before = replay.undefined();
    long grown = replay.read(in, head);
    if (replay.undefined() > before) {
      log.warn(
          "log record {}: {} items are lost with the damaged record that defined their series",
          offset,
          replay.undefined() - before);
    }
    return grown;
  }

  @Override
  public CatalogState.Scope scope() {
    return generations.scope();
  }

  @Override
  public long headBytes() {
    return generations.headBytes();
  }

  @Override
  public long sealedBytes() {
    return generations.sealedBytes();
  }

  @Override
  public long oldestOffset(long covered) {
    return generations.oldestOffset(covered);
  }

  @Override
  public long oldestUnwritten() {
    return generations.oldestUnwritten();
  }

  @Override
  public long oldestArrivalMillis() {
    return generations.oldestArrivalMillis();
  }

  @Override
  public List<? extends Pending> seal() {
    return generations.seal();
  }

  @Override
  public List<? extends Pending> sealed() {
    return generations.sealed();
  }

  /**
   * Lets the registry go. The next record goes to another head, so it begins an epoch of its own,
   * which defines all series that it names: as after each seal.
   */
  @Override
  public void freeIfIdle(long sinceMillis) {
    generations.replaceIdle(
        sinceMillis,
        head -> {
          boolean keeps = head.knowsSeries();
          if (keeps) {
            heads.forget();
            epoch = null;
            replay = null;
          }
          return keeps;
        });
  }

  /** The head may hold the first half of an epoch: only what is sealed already may go. */
  @Override
  public List<? extends Pending> sealReplayed() {
    return replay == null ? generations.seal() : generations.sealed();
  }
}

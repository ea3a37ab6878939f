package io.trilith.cli.bucket;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.traces.OtlpTraceLines;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.head.FreshBlock;
import io.trilith.logstore.head.LogHead;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.store.Rewrite;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import io.trilith.tracestore.head.TraceHead;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Puts imported data into blocks, each committed by itself: an interrupt leaves whole blocks, and a
 * repetition says what they say again. Imported data counts as written after what is in blocks.
 */
final class BlockTarget implements ImportTarget {
  private static final long DAY = Duration.ofDays(1).toNanos();

  private final ObjectStore objects;
  private final Catalog catalog;
  private final Supplier<BlockId> ids;
  private final TenantId tenant;
  private final DataAge age;
  private final ImportTally tally;
  private final OtlpTraceLines otlp;
  private int blocks;
  private long bytes;

  /**
   * Blocks of one tenant.
   *
   * @param age which spans are taken; samples and entries were asked about before
   * @param tally is told of spans that are refused
   */
  BlockTarget(
      Bucket bucket,
      TenantId tenant,
      DataAge age,
      ImportTally tally,
      TraceLimitsConfig traceLimits) {
    this.age = age;
    this.tally = tally;
    this.otlp = new OtlpTraceLines(traceLimits);
    this.objects = bucket.objects();
    this.catalog = bucket.catalog();
    this.ids = bucket.blockIds();
    this.tenant = tenant;
  }

  private long sequence(Signal signal) {
    return catalog.state().blocks(signal, tenant).stream()
        .mapToLong(BlockEntry::sequence)
        .max()
        .orElse(0);
  }

  private void commit(BlockId id, Signal signal, Rewrite.Written written) {
    BlockEntry block =
        new BlockEntry(
            id,
            signal,
            tenant,
            written.minTime(),
            written.maxTime(),
            written.items(),
            written.bytes(),
            0,
            sequence(signal));
    catalog.commit(List.of(block), List.of(), List.of());
    blocks++;
    bytes += block.bytes();
  }

  @Override
  public long metrics(SeriesCursor series, Map<String, MetricMetadata> metadata) {
    BlockId id = ids.get();
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.METRICS, tenant, id))) {
      BlockSummary written = MetricBlockWriter.write(out, series, List.of(), metadata);
      if (written.samples() > 0) {
        out.commit();
        commit(
            id,
            Signal.METRICS,
            new Rewrite.Written(
                written.minTime(), written.maxTime(), written.samples(), written.bytes()));
      }
      return written.samples();
    }
  }

  @Override
  public void logs(LogBatch batch) {
    LogHead head = new LogHead();
    head.add(batch);
    BlockId id = ids.get();
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.LOGS, tenant, id))) {
      LogBlockWriter.Written written = FreshBlock.write(out, head);
      out.commit();
      commit(
          id,
          Signal.LOGS,
          new Rewrite.Written(
              written.minTime(), written.maxTime(), written.entries(), written.bytes()));
    }
  }

  @Override
  public void traces(List<byte[]> requests) {
    TreeMap<Long, TraceHead> days = new TreeMap<>();
    for (byte[] request : requests) {
      Rejections refused = otlp.read(request, batch -> takeByDay(batch, days));
      if (refused.total() > 0) {
        tally.refused(refused.total(), refused.message());
      }
    }
    days.values().forEach(this::traces);
  }

  /** Spans of a day go to one block, as those that a server takes do. */
  private void takeByDay(SpanBatch batch, TreeMap<Long, TraceHead> days) {
    SpanBatch notOld = batch.between(age.minNanos(), Long.MAX_VALUE);
    SpanBatch taken = notOld.between(age.minNanos(), age.maxNanos());
    if (notOld.size() < batch.size()) {
      tally.tooOld((long) batch.size() - notOld.size());
    }
    if (taken.size() < notOld.size()) {
      tally.tooFarAhead((long) notOld.size() - taken.size());
    }
    SpanColumns columns = taken.columns();
    Set<Long> of = new TreeSet<>();
    for (int row = 0; row < taken.size(); row++) {
      of.add(Math.floorDiv(columns.startNanos(row), DAY));
    }
    for (long day : of) {
      SpanBatch part = taken.between(day * DAY, (day + 1) * DAY - 1);
      long _ = days.computeIfAbsent(day, _ -> new TraceHead()).add(part);
    }
  }

  private void traces(TraceHead head) {
    BlockId id = ids.get();
    try (ObjectOutput out = objects.create(BlockEntry.objectName(Signal.TRACES, tenant, id))) {
      TraceBlockWriter.Written written = TraceBlockWriter.write(out, head.sorted());
      out.commit();
      commit(
          id,
          Signal.TRACES,
          new Rewrite.Written(
              written.minTime(), written.maxTime(), written.spans(), written.bytes()));
    }
  }

  @Override
  public String summary() {
    return blocks + " blocks, " + Shown.bytes(bytes);
  }
}

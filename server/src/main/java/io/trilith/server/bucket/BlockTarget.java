package io.trilith.server.bucket;

import io.trilith.logstore.LogBatch;
import io.trilith.logstore.block.FreshBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.head.LogHead;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Puts imported data into blocks, each committed by itself: an interrupt leaves whole blocks, and a
 * repetition says what they say again. Imported data counts as written after what is in blocks.
 */
final class BlockTarget implements ImportTarget {
  private final ObjectStore objects;
  private final Catalog catalog;
  private final Supplier<BlockId> ids;
  private final TenantId tenant;
  private int blocks;
  private long bytes;

  BlockTarget(Bucket bucket, TenantId tenant) {
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

  private void commit(BlockEntry block) {
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
            new BlockEntry(
                id,
                Signal.METRICS,
                tenant,
                written.minTime(),
                written.maxTime(),
                written.samples(),
                written.bytes(),
                0,
                sequence(Signal.METRICS)));
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
          new BlockEntry(
              id,
              Signal.LOGS,
              tenant,
              written.minTime(),
              written.maxTime(),
              written.entries(),
              written.bytes(),
              0,
              sequence(Signal.LOGS)));
    }
  }

  @Override
  public void traces(byte[] otlpJson) {
    throw new VerbException(
        "traces are imported by a running server, which decodes them: start it on this directory");
  }

  @Override
  public String summary() {
    return blocks + " blocks, " + Shown.bytes(bytes);
  }
}

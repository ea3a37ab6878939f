package io.trilith.tsdb;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.block.SeriesExemplar;
import io.trilith.tsdb.merge.MergedCursor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What of several metric blocks goes into one: the series merged, without what has expired. */
public final class MetricMerge {
  /** Exemplars of a merged block at most; the newest writes stay. */
  private static final int EXEMPLARS_MAX = 100_000;

  private final ObjectStore objects;
  private final DataAge age;

  private MetricMerge(ObjectStore objects, DataAge age) {
    this.objects = objects;
    this.age = age;
  }

  /** The merge of a store's blocks. */
  public static BlockMerge of(
      MetricStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    return new BlockMerge(
        Signal.METRICS,
        store.mergeable(),
        new MetricMerge(objects, age)::write,
        catalog,
        objects,
        blockIds,
        clock,
        BlockMerge.Fresh.KEPT);
  }

  private BlockMerge.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    long oldest = age.minMillis();
    List<BlockCursor> cursors = new ArrayList<>();
    Collection<SeriesExemplar> exemplars = new LinkedHashSet<>();
    Map<String, MetricMetadata> metadata = new HashMap<>();
    for (BlockEntry input : inputs) {
      MetricBlock block = MetricBlock.open(objects, input.objectName());
      cursors.add(block.cursor(oldest, Long.MAX_VALUE));
      metadata.putAll(block.metadata());
      for (SeriesExemplar one : block.exemplars()) {
        if (one.exemplar().timestamp() >= oldest) {
          exemplars.remove(one);
          exemplars.add(one);
        }
      }
    }
    List<SeriesExemplar> newest = List.copyOf(exemplars);
    newest = newest.subList(Math.max(0, newest.size() - EXEMPLARS_MAX), newest.size());
    BlockSummary written =
        MetricBlockWriter.write(
            out, new Interruptible(new MergedCursor(cursors)), newest, metadata);
    return new BlockMerge.Written(
        written.minTime(), written.maxTime(), written.samples(), written.bytes());
  }

  /** Ends when the thread is interrupted: a merge is given up for a shutdown. */
  private record Interruptible(SeriesCursor series) implements SeriesCursor {
    @Override
    public boolean next() {
      if (Thread.currentThread().isInterrupted()) {
        throw new StorageException.Unavailable(
            "a merge was given up", new InterruptedException("the process is stopping"));
      }
      return series.next();
    }

    @Override
    public Labels labels() {
      return series.labels();
    }

    @Override
    public void read(SampleBuffer into) {
      series.read(into);
    }
  }
}

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
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** What of several metric blocks goes into one: the series merged, without what has expired. */
public final class MetricMerge implements BlockMerge.Rewrite {
  /** Exemplars of a merged block at most; the newest writes stay. */
  private static final int EXEMPLARS_MAX = 100_000;

  /** Exemplars may lie outside of their block's samples by a little. */
  private static final long EXEMPLARS_BEFORE = 3_600_000;

  private final MetricStore store;
  private final ObjectStore objects;

  /** A block that spans less than so many windows of a resolution gets no aggregates at it. */
  private static final int WINDOWS_MIN = 12;

  private final DataAge age;
  private final List<Duration> resolutions;

  private MetricMerge(
      MetricStore store, ObjectStore objects, DataAge age, List<Duration> resolutions) {
    this.store = store;
    this.objects = objects;
    this.age = age;
    this.resolutions = resolutions;
  }

  /**
   * The merge of a store's blocks.
   *
   * @param resolutions of the aggregates that merged blocks get, up to two; with none, the store's
   *     readers do not look for any
   */
  public static BlockMerge of(
      MetricStore store,
      Catalog catalog,
      ObjectStore objects,
      DataAge age,
      List<Duration> resolutions,
      Supplier<BlockId> blockIds,
      InstantSource clock) {
    if (!resolutions.isEmpty()) {
      store.readAggregates();
    }
    return new BlockMerge(
        Signal.METRICS,
        store.mergeable(),
        new MetricMerge(store, objects, age, resolutions),
        catalog,
        objects,
        blockIds,
        clock,
        BlockMerge.Fresh.KEPT);
  }

  @Override
  public double hiddenShare(BlockEntry input, Set<String> sources) {
    MetricBlock block = MetricBlock.open(objects, input.objectName());
    double share = 0;
    for (SeriesRule rule : rules(input, sources)) {
      int found = block.select(rule.matchers(), rule.minTime(), rule.maxTime()).size();
      share += (double) found / Math.max(1, block.seriesCount());
      boolean[] exemplified = new boolean[1];
      block.exemplars(
          rule.matchers(), rule.minTime(), rule.maxTime(), (_, _) -> exemplified[0] = true);
      share += exemplified[0] ? Double.MIN_NORMAL : 0;
    }
    return Math.min(1, share);
  }

  private List<SeriesRule> rules(BlockEntry input, Set<String> sources) {
    return store.hidden(input.tenant()).of(input).stream()
        .filter(rule -> sources.contains(rule.source()))
        .toList();
  }

  @Override
  public BlockMerge.Written writeRemaining(
      ObjectOutput out, BlockEntry input, Set<String> sources) {
    MetricBlock block = MetricBlock.open(objects, input.objectName());
    HidingSource left = new HidingSource(block, rules(input, sources));
    List<SeriesExemplar> exemplars = new ArrayList<>();
    left.exemplars(
        List.of(),
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        (series, exemplar) -> exemplars.add(new SeriesExemplar(series, exemplar)));
    return written(
        MetricBlockWriter.write(
            out,
            new Interruptible(left.cursor(), List.of()),
            exemplars,
            block.metadata(),
            resolutions(List.of(input))));
  }

  private List<Duration> resolutions(List<BlockEntry> inputs) {
    long first = inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow();
    long last = inputs.stream().mapToLong(BlockEntry::maxTime).max().orElseThrow();
    return resolutions.stream()
        .filter(one -> (last - first) / one.toMillis() >= WINDOWS_MIN)
        .toList();
  }

  @Override
  public BlockMerge.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    long oldest = age.minMillis();
    long first = inputs.stream().mapToLong(BlockEntry::minTime).min().orElseThrow();
    List<SeriesRule> expired =
        store.hidden(inputs.getFirst().tenant()).expiredIn(first - EXEMPLARS_BEFORE);
    List<BlockCursor> cursors = new ArrayList<>();
    Collection<SeriesExemplar> exemplars = new LinkedHashSet<>();
    Map<String, MetricMetadata> metadata = new HashMap<>();
    for (BlockEntry input : inputs) {
      MetricBlock block = MetricBlock.open(objects, input.objectName());
      cursors.add(block.cursor(oldest, Long.MAX_VALUE));
      metadata.putAll(block.metadata());
      for (SeriesExemplar one : block.exemplars()) {
        if (one.exemplar().timestamp() >= oldest && !isExpired(one, expired)) {
          exemplars.remove(one);
          exemplars.add(one);
        }
      }
    }
    List<SeriesExemplar> newest = List.copyOf(exemplars);
    newest = newest.subList(Math.max(0, newest.size() - EXEMPLARS_MAX), newest.size());
    return written(
        MetricBlockWriter.write(
            out,
            new Interruptible(new MergedCursor(cursors), expired),
            newest,
            metadata,
            resolutions(inputs)));
  }

  private static boolean isExpired(SeriesExemplar one, List<SeriesRule> expired) {
    for (SeriesRule rule : expired) {
      if (rule.hides(one.series(), one.exemplar().timestamp())) {
        return true;
      }
    }
    return false;
  }

  private static BlockMerge.Written written(BlockSummary written) {
    return new BlockMerge.Written(
        written.minTime(), written.maxTime(), written.samples(), written.bytes());
  }

  /**
   * Without what has expired by policies; ends when the thread is interrupted: a merge is given up
   * for a shutdown.
   */
  private record Interruptible(SeriesCursor series, List<SeriesRule> expired)
      implements SeriesCursor {
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
      if (!expired.isEmpty() && into.size() > 0) {
        long first = into.timestamps()[0];
        for (SeriesRule rule : expired) {
          if (rule.maxTime() >= first && rule.hides(series.labels(), rule.maxTime())) {
            into.dropUpTo(rule.maxTime());
          }
        }
      }
    }
  }
}

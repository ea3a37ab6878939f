package io.trilith.tsdb.store;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.removal.RowRule;
import io.trilith.storage.store.Rewrite;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesRule;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.block.SeriesExemplar;
import io.trilith.tsdb.merge.MergedCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What of several metric blocks goes into one: the series merged. */
final class MetricMerge implements Rewrite {
  /** Exemplars of a merged block at most; the newest writes stay. */
  private static final int EXEMPLARS_MAX = 100_000;

  private final MetricStore store;
  private final ObjectStore objects;

  /** A block that spans less than this many windows of a resolution gets no aggregates at it. */
  private static final int WINDOWS_MIN = 12;

  private final List<Duration> resolutions;

  MetricMerge(MetricStore store, ObjectStore objects, List<Duration> resolutions) {
    this.store = store;
    this.objects = objects;
    this.resolutions = resolutions;
  }

  @Override
  public long weight(BlockEntry input) {
    return MetricBlock.open(objects, input.objectName()).weight();
  }

  @Override
  public double hiddenShare(BlockEntry input, Set<String> sources) {
    MetricBlock block = MetricBlock.open(objects, input.objectName());
    List<SeriesRule> rules = rules(input, sources);
    HiddenSamples hidden = new HiddenSamples(rules);
    block.eachChunk(hidden);
    double share = hidden.share();
    if (share == 0) {
      boolean[] exemplified = new boolean[1];
      for (SeriesRule rule : rules) {
        block.exemplars(
            rule.matchers(), rule.minTime(), rule.maxTime(), (_, _) -> exemplified[0] = true);
      }
      return exemplified[0] ? Double.MIN_NORMAL : 0;
    }
    return share;
  }

  /** Adds up what rules take of chunks. Not thread-safe. */
  private static final class HiddenSamples implements MetricBlock.ChunkFacts {
    private final List<SeriesRule> rules;
    private Labels series = Labels.EMPTY;
    private List<SeriesRule> ofSeries = List.of();
    private double samples;
    private double hidden;

    HiddenSamples(List<SeriesRule> rules) {
      this.rules = rules;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the same object for all chunks of a series
    public void accept(Labels of, long minTime, long maxTime, long count) {
      if (of != series) {
        series = of;
        ofSeries = rules.stream().filter(rule -> rule.isOf(of)).toList();
      }
      double share = 0;
      for (SeriesRule rule : ofSeries) {
        share += RowRule.share(rule, minTime, maxTime);
      }
      samples += count;
      hidden += count * Math.min(1, share);
    }

    double share() {
      return hidden == 0 ? 0 : Math.min(1, hidden / samples);
    }
  }

  private List<SeriesRule> rules(BlockEntry input, Set<String> sources) {
    return store.hidden(input.tenant()).of(input, sources);
  }

  @Override
  public Rewrite.Written writeRemaining(ObjectOutput out, BlockEntry input, Set<String> sources) {
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
            new Interruptible(left.cursor()),
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
  public Rewrite.Written write(ObjectOutput out, List<BlockEntry> inputs) {
    List<BlockCursor> cursors = new ArrayList<>();
    Collection<SeriesExemplar> exemplars = new LinkedHashSet<>();
    Map<String, MetricMetadata> metadata = new HashMap<>();
    for (BlockEntry input : inputs) {
      MetricBlock block = MetricBlock.open(objects, input.objectName());
      cursors.add(block.cursor(Long.MIN_VALUE, Long.MAX_VALUE));
      metadata.putAll(block.metadata());
      for (SeriesExemplar one : block.exemplars()) {
        exemplars.remove(one);
        exemplars.add(one);
      }
    }
    List<SeriesExemplar> newest = List.copyOf(exemplars);
    newest = newest.subList(Math.max(0, newest.size() - EXEMPLARS_MAX), newest.size());
    return written(
        MetricBlockWriter.write(
            out,
            new Interruptible(new MergedCursor(cursors)),
            newest,
            metadata,
            resolutions(inputs)));
  }

  private static Rewrite.Written written(BlockSummary written) {
    return new Rewrite.Written(
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

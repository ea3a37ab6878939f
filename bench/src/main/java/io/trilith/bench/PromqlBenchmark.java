package io.trilith.bench;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepGrid;
import io.trilith.promql.PromqlEngine;
import io.trilith.promql.PromqlResult;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Operators over an hour of samples 15 s apart at 240 steps, read from memory: 10,000 counters, or
 * 15,000 buckets of 1,250 histograms.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx1g", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PromqlBenchmark {
  private static final long INTERVAL = 15_000;
  private static final int SAMPLES = 260;
  private static final String[] BOUNDS = {
    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"
  };

  /** How many threads help. */
  @Param({"0", "1"})
  public int helpers;

  private final StepGrid grid = StepGrid.between(0, 239 * INTERVAL, INTERVAL);
  private final Stored counters = new Stored(10_000, false);
  private final Stored buckets = new Stored(15_000, true);
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
  private PromqlEngine engine = new PromqlEngine(250, 300_000, 60_000);

  /** Series in memory. */
  private static final class Stored implements SeriesReader, SeriesSet {
    private static final int SHAPES = 64;

    private final Labels[] labels;
    private final double[][] values = new double[SHAPES][SAMPLES];
    private final int each;

    /** By series: counts of buckets ascend with their bounds. */
    private final int[] factors;

    Stored(int count, boolean histograms) {
      this.each = histograms ? BOUNDS.length : 1;
      this.labels = new Labels[count];
      for (int i = 0; i < count; i++) {
        int instance = i / each;
        Labels.Builder builder = Labels.EMPTY.toBuilder();
        builder.set(Labels.NAME, histograms ? "x_bucket" : "x_total");
        builder.set("instance", "10.0." + instance / 100 + "." + instance % 100);
        builder.set("job", "job-" + instance % 10).set("pod", "pod-" + instance % 100);
        labels[i] = (histograms ? builder.set("le", BOUNDS[i % each]) : builder).build();
      }
      Arrays.sort(labels);
      this.factors = new int[count];
      for (int i = 0; i < count; i++) {
        factors[i] = 1 + Math.max(0, List.of(BOUNDS).indexOf(labels[i].get("le")));
      }
      SplittableRandom random = new SplittableRandom(1);
      for (double[] shape : values) {
        double total = 0;
        for (int i = 0; i < SAMPLES; i++) {
          total += random.nextDouble() * 10;
          shape[i] = total;
        }
      }
    }

    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public Labels labels(int series) {
      return labels[series];
    }

    @Override
    public void read(int series, long minMillis, long maxMillis, SampleBuffer into) {
      into.clear();
      double[] shape = values[series / each % SHAPES];
      int factor = factors[series];
      for (int i = 0; i < SAMPLES; i++) {
        long time = (i - 20) * INTERVAL;
        if (time >= minMillis && time <= maxMillis) {
          into.add(time, shape[i] * factor);
        }
      }
    }

    @Override
    public SeriesSet select(
        List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
      return this;
    }

    @Override
    public List<Labels> series(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return List.of(labels);
    }

    @Override
    public SortedSet<String> labelNames(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return new TreeSet<>();
    }

    @Override
    public SortedSet<String> labelValues(
        String name,
        List<List<Matcher>> selectors,
        long minMillis,
        long maxMillis,
        LongConsumer charge) {
      return new TreeSet<>();
    }

    @Override
    public Map<Labels, List<Exemplar>> exemplars(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return Map.of();
    }

    @Override
    public Map<String, MetricMetadata> metadata() {
      return Map.of();
    }
  }

  @Setup
  public void start() {
    engine = new PromqlEngine(250, 300_000, 60_000, new QueryWorkers(threads, helpers));
  }

  @TearDown
  public void stop() {
    threads.shutdown();
  }

  private PromqlResult ask(String query, Stored stored) {
    return engine.range(query, grid, 300_000, stored, QueryContext.unlimited()).result();
  }

  @Benchmark
  public PromqlResult rate() {
    return ask("count(rate(x_total[5m]))", counters);
  }

  @Benchmark
  public PromqlResult sumBy() {
    return ask("sum by (job) (rate(x_total[5m]))", counters);
  }

  @Benchmark
  public PromqlResult sumByInstance() {
    return ask("sum by (instance) (rate(x_total[5m]))", counters);
  }

  @Benchmark
  public PromqlResult quantileOfBuckets() {
    return ask("histogram_quantile(0.9, rate(x_bucket[5m]))", buckets);
  }

  @Benchmark
  public PromqlResult join() {
    return ask("sum(rate(x_total[5m]) / on(instance) rate(x_total[6m]))", counters);
  }

  @Benchmark
  public PromqlResult samePartTwice() {
    return ask("sum(rate(x_total[5m]) / rate(x_total[5m]))", counters);
  }

  @Benchmark
  public PromqlResult quantileOverTime() {
    return ask("max(quantile_over_time(0.9, x_total[10m]))", counters);
  }

  @Benchmark
  public PromqlResult sumOverTime() {
    return ask("max(sum_over_time(x_total[10m]))", counters);
  }
}

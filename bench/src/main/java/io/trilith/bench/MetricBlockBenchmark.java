package io.trilith.bench;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.index.TextSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A block of 20,000 series with 480 samples each: opening, looking up, reading. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricBlockBenchmark {
  private static final int METRICS = 200;
  private static final int INSTANCES = 100;
  private static final int SAMPLES = 480;

  private final MemoryObjectStore objects = new MemoryObjectStore();
  private final SampleBuffer buffer = new SampleBuffer();
  private final Matcher metric = Matcher.equal(Labels.NAME, "metric_100_total");
  private final Matcher instances = Matcher.of("instance", Matcher.Op.MATCH, "10.0.0.1.*");
  private MetricBlock block = written();

  /** Series of counters, those of one instance with the same times. */
  private static final class Counters implements SeriesCursor {
    private final SplittableRandom random = new SplittableRandom(1);
    private int at = -1;

    @Override
    public boolean next() {
      return ++at < METRICS * INSTANCES;
    }

    @Override
    public Labels labels() {
      return Labels.of(
          Labels.NAME,
          "metric_%03d_total".formatted(at / INSTANCES),
          "instance",
          "10.0.0.%03d:9100".formatted(at % INSTANCES),
          "job",
          "node");
    }

    @Override
    public void read(SampleBuffer into) {
      into.clear();
      double sum = 0;
      for (int i = 0; i < SAMPLES; i++) {
        sum += random.nextInt(100);
        into.add(at % INSTANCES + i * 15_000L, sum);
      }
    }
  }

  private MetricBlock written() {
    try (ObjectOutput out = objects.create("b")) {
      MetricBlockWriter.write(out, new Counters(), List.of(), Map.of());
      out.commit();
    }
    return MetricBlock.open(objects, "b");
  }

  /** Tells what an open block takes. */
  @Setup
  public void tell() {
    System.out.println(
        "heap of the open block: " + block.weight() / block.seriesCount() + " B/series");
  }

  @Benchmark
  public MetricBlock open() {
    return MetricBlock.open(objects, "b");
  }

  /** 100 series of 480 samples. */
  @Benchmark
  public int readOneMetric() {
    return read(List.of(metric));
  }

  /** 20,000 series of 480 samples: 9.6 M. */
  @Benchmark
  public int readAll() {
    return read(List.of());
  }

  private int read(List<Matcher> matchers) {
    int[] size = new int[1];
    block.select(
        matchers,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        (labels, samples) -> {
          buffer.clear();
          samples.addTo(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
          size[0] += buffer.size();
        });
    return size[0];
  }

  /** Names of the metrics of some instances. */
  @Benchmark
  public int labelValues() {
    TextSet values = new TextSet(_ -> {});
    block.labelValues(Labels.NAME, List.of(instances), Long.MIN_VALUE, Long.MAX_VALUE, values);
    return values.sorted().size();
  }
}

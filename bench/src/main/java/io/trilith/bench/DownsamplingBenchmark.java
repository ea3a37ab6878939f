package io.trilith.bench;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tsdb.Detail;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.index.SeriesSelection;
import java.time.Duration;
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

/** A day of 500 series, scraped each 15 s, half of them counters: by samples and by windows. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DownsamplingBenchmark {
  private static final int SERIES = 500;
  private static final long SCRAPE = 15_000;
  private static final List<Duration> RESOLUTIONS =
      List.of(Duration.ofMinutes(5), Duration.ofHours(1));

  private final MemoryObjectStore objects = new MemoryObjectStore();
  private final SampleBuffer buffer = new SampleBuffer();
  private MetricBlock block = written("plain", List.of());

  /** Counters and gauges, a third of them with decimals. */
  private static final class Day implements SeriesCursor {
    private final SplittableRandom random = new SplittableRandom(1);
    private int number = -1;
    private int at;

    /** Counters, which have even numbers, come first: their names do. */
    @Override
    public boolean next() {
      at = ++number < SERIES / 2 ? 2 * number : 2 * number - SERIES + 1;
      return number < SERIES;
    }

    @Override
    public Labels labels() {
      return Labels.of(Labels.NAME, (at % 2 == 0 ? "c_%03d_total" : "g_%03d").formatted(at));
    }

    @Override
    public void read(SampleBuffer into) {
      into.clear();
      double value = 0;
      for (long time = at; time < Duration.ofDays(1).toMillis(); time += SCRAPE) {
        double step = random.nextInt(100) / (at % 3 == 0 ? 8.0 : 1);
        value = at % 2 == 0 ? value + step : 1000 + step;
        into.add(time, value);
      }
    }
  }

  private MetricBlock written(String name, List<Duration> resolutions) {
    try (ObjectOutput out = objects.create(name)) {
      MetricBlockWriter.write(out, new Day(), List.of(), Map.of(), resolutions);
      out.commit();
    }
    return MetricBlock.open(objects, name);
  }

  /** Tells what the aggregates take. */
  @Setup
  public void tell() {
    block = written("aggregated", RESOLUTIONS);
    System.out.println(
        "bytes: "
            + objects.read("plain").remaining()
            + " of samples, "
            + objects.read("aggregated").remaining()
            + " with aggregates");
  }

  private double read(String pattern, Detail detail) {
    List<Matcher> matchers = List.of(Matcher.of(Labels.NAME, Matcher.Op.MATCH, pattern));
    SeriesSelection found = block.select(matchers, detail, Long.MIN_VALUE, Long.MAX_VALUE);
    double sum = 0;
    for (int i = 0; i < found.size(); i++) {
      buffer.clear();
      found.addTo(i, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      for (int at = 0; at < buffer.size(); at++) {
        sum += buffer.values()[at];
      }
    }
    return sum;
  }

  @Benchmark
  public double samples() {
    return read(".+", Detail.SAMPLES);
  }

  @Benchmark
  public double samplesOfCounters() {
    return read("c_.*", Detail.SAMPLES);
  }

  @Benchmark
  public double changesOfFiveMinutes() {
    return read("c_.*", new Detail(Detail.Aggregate.CHANGE, 300_000, 300_000));
  }

  @Benchmark
  public double changesOfHours() {
    return read("c_.*", new Detail(Detail.Aggregate.CHANGE, 3_600_000, 3_600_000));
  }

  @Benchmark
  public double sumsOfHours() {
    return read(".+", new Detail(Detail.Aggregate.SUM, 3_600_000, 3_600_000));
  }

  @Benchmark
  public MetricBlock write() {
    return written("again", List.of());
  }

  @Benchmark
  public MetricBlock writeWithAggregates() {
    return written("again", RESOLUTIONS);
  }
}

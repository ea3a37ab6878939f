package io.trilith.tsdb.head;

import io.trilith.bench.Gorilla;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.roaringbitmap.RoaringBitmap;

/**
 * What a sample costs in the head: finding its series, appending, reading back, and finding series
 * by matchers; beside it a map from labels to numbers and the XOR encoding of Gorilla.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MetricHeadBenchmark {
  private static final int SERIES = 100_000;
  private static final int SAMPLES = 120;

  private final SeriesRegistry registry = new SeriesRegistry();
  private final Map<Labels, Integer> byLabels = new HashMap<>();
  private final List<Labels> labels = new ArrayList<>();
  private final List<KeySlice> inOrder = new ArrayList<>();
  private List<KeySlice> shuffled = List.of();
  private final PagePool pool = new PagePool(1L << 30);
  private final long[] times = new long[SAMPLES];
  private final double[] values = new double[SAMPLES];
  private final SampleBuffer buffer = new SampleBuffer();
  private FloatStreams full = new FloatStreams(pool);
  private List<Matcher> matchers = List.of();
  private final List<Matcher> equalities =
      List.of(
          Matcher.equal("method", "POST"),
          Matcher.equal("route", "/api/v1/route/7"),
          Matcher.equal("status_code", "200"));
  private final Gorilla gorilla = new Gorilla(SAMPLES);

  /** Series as a scrape has them: pods with the same metrics one after the other. */
  @Setup(Level.Trial)
  public void fill() {
    KeySlice before = new KeySlice();
    int previous = -1;
    for (int i = 0; i < SERIES; i++) {
      Labels one =
          Labels.of(
              Labels.NAME,
              "http_requests_total",
              "cluster",
              "eu-west-1-production",
              "instance",
              "10.1." + i / 25_600 + "." + i / 100 % 256 + ":8080",
              "job",
              "checkout-service",
              "method",
              i % 2 == 0 ? "GET" : "POST",
              "namespace",
              "shop",
              "pod",
              "checkout-service-7d9f8b6c5-" + i / 100,
              "route",
              "/api/v1/route/" + i % 100,
              "status_code",
              i % 10 == 0 ? "500" : "200");
      ByteWriter key = new ByteWriter();
      SeriesKey.put(one, key);
      KeySlice slice = new KeySlice();
      slice.set(key.toArray(), 0, key.size());
      previous = registry.add(slice, previous, before);
      before = slice;
      inOrder.add(slice);
      labels.add(one);
      byLabels.put(one, i);
    }
    shuffled = new ArrayList<>(inOrder);
    Collections.shuffle(shuffled, new SplittableRandom(1));
    for (int i = 0; i < SAMPLES; i++) {
      times[i] = 1_700_000_000_000L + i * 15_000L + i % 3;
      values[i] = i * 17.0 + i % 5;
    }
    full = append();
    matchers =
        List.of(
            Matcher.equal(Labels.NAME, "http_requests_total"),
            Matcher.of("pod", Matcher.Op.MATCH, "checkout-service-.*-1.."));
  }

  private FloatStreams append() {
    FloatStreams streams = new FloatStreams(pool);
    for (int i = 0; i < SAMPLES; i++) {
      for (int series = 0; series < 1000; series++) {
        streams.put(series, times[i], 0, values[i] + series);
      }
    }
    return streams;
  }

  private int lookUp(List<KeySlice> keys) {
    int previous = -1;
    KeySlice before = inOrder.getFirst();
    for (KeySlice key : keys) {
      previous = registry.find(key, previous, before);
      before = key;
    }
    return previous;
  }

  @Benchmark
  @OperationsPerInvocation(SERIES)
  public int lookUpInOrder() {
    return lookUp(inOrder);
  }

  @Benchmark
  @OperationsPerInvocation(SERIES)
  public int lookUpShuffled() {
    return lookUp(shuffled);
  }

  /** The baseline, without what making the labels costs. */
  @Benchmark
  @OperationsPerInvocation(SERIES)
  public int lookUpByLabels() {
    int sum = 0;
    for (Labels one : labels) {
      sum += byLabels.getOrDefault(one, 0);
    }
    return sum;
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES * 1000)
  public long appendToStreams() {
    FloatStreams streams = append();
    long bytes = streams.bytes();
    streams.release();
    return bytes;
  }

  /** The baseline: one series after the other, nothing found, no blocks. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public byte[] appendToGorilla() {
    return gorilla.encode(times, values);
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES * 1000)
  public int readStreams() {
    int read = 0;
    for (int series = 0; series < 1000; series++) {
      buffer.clear();
      full.read(series, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      read += buffer.size();
    }
    return read;
  }

  @Benchmark
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public RoaringBitmap findByRegularExpression() {
    return registry.find(matchers);
  }

  /** Lists of 50,000, 1,000 and 90,000 series intersected: 1,000 are left. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public RoaringBitmap intersectPostings() {
    return registry.find(equalities);
  }

  /** The baseline: each series asked. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public int askEachSeries() {
    int found = 0;
    for (Labels one : labels) {
      boolean all = true;
      for (Matcher matcher : equalities) {
        all &= matcher.matches(one);
      }
      found += all ? 1 : 0;
    }
    return found;
  }
}

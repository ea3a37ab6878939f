package io.trilith.bench;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.ByteCursor;
import io.trilith.tsdb.chunk.ChunkDecoder;
import io.trilith.tsdb.chunk.ChunkEncoder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding and decoding a chunk of 480 floats with their times, per kind of series, beside Gorilla.
 * Several series take turns, so that no branch is learned by heart. Operations are samples; sizes
 * are printed at the start.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx256m", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FloatCodecBenchmark {
  private static final int SAMPLES = 480;
  private static final int SERIES = 64;

  @Param({"constant", "counter", "decimal", "mantissa"})
  private String kind = "";

  private final SampleBuffer[] series = new SampleBuffer[SERIES];
  private final byte[][] times = new byte[SERIES][];
  private final byte[][] values = new byte[SERIES][];
  private final byte[][] gorilla = new byte[SERIES][];
  private final ChunkEncoder encoder = new ChunkEncoder();
  private final ChunkDecoder decoder = new ChunkDecoder();
  private final Gorilla baseline = new Gorilla(SAMPLES);
  private final ByteWriter out = new ByteWriter(1 << 13);
  private final SampleBuffer buffer = new SampleBuffer();
  private int turn;

  /** Makes series of the kind and tells the encoded sizes. */
  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    long bytes = 0;
    long baselineBytes = 0;
    for (int i = 0; i < SERIES; i++) {
      series[i] = samples(random);
      out.clear();
      encoder.floats(series[i], 0, SAMPLES, out);
      bytes += out.size();
      values[i] = padded();
      out.clear();
      encoder.times(series[i], 0, SAMPLES, out);
      bytes += out.size();
      times[i] = padded();
      gorilla[i] = baseline.encode(series[i].timestamps(), series[i].values()).clone();
      baselineBytes += baseline.size();
    }
    double samples = (double) SERIES * SAMPLES;
    System.out.printf(
        "%s: %.3f B/sample with times of its own, Gorilla %.3f%n",
        kind, bytes / samples, baselineBytes / samples);
  }

  private byte[] padded() {
    return Arrays.copyOf(out.array(), out.size() + ByteCursor.SLACK);
  }

  private SampleBuffer samples(SplittableRandom random) {
    SampleBuffer made = new SampleBuffer();
    double sum = random.nextInt(1_000_000);
    double level = 1 + random.nextInt(1000);
    for (int i = 0; i < SAMPLES; i++) {
      sum += level + Math.rint(Math.sqrt(level) * random.nextGaussian());
      double value =
          switch (kind) {
            case "constant" -> 1;
            case "counter" -> sum;
            case "decimal" -> Math.rint(level * 100 + 30 * random.nextGaussian()) / 100;
            default -> level * (1 + 0.03 * random.nextDouble());
          };
      made.add(1_795_204_800_000L + i * 15_000L + random.nextInt(5), value);
    }
    return made;
  }

  /** Times and values. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public ByteWriter encode() {
    turn = (turn + 1) % SERIES;
    out.clear();
    encoder.times(series[turn], 0, SAMPLES, out);
    encoder.floats(series[turn], 0, SAMPLES, out);
    return out;
  }

  /** Values alone, as they are when times are shared. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public ByteWriter encodeValues() {
    turn = (turn + 1) % SERIES;
    out.clear();
    encoder.floats(series[turn], 0, SAMPLES, out);
    return out;
  }

  /** Times and values. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public SampleBuffer decode() {
    turn = (turn + 1) % SERIES;
    point(times[turn]);
    long[] column = decoder.times(SAMPLES);
    return decodeValues(column);
  }

  /** Values alone, their times copied from a shared column. */
  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public SampleBuffer decodeShared() {
    turn = (turn + 1) % SERIES;
    return decodeValues(series[turn].timestamps());
  }

  private SampleBuffer decodeValues(long[] column) {
    point(values[turn]);
    buffer.clear();
    decoder.floats(column, SAMPLES, false, Long.MIN_VALUE, Long.MAX_VALUE, buffer);
    return buffer;
  }

  private void point(byte[] padded) {
    decoder.cursor().reset(padded, 0, padded.length - ByteCursor.SLACK, "bench", 0);
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public byte[] encodeGorilla() {
    turn = (turn + 1) % SERIES;
    return baseline.encode(series[turn].timestamps(), series[turn].values());
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public Gorilla decodeGorilla() {
    turn = (turn + 1) % SERIES;
    baseline.decode(gorilla[turn]);
    return baseline;
  }
}

package io.trilith.bench;

import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.chunk.FloatCodec;
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

/** Encoding and decoding a chunk of 120 floats, per kind of series. Operations are samples. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx256m", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FloatCodecBenchmark {
  private static final int SAMPLES = 120;

  @Param({"constant", "counter", "decimal", "mantissa"})
  private String kind = "";

  private final long[] times = new long[SAMPLES];
  private final double[] values = new double[SAMPLES];
  private Chunk chunk = new Chunk(0, 0, 0, Chunk.Kind.FLOATS, new byte[0]);
  private final SampleBuffer buffer = new SampleBuffer();

  /** Makes a series of the kind; the encoded size is printed once. */
  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    Arrays.setAll(times, i -> 1_795_204_800_000L + i * 15_000L + random.nextInt(5));
    double[] sum = new double[1];
    Arrays.setAll(
        values,
        i ->
            switch (kind) {
              case "constant" -> 1;
              case "counter" -> sum[0] += random.nextInt(100);
              case "decimal" -> random.nextInt(10_000) / 100.0;
              default -> random.nextDouble();
            });
    chunk = FloatCodec.encode(times, null, values, SAMPLES);
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public Chunk encode() {
    return FloatCodec.encode(times, null, values, SAMPLES);
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public SampleBuffer decode() {
    buffer.clear();
    chunk.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
    return buffer;
  }
}

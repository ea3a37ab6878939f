package io.trilith.bench;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.head.LogHead;
import io.trilith.logstore.page.PageScan;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

/** Splitting a head of 8 MB of logfmt lines, and what reading its pages costs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LogPageBenchmark {
  private final LogHead head = new LogHead();
  private final List<PageRef> pages = new ArrayList<>();
  private int written;

  /** Makes the head and a block of it. */
  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    LogBatch batch = new LogBatch();
    int stream = batch.addStream(Labels.of("app", "writer"));
    for (int i = 0; i < 40_000; i++) {
      byte[] line =
          String.format(
                  Locale.ROOT,
                  "level=info caller=store.go:%d component=writer tenant=t-%04d trace_id=%016x%016x"
                      + " msg=\"offset committed\" topic=orders.created partition=%d offset=%d"
                      + " duration=%d.%03dms",
                  random.nextInt(300),
                  random.nextInt(10_000),
                  random.nextLong(),
                  random.nextLong(),
                  random.nextInt(24),
                  418_000_000 + i,
                  random.nextInt(100),
                  random.nextInt(1000))
              .getBytes(StandardCharsets.UTF_8);
      batch.addEntry(stream, i * 1_000_000L, line, 0, line.length, Labels.EMPTY);
    }
    head.add(batch);
    ObjectStore objects = new MemoryObjectStore();
    write(objects);
    LogBlock.open(objects, "block")
        .select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE, (labels, found) -> pages.addAll(found));
  }

  private void write(ObjectStore objects) {
    try (ObjectOutput out = objects.create("block")) {
      written += (int) LogBlockWriter.write(out, List.of(head.sealAll()), Long.MIN_VALUE).entries();
      out.commit();
    }
  }

  /** Split, filter, write: 8 MB of lines. */
  @Benchmark
  public int split() {
    write(new MemoryObjectStore());
    return written;
  }

  private long scan(String needle) {
    Scan.Term term = new Scan.Term.LineHas(needle.getBytes(StandardCharsets.UTF_8));
    Scan scan = new Scan(List.of(new Scan.AnyOf(List.of(term))), new ScanCounts());
    return lines(new PageScan(scan));
  }

  private long lines(PageScan scan) {
    EntryCursor cursor =
        new MergeCursor(List.of(pages), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD, scan);
    long bytes = 0;
    while (cursor.next()) {
      bytes += cursor.lineEnd() - cursor.lineStart();
    }
    return bytes;
  }

  /** An id that is nowhere: the filters of all pages. */
  @Benchmark
  public long filterProbe() {
    return scan("373a5f1f4c2f4985d9ae75a615362d3d");
  }

  /** A word of the literals of all pages: every line is built. */
  @Benchmark
  public long commonWord() {
    return scan("duration=");
  }

  /** A number, which the filter does not know: columns are searched. */
  @Benchmark
  public long number() {
    return scan("=418000777 ");
  }

  /** Every line. */
  @Benchmark
  public long everything() {
    return lines(PageScan.EVERYTHING);
  }
}

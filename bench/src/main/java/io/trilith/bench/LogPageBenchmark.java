package io.trilith.bench;

import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.Needed;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.block.LogBlockWriter;
import io.trilith.logstore.chunk.MergeCursor;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.logstore.head.FreshBlock;
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
  private List<StreamPages> fresh = List.of();
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
    fresh = writeFresh(objects).allStreams();
    writeSplit(objects);
    LogBlock.open(objects, "split")
        .select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE, (labels, found) -> pages.addAll(found));
  }

  private LogBlock writeFresh(ObjectStore objects) {
    try (ObjectOutput out = objects.create("fresh")) {
      written += (int) FreshBlock.write(out, head).entries();
      out.commit();
    }
    return LogBlock.open(objects, "fresh");
  }

  private void writeSplit(ObjectStore objects) {
    try (ObjectOutput out = objects.create("split")) {
      List<List<StreamPages>> sources = List.of(fresh);
      written += (int) LogBlockWriter.write(out, sources, Long.MIN_VALUE).entries();
      out.commit();
    }
  }

  /** Plain pages and their filters, as a flush writes them: 8 MB of lines. */
  @Benchmark
  public LogBlock flush() {
    return writeFresh(new MemoryObjectStore());
  }

  /** Split, filter, write, as a merge does: 8 MB of lines. */
  @Benchmark
  public int split() {
    writeSplit(new MemoryObjectStore());
    return written;
  }

  /** A text in either case that is nowhere: templates, dictionaries and texts of all pages. */
  @Benchmark
  public long anyCase() {
    byte[] text = "outofmemory".getBytes(StandardCharsets.UTF_8);
    Scan.Term term = new Scan.Term.LineHasAnyCase(text);
    return lines(new PageScan(new Scan(List.of(new Scan.AnyOf(List.of(term))), new ScanCounts())));
  }

  /** An expression without a literal over every line. */
  @Benchmark
  public long automaton() {
    return matching("{app=\"writer\"} |~ \"[0-9]{3}\\\\.[0-9]{3}\\\\.[0-9]{3}\"");
  }

  /** One label of every line. */
  @Benchmark
  public long logfmt() {
    return matching("{app=\"writer\"} | logfmt | partition=\"7\"");
  }

  /** Every line fails at its first byte. */
  @Benchmark
  public long jsonOfOtherLines() {
    return matching("{app=\"writer\"} | json | __error__=\"\"");
  }

  private long matching(String query) {
    List<Stage> stages = ((Expr.Logs) new QueryParser(100).parse(query)).stages();
    Pipeline pipeline = Pipeline.compile(stages, Needed.NONE);
    EntryCursor cursor =
        new MergeCursor(
            List.of(pages), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD, PageScan.EVERYTHING);
    Entry entry = new Entry();
    Labels stream = Labels.of("app", "writer");
    long matching = 0;
    while (cursor.next()) {
      entry.reset(stream, cursor);
      matching += pipeline.process(entry) ? 1 : 0;
    }
    return matching;
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

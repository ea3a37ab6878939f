package io.trilith.traceql.eval;

import io.trilith.engine.QueryContext;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.chunk.TraceList;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.TraceHead;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Filters over the columns of a block and of a head beside looking at every span, and structural
 * operators over whole traces. Nanoseconds per span; in this package because pipelines are run
 * here.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx1g", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class TraceQueryBenchmark {
  private static final int TRACES = 5000;
  private static final int SPANS_PER_TRACE = 20;
  private static final int SPANS = TRACES * SPANS_PER_TRACE;

  private final TraceHead head = new TraceHead();
  private final List<Span> spans = new ArrayList<>();
  private final List<TraceView> views = new ArrayList<>();
  private final TraceBlock block = block();
  private final SpanFilter text =
      filter("{ resource.service.name = \"service-3\" && status = error }");
  private final SpanFilter number = filter("{ span.http.response.status_code >= 500 }");
  private final SpanFilter regex = filter("{ span.url.full =~ \".*/api/77.*\" }");
  private final Pipeline descendants = pipeline("{ status = error } >> { kind = client }");
  private final Pipeline siblings = pipeline("{ status = error } ~ { kind = client }");
  private final Pipeline grouped = pipeline("{ } | by(resource.service.name) | count() > 3");

  private static SpanFilter filter(String query) {
    Needs.Of needs = Needs.of(pipeline(query));
    return needs.filters().getFirst();
  }

  private static Pipeline pipeline(String query) {
    return ((TraceQuery.Search) TraceQueries.parse(query)).pipeline();
  }

  private TraceBlock block() {
    SplittableRandom random = new SplittableRandom(1);
    for (int trace = 0; trace < TRACES; trace++) {
      List<Span> of = new ArrayList<>();
      for (int i = 0; i < SPANS_PER_TRACE; i++) {
        of.add(span(random, trace, i));
      }
      SpanBatch batch = new SpanBatch();
      of.forEach(batch::add);
      long _ = head.add(batch);
      spans.addAll(of);
      views.add(new TraceView(Trace.of(of.getFirst().traceId(), of)));
    }
    MemoryObjectStore objects = new MemoryObjectStore();
    try (ObjectOutput out = objects.create("block")) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    return TraceBlock.open(objects, "block");
  }

  private static Span span(SplittableRandom random, int trace, int number) {
    long start = 1_700_000_000_000_000_000L + trace * 1_000_000L + number;
    Attributes attributes =
        Attributes.of(
            new String[] {"http.response.status_code", "url.full"},
            new AttributeValue[] {
              new AttributeValue.Int(200 + random.nextInt(4) * 100),
              new AttributeValue.Text("https://shop.example/api/" + random.nextInt(10_000))
            });
    Attributes resource =
        Attributes.of(
            new String[] {"service.name"},
            new AttributeValue[] {new AttributeValue.Text("service-" + random.nextInt(12))});
    return new Span(
        new TraceId(trace + 1, trace),
        number + 1,
        number == 0 ? 0 : 1 + random.nextInt(number),
        "",
        0,
        "operation " + random.nextInt(30),
        1 + random.nextInt(5),
        start,
        start + random.nextInt(50_000_000),
        new Span.Status(random.nextInt(20) == 0 ? 2 : 0, ""),
        attributes,
        List.of(),
        List.of(),
        Span.Dropped.NOTHING,
        new Span.Resource(resource, 0, ""),
        Span.Scope.NONE);
  }

  private long spanBySpan(SpanFilter filter) {
    long found = 0;
    for (Span span : spans) {
      found += filter.matches(span) ? 1 : 0;
    }
    return found;
  }

  private long run(Pipeline pipeline) {
    long found = 0;
    for (TraceView view : views) {
      found += PipelineRun.run(pipeline, view, QueryContext.unlimited()).size();
    }
    return found;
  }

  /** Service and status over the columns of a block. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public TraceList blockText() {
    return block.list(List.of(text), ReadCost.NONE);
  }

  /** The same over the columns of a head. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public TraceList headText() {
    return head.list(List.of(text), ReadCost.NONE);
  }

  /** The same on one span after the other. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long spansText() {
    return spanBySpan(text);
  }

  /** An integer over the columns of a block. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public TraceList blockNumber() {
    return block.list(List.of(number), ReadCost.NONE);
  }

  /** The same over the columns of a head. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public TraceList headNumber() {
    return head.list(List.of(number), ReadCost.NONE);
  }

  /** The same on one span after the other. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long spansNumber() {
    return spanBySpan(number);
  }

  /** A regular expression over 10,000 texts in a block. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public TraceList blockRegex() {
    return block.list(List.of(regex), ReadCost.NONE);
  }

  /** The same on one span after the other. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long spansRegex() {
    return spanBySpan(regex);
  }

  /** Below an error, at any depth. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long descendants() {
    return run(descendants);
  }

  /** Beside an error. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long siblings() {
    return run(siblings);
  }

  /** Grouped and counted. */
  @Benchmark
  @OperationsPerInvocation(SPANS)
  public long grouped() {
    return run(grouped);
  }
}

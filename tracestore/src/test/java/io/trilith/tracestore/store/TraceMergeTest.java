package io.trilith.tracestore.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.ValueTest;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.TraceHead;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TraceMergeTest {
  private final MemoryObjectStore objects = new MemoryObjectStore();
  private int written;

  private static String write(ObjectStore into, String name, List<Span> spans) {
    TraceHead head = new TraceHead();
    for (int from = 0; from < spans.size(); from += 5_000) {
      SpanBatch batch = new SpanBatch();
      spans.subList(from, Math.min(spans.size(), from + 5_000)).forEach(batch::add);
      long _ = head.add(batch);
    }
    try (ObjectOutput out = into.create(name)) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    return name;
  }

  private String write(List<Span> spans) {
    return write(objects, "b" + written++, spans);
  }

  /** The bytes of a block of that name, which stands in it. */
  private static ByteBuffer bytesOf(String name, List<Span> spans) {
    MemoryObjectStore others = new MemoryObjectStore();
    return others.read(write(others, name, spans));
  }

  private String merge(List<TraceBlockWriter.Input> inputs, long oldestNanos) {
    String name = "b" + written++;
    try (ObjectOutput out = objects.create(name)) {
      TraceBlockWriter.Written _ = TraceBlockWriter.merge(out, inputs, oldestNanos);
      out.commit();
    }
    return name;
  }

  /** The same out of spans: all of a trace at once, the last one of equal ids and kinds. */
  private List<Span> merged(List<TraceBlockWriter.Input> inputs, long oldestNanos) {
    TreeMap<TraceId, List<Span>> traces = new TreeMap<>();
    for (TraceBlockWriter.Input input : inputs) {
      PartSource.Cursor parts = input.block().parts();
      while (parts.next()) {
        List<Span> spans = new ArrayList<>();
        parts.addSpans(spans, Integer.MAX_VALUE);
        spans.removeIf(span -> input.rules().stream().anyMatch(rule -> rule.hides(span)));
        traces.computeIfAbsent(parts.traceId(), _ -> new ArrayList<>()).addAll(spans);
      }
    }
    List<Span> all = new ArrayList<>();
    traces.forEach(
        (id, spans) -> {
          if (!spans.isEmpty()) {
            all.addAll(Trace.of(id, spans).spans());
          }
        });
    all.removeIf(span -> span.startNanos() < oldestNanos);
    return all;
  }

  private TraceBlockWriter.Input input(List<Span> spans, List<SpanRule> rules) {
    return new TraceBlockWriter.Input(TraceBlock.open(objects, write(spans)), rules);
  }

  private static List<Span> random(SplittableRandom random, int count, int traces, int ids) {
    RandomSpans spans = new RandomSpans(random);
    List<Span> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TraceId id = new TraceId(random.nextInt(2) == 0 ? -1 : 0, random.nextInt(1, traces));
      int spanId = random.nextInt(1, ids);
      made.add(spans.spanOfAnyTimes(id, spanId, random.nextInt(ids), random.nextLong(1_000)));
    }
    return made;
  }

  private record TextIs(String wanted) implements ValueTest {
    @Override
    public boolean text(String value) {
      return value.equals(wanted);
    }

    @Override
    public boolean other(AttributeValue value) {
      return false;
    }
  }

  private static List<SpanRule> rules(SplittableRandom random) {
    List<SpanRule> rules = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      rules.add(new SpanRule("a", Set.of(new TraceId(0, 3)), null, List.of(), 0, 0));
    }
    if (random.nextInt(3) == 0) {
      SpanFilter meant =
          new SpanFilter.Test(
              new SpanField(SpanField.Kind.SPAN_ATTRIBUTE, "key1"), new TextIs("GET /"));
      SpanFilter except =
          new SpanFilter.Test(SpanField.of(SpanField.Kind.NAME), new TextIs("a\0b"));
      rules.add(new SpanRule("b", Set.of(), meant, List.of(except), 100, 800));
    }
    if (random.nextInt(3) == 0) {
      rules.add(new SpanRule("c", Set.of(), SpanFilter.Any.INSTANCE, List.of(), 0, 200));
    }
    return rules;
  }

  @Test
  void aMergeIsByteForByteTheBlockOfAllSpansAtOnce() {
    SplittableRandom random = Seeds.random("aMergeIsByteForByteTheBlockOfAllSpansAtOnce");
    for (int i = 0; i < 200; i++) {
      List<TraceBlockWriter.Input> inputs = new ArrayList<>();
      for (int left = random.nextInt(1, 6); left > 0; left--) {
        int ids = random.nextBoolean() ? 10 : 1_000;
        inputs.add(input(random(random, random.nextInt(400), 30, ids), rules(random)));
      }
      long oldest = random.nextBoolean() ? Long.MIN_VALUE : random.nextLong(500);
      String name = merge(inputs, oldest);
      assertThat(objects.read(name)).isEqualTo(bytesOf(name, merged(inputs, oldest)));
    }
  }

  @Test
  void aBlockOfAnEarlierReleaseMergesWithOneOfEarlyEnds() {
    byte[] earlier = Golden.bytes("tracestore", "trace-block.bin", new byte[0]);
    objects.createIfAbsent("golden", ByteBuffer.wrap(earlier));
    RandomSpans random = new RandomSpans(new SplittableRandom(44));
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 30; i++) {
      // Some of the traces of the other block, and some of its spans.
      spans.add(random.spanOfAnyTimes(new TraceId(0, 1 + i % 9), i, 0, 1_000L * i));
    }
    List<TraceBlockWriter.Input> inputs =
        List.of(
            new TraceBlockWriter.Input(TraceBlock.open(objects, "golden"), List.of()),
            input(spans, List.of()));
    List<Span> expected = merged(inputs, Long.MIN_VALUE);
    assertThat(expected).anyMatch(span -> span.endNanos() < span.startNanos());
    String name = merge(inputs, Long.MIN_VALUE);
    assertThat(objects.read(name)).isEqualTo(bytesOf(name, expected));
    TraceBlock block = TraceBlock.open(objects, name);
    for (Span span : spans) {
      assertThat(block.find(span.traceId())).contains(span);
    }
  }

  @Test
  void tracesThatReachOverRowGroupsMergeToTheSameBytes() {
    SplittableRandom random = Seeds.random("tracesThatReachOverRowGroupsMergeToTheSameBytes");
    List<TraceBlockWriter.Input> inputs = new ArrayList<>();
    for (int count : new int[] {40_000, 100, 35_000}) {
      inputs.add(input(random(random, count, 3, 1 << 20), rules(random)));
    }
    assertThat(inputs.getFirst().block().groupCount()).isGreaterThan(2);
    List<Span> expected = merged(inputs, 10);
    String name = merge(inputs, 10);
    assertThat(objects.read(name)).isEqualTo(bytesOf(name, expected));
  }

  @Test
  void aRowGroupEndsWhenItsTextsTakeMuch() {
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      AttributeValue text = new AttributeValue.Text("%04d".formatted(i).repeat(1 << 18));
      RandomSpans random = new RandomSpans(new SplittableRandom(i));
      Span span = random.span(new TraceId(0, i < 30 ? 1 : 2), i, i - 1, i);
      spans.add(withAttribute(span, text));
    }
    List<TraceBlockWriter.Input> inputs =
        List.of(input(spans.subList(0, 25), List.of()), input(spans.subList(15, 40), List.of()));
    TraceBlock merged = TraceBlock.open(objects, merge(inputs, Long.MIN_VALUE));
    assertThat(merged.groupCount()).isBetween(2, 5);
    assertThat(merged.find(new TraceId(0, 1))).isEqualTo(spans.subList(0, 29));
    assertThat(merged.find(new TraceId(0, 2))).isEqualTo(spans.subList(29, 40));
  }

  private static Span withAttribute(Span span, AttributeValue value) {
    return new Span(
        span.traceId(),
        span.spanId(),
        span.parentId(),
        span.traceState(),
        span.flags(),
        span.name(),
        span.kind(),
        span.startNanos(),
        span.endNanos(),
        span.status(),
        Attributes.of(new String[] {"long"}, new AttributeValue[] {value}),
        span.events(),
        span.links(),
        span.dropped(),
        span.resource(),
        span.scope());
  }
}

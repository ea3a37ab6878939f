package io.trilith.tracestore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.columns.ColumnCodec;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.head.BatchCodec;
import io.trilith.tracestore.head.TraceHead;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TraceColumnsTest {
  private static List<Span> random(SplittableRandom random, int count) {
    RandomSpans spans = new RandomSpans(random);
    List<Span> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TraceId id = new TraceId(random.nextInt(2) == 0 ? -1 : 0, random.nextInt(1, 40));
      made.add(
          spans.spanOfAnyTimes(
              id, random.nextInt(1, 40), random.nextInt(40), random.nextLong(1_000_000)));
    }
    return made;
  }

  private static SpanBatch batch(List<Span> spans) {
    SpanBatch batch = new SpanBatch();
    spans.forEach(batch::add);
    return batch;
  }

  @Test
  void aBatchGivesBackWhatWasAddedAndSoDoesItsRecord() {
    SplittableRandom random = Seeds.random("aBatchGivesBackWhatWasAddedAndSoDoesItsRecord");
    for (int i = 0; i < 20; i++) {
      List<Span> spans = random(random, random.nextInt(200));
      SpanBatch batch = batch(spans);
      assertThat(batch.spans()).isEqualTo(spans);
      ByteReader record =
          new ByteReader(BatchCodec.encode(batch).order(ByteOrder.LITTLE_ENDIAN), "record", 0);
      assertThat(BatchCodec.decode(record, "record").spans()).isEqualTo(spans);
      assertThat(batch.between(100, 500_000).spans())
          .isEqualTo(
              spans.stream()
                  .filter(span -> span.startNanos() >= 100 && span.startNanos() <= 500_000)
                  .toList());
    }
  }

  private static ByteReader golden(String file, byte[] current) {
    byte[] bytes = Golden.bytes("tracestore", file, current);
    return new ByteReader(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), "record", 0);
  }

  /**
   * The first was written by a release that knew no columns, the second by one of no early ends.
   */
  @Test
  void recordsOfEarlierVersionsAreRead() {
    RandomSpans random = new RandomSpans(new SplittableRandom(7));
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      spans.add(random.span(new TraceId(0, 1 + i % 5), i + 1, i, 1000L * i));
    }
    for (String file : List.of("log-record-1.bin", "log-record-2.bin")) {
      ByteReader record = golden(file, new byte[0]);
      assertThat(BatchCodec.decode(record, "record").spans()).isEqualTo(spans);
    }
  }

  @Test
  void aRecordOfThisVersionIsReadForEver() {
    RandomSpans random = new RandomSpans(new SplittableRandom(8));
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      spans.add(random.spanOfAnyTimes(new TraceId(0, 1 + i % 5), i + 1, i, 1000L * i));
    }
    assertThat(spans).anyMatch(span -> span.endNanos() < span.startNanos());
    byte[] current = new byte[BatchCodec.encode(batch(spans)).remaining()];
    BatchCodec.encode(batch(spans)).get(current);
    ByteReader record = golden("log-record-3.bin", current);
    assertThat(BatchCodec.decode(record, "record").spans()).isEqualTo(spans);
  }

  @Test
  void aSpanThatEndsBeforeItStartsKeepsBothTimesAndCountsAsTakingNoTime() {
    RandomSpans random = new RandomSpans(new SplittableRandom(9));
    Span sent = random.span(new TraceId(0, 1), 1, 0, 1_000_000_000L);
    for (long end : new long[] {0, 1, 999_999_999L}) {
      Span span = RandomSpans.withEnd(sent, end);
      assertThat(span.durationNanos()).isZero();
      assertThat(span.lastNanos()).isEqualTo(1_000_000_000L);
      SpanView view = batch(List.of(span)).columns().view();
      assertThat(view.span(0)).isEqualTo(span);
      assertThat(view.end(0)).isEqualTo(end);
      assertThat(view.duration(0)).isZero();
      assertThat(view.early(0)).isEqualTo(1_000_000_000L - end);
      assertThat(Trace.of(span.traceId(), List.of(span)).endNanos()).isEqualTo(1_000_000_000L);
    }
  }

  /** A record of columns, its content as it is. */
  private static SpanBatch decode(ByteWriter content) {
    ByteWriter record = new ByteWriter();
    record.putByte(3);
    Packed.packFast(content, record);
    return BatchCodec.decode(
        new ByteReader(record.view().order(ByteOrder.LITTLE_ENDIAN), "record", 0), "record");
  }

  @Test
  void earlyEndsThatNoSpanCanHaveAreRefused() {
    RandomSpans random = new RandomSpans(new SplittableRandom(10));
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Span span = random.span(new TraceId(0, 1), i + 1, 0, 1_000);
      spans.add(RandomSpans.withEnd(span, i == 0 ? 1_001 : 1_000));
    }
    ByteWriter columns = new ByteWriter();
    ColumnCodec.put(batch(spans).columns(), columns);
    byte[] without = Arrays.copyOf(columns.array(), columns.size() - 1);
    // Of the first, which lasts; by nothing; by less than nothing; of a span that is not there.
    long[][] wrong = {{0, 1}, {1, 0}, {1, -1}, {1, Long.MIN_VALUE}, {3, 1}, {1, 5, 1, 5}};
    for (long[] list : wrong) {
      ByteWriter content = new ByteWriter();
      content.putBytes(without, 0, without.length);
      content.putVarint(list.length / 2);
      for (long number : list) {
        content.putVarint(number);
      }
      assertThatThrownBy(() -> decode(content)).isInstanceOf(StorageException.Corrupt.class);
    }
    ByteWriter right = new ByteWriter();
    right.putBytes(without, 0, without.length);
    for (long number : new long[] {2, 1, 5, 0, 7}) {
      right.putVarint(number);
    }
    assertThat(decode(right).spans())
        .containsExactly(
            spans.getFirst(),
            RandomSpans.withEnd(spans.get(1), 995),
            RandomSpans.withEnd(spans.get(2), 993));
  }

  @Test
  void aLookupOverManyBlocksReadsTheIdsOfThoseThatHaveIt() {
    SplittableRandom random = Seeds.random("aLookupOverManyBlocksReadsTheIdsOfThoseThatHaveIt");
    RandomSpans spans = new RandomSpans(random);
    MemoryObjectStore objects = new MemoryObjectStore();
    AtomicInteger reads = new AtomicInteger();
    ObjectStore counting =
        (ObjectStore)
            Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (_, method, arguments) -> {
                  reads.addAndGet(method.getName().startsWith("read") ? 1 : 0);
                  return method.invoke(objects, arguments);
                });
    List<TraceBlock> blocks = new ArrayList<>();
    List<Span> wanted = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      TraceHead head = new TraceHead();
      List<Span> made = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        TraceId id = new TraceId(random.nextLong(), random.nextLong());
        made.add(spans.span(id, 1, 0, k));
      }
      wanted.add(made.getFirst());
      long _ = head.add(batch(made));
      try (ObjectOutput out = objects.create("b" + i)) {
        TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
        out.commit();
      }
      blocks.add(TraceBlock.open(counting, "b" + i));
      assertThat(blocks.getLast().find(new TraceId(0, 0))).isEmpty();
    }
    reads.set(0);
    int lookups = 0;
    for (Span span : wanted) {
      List<Span> found = new ArrayList<>();
      blocks.forEach(block -> found.addAll(block.find(span.traceId())));
      assertThat(found).containsExactly(span);
      lookups++;
    }
    // Some 30 columns of the block that has it; of 199 others about one in 250 reads its ids.
    assertThat(reads.get()).isLessThan(lookups * 40);
  }

  /** A million with {@code -Dtests.iters=1000000}. */
  @Test
  void aTraceOfManySpansIsWrittenMergedAndCut() {
    SplittableRandom random = Seeds.random("aTraceOfManySpansIsWrittenMergedAndCut");
    RandomSpans spans = new RandomSpans(random);
    int count = Seeds.iterations(50_000);
    TraceId id = new TraceId(1, 2);
    MemoryObjectStore objects = new MemoryObjectStore();
    List<TraceBlockWriter.Input> blocks = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      TraceHead head = new TraceHead();
      SpanBatch batch = new SpanBatch();
      for (int i = 0; i < count; i++) {
        // Half of the second part's spans are there already.
        batch.add(spans.span(id, i + 1 + part * count / 2, i, i));
        if (batch.size() == 10_000) {
          long _ = head.add(batch);
          batch = new SpanBatch();
        }
      }
      long _ = head.add(batch);
      assertThat(head.traceCount()).isEqualTo(1);
      assertThat(head.find(id, 100, ReadCost.NONE)).hasSize(100);
      try (ObjectOutput out = objects.create("part" + part)) {
        TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
        out.commit();
      }
      blocks.add(new TraceBlockWriter.Input(TraceBlock.open(objects, "part" + part), List.of()));
    }
    try (ObjectOutput out = objects.create("merged")) {
      TraceBlockWriter.Written written = TraceBlockWriter.merge(out, blocks, Long.MIN_VALUE);
      out.commit();
      assertThat(written.spans()).isBetween((long) count + count / 2, 2L * count);
    }
    TraceBlock merged = TraceBlock.open(objects, "merged");
    assertThat(merged.find(id, 1000, ReadCost.NONE)).hasSize(1000);
  }
}

package io.trilith.tracestore;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.head.BatchCodec;
import io.trilith.tracestore.head.TraceHead;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TraceColumnsTest {
  private static List<Span> random(SplittableRandom random, int count) {
    RandomSpans spans = new RandomSpans(random);
    List<Span> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TraceId id = new TraceId(random.nextInt(2) == 0 ? -1 : 0, random.nextInt(1, 40));
      made.add(
          spans.span(id, random.nextInt(1, 40), random.nextInt(40), random.nextLong(1_000_000)));
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

  /** What is written out of columns is, byte for byte, what is written out of spans. */
  @Test
  void columnsAndSpansMakeTheSameBlock() {
    SplittableRandom random = Seeds.random("columnsAndSpansMakeTheSameBlock");
    TraceHead head = new TraceHead();
    for (int i = 0; i < 30; i++) {
      long _ = head.add(batch(random(random, random.nextInt(1500))));
    }
    MemoryObjectStore objects = new MemoryObjectStore();
    try (ObjectOutput out = objects.create("columns")) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    try (ObjectOutput out = objects.create("spans")) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, (PartSource) head);
      out.commit();
    }
    assertThat(objects.read("columns")).isEqualTo(objects.read("spans"));
  }
}

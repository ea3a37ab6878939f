package io.trilith.tracestore.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.TraceHead;
import io.trilith.tracestore.store.RandomSpans;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpanDuplicatesTest {
  private final MemoryObjectStore objects = new MemoryObjectStore();

  private TraceBlock block(String name, SplittableRandom random, int count) {
    RandomSpans spans = new RandomSpans(random);
    SpanBatch batch = new SpanBatch();
    for (int i = 0; i < count; i++) {
      batch.add(spans.span(new TraceId(1, 2), random.nextInt(1, 3 * count), 0, i));
    }
    TraceHead head = new TraceHead();
    long _ = head.add(batch);
    try (ObjectOutput out = objects.create(name)) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    return TraceBlock.open(objects, name);
  }

  @Test
  void severalPassesFindWhatOneFinds() {
    SplittableRandom random = Seeds.random("severalPassesFindWhatOneFinds");
    List<MergeSource> sources = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      TraceBlock block = block("b" + i, random, i == 1 ? 20_000 : 3_000);
      MergeSource source = new MergeSource(block, List.of(), Long.MIN_VALUE);
      assertThat(source.nextPart()).isTrue();
      sources.add(source);
    }
    List<@Nullable BitSet> once = new SpanDuplicates().of(sources);
    assertThat(once.getFirst()).isNotNull();
    assertThat(once.get(1)).isNotNull();
    assertThat(once.getLast()).isNull();
    assertThat(new SpanDuplicates(1_000).of(sources)).isEqualTo(once);
    assertThat(new SpanDuplicates(7_001).of(sources)).isEqualTo(once);
  }
}

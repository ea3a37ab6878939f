package io.trilith.tracestore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.flush.Generations;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.removal.HiddenRows;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.TraceHead;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReadCostTest {
  /** Counts and refuses beyond a maximum. */
  private static final class Counting implements ReadCost {
    private final long max;
    private long taken;
    private long most;
    private int checks;

    Counting(long max) {
      this.max = max;
    }

    @Override
    public void check() {
      checks++;
    }

    @Override
    public void take(long bytes) {
      if (taken + bytes > max) {
        throw LimitExceededException.fixed("too much");
      }
      taken += bytes;
      most = Math.max(most, taken);
    }

    @Override
    public void giveBack(long bytes) {
      taken -= bytes;
    }
  }

  /** Ten traces of 2,000 spans, which are more than a row group, in a block and in a head. */
  private static TenantReader reader() {
    SplittableRandom random = new SplittableRandom(1);
    RandomSpans spans = new RandomSpans(random);
    TraceHead head = new TraceHead();
    SpanBatch batch = new SpanBatch();
    for (int i = 0; i < 20_000; i++) {
      batch.add(spans.span(new TraceId(0, i % 10 + 1), i + 1, 0, 1_000L * i));
    }
    long _ = head.add(batch);
    ObjectStore objects = new MemoryObjectStore();
    try (ObjectOutput out = objects.create("b")) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    BlockId id = BlockId.create(InstantSource.fixed(Instant.EPOCH), random);
    BlockEntry entry =
        new BlockEntry(id, Signal.TRACES, new TenantId("t"), 0, Long.MAX_VALUE, 20_000, 1, 0, 1);
    return new TenantReader(
        QuarantinedBlocks.whole(new Generations.View<>(List.of(entry), List.of(head))),
        _ -> TraceBlock.open(objects, "b"),
        Long.MIN_VALUE,
        HiddenRows.none(),
        () -> {});
  }

  @Test
  void aScanGivesBackWhatItTook() {
    Counting cost = new Counting(Long.MAX_VALUE);
    reader()
        .scan(
            0,
            Long.MAX_VALUE,
            Integer.MAX_VALUE,
            cost,
            trace -> {
              assertThat(cost.taken).isGreaterThan(200L * trace.spans().size());
              return true;
            });
    assertThat(cost.taken).isZero();
    assertThat(cost.checks).isGreaterThanOrEqualTo(10);
    assertThat(cost.most).isLessThan(50_000_000);
  }

  @Test
  void aScanEndsBeforeItTakesTooMuch() {
    Counting cost = new Counting(100_000);
    assertThatThrownBy(() -> reader().scan(0, Long.MAX_VALUE, Integer.MAX_VALUE, cost, _ -> true))
        .isInstanceOf(LimitExceededException.class);
  }

  @Test
  void aTraceStaysTaken() {
    Counting cost = new Counting(Long.MAX_VALUE);
    Trace trace = reader().trace(new TraceId(0, 3), 500, cost);
    assertThat(trace).isNotNull();
    assertThat(cost.taken).isBetween(500 * 200L, cost.most - 1);
  }
}

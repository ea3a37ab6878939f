package io.trilith.storage.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuarantinedBlocksTest {
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");
  private final QuarantinedBlocks aside = new QuarantinedBlocks(() -> now);
  private final SplittableRandom random = new SplittableRandom(1);

  private BlockEntry block(Signal signal, long min, long max, long items) {
    BlockId id = BlockId.create(() -> now, random);
    return new BlockEntry(id, signal, new TenantId("a"), min, max, items, 100, 0, 1);
  }

  private final BlockEntry bad =
      block(
          Signal.METRICS,
          Instant.parse("2026-11-21T10:00:00Z").toEpochMilli(),
          Instant.parse("2026-11-21T11:00:00Z").toEpochMilli(),
          1_234_567);
  private final BlockEntry good = block(Signal.METRICS, 0, Long.MAX_VALUE, 1);
  private final Generations.View<String> view =
      new Generations.View<>(List.of(bad, good), List.of("head"));

  @Test
  void aViewLacksWhatIsSetAsideUntilTheTimeIsOver() {
    assertThat(aside.split(view).view()).isSameAs(view);
    assertThat(aside.add(bad, QuarantinedBlocks.Fault.DAMAGED, "why")).isTrue();
    assertThat(aside.add(bad, QuarantinedBlocks.Fault.LOST, "why")).isFalse();
    assertThat(aside.split(view).view().blocks()).containsExactly(good);
    assertThat(aside.split(view).view().heads()).containsExactly("head");
    now = now.plus(QuarantinedBlocks.FOR).minus(Duration.ofMillis(1));
    assertThat(aside.size()).isEqualTo(1);
    now = now.plus(Duration.ofMillis(1));
    assertThat(aside.split(view).view()).isSameAs(view);
    assertThat(aside.size()).isZero();
    assertThat(aside.add(bad, QuarantinedBlocks.Fault.LOST, "why")).isTrue();
  }

  @Test
  void aBlockThatIsNotLiveAnyMoreIsForgotten() {
    aside.add(bad, QuarantinedBlocks.Fault.LOST, "why");
    aside.forget(List.of(good));
    assertThat(aside.size()).isEqualTo(1);
    aside.forget(List.of(bad));
    assertThat(aside.size()).isZero();
  }

  @Test
  void aWarningIsGivenOnceTheBlocksTimeIsRead() {
    aside.add(bad, QuarantinedBlocks.Fault.DAMAGED, "why");
    LeftOut out = aside.split(view).leftOut();
    assertThat(out.warnings()).isEmpty();
    out.read(0, bad.minTime() - 1);
    out.read(bad.maxTime() + 1, Long.MAX_VALUE);
    assertThat(out.warnings()).isEmpty();
    out.read(bad.maxTime(), bad.maxTime());
    out.read(bad.minTime(), bad.minTime());
    assertThat(out.warnings())
        .containsExactly(
            "block "
                + bad.id()
                + " (2026-11-21T10:00:00Z to 2026-11-21T11:00:00Z, 1.2 M samples) is damaged and"
                + " left out; trilith blocks verify "
                + bad.id()
                + " says more");
  }

  @Test
  void timesOutsideOfAllCalendarsAreNamedToo() {
    for (long time : new long[] {Long.MIN_VALUE, Long.MAX_VALUE}) {
      for (Signal signal : Signal.values()) {
        BlockEntry block = block(signal, time, time, 20_000);
        aside.add(block, QuarantinedBlocks.Fault.LOST, "why");
        LeftOut out = aside.split(new Generations.View<>(List.of(block), List.of())).leftOut();
        out.read(Long.MIN_VALUE, Long.MAX_VALUE);
        assertThat(out.warnings()).singleElement().asString().contains("20.0 k");
      }
    }
  }

  @Test
  void theBlockOfAnObjectIsKnownByItsName() {
    assertThat(BlockEntry.blockOf(bad.objectName())).contains(bad.id());
    assertThat(BlockEntry.blockOf(bad.objectName() + " series")).contains(bad.id());
    assertThat(BlockEntry.blockOf("catalog/1")).isEmpty();
    assertThat(BlockEntry.blockOf("blocks/metrics/a/short.block")).isEmpty();
  }
}

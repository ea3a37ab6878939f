package io.trilith.compactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergePolicyTest {
  private static final long DAY = 24 * 3_600_000L;
  private static final long HOUR = 3_600_000;
  private static final long LARGE = 50 << 20;
  private final List<BlockEntry> blocks = new ArrayList<>();

  private void add(int level, long fromHour, long toHour, long bytes) {
    int number = blocks.size();
    blocks.add(
        new BlockEntry(
            new BlockId("0000000000000000000000%04d".formatted(number)),
            Signal.METRICS,
            new TenantId("t"),
            fromHour * HOUR,
            toHour * HOUR,
            1,
            bytes,
            level,
            number));
  }

  private List<Long> chosen() {
    return chosen(false);
  }

  private List<Long> chosen(boolean settled) {
    return new MergePolicy(blocks, id -> false, DAY, settled, MergePolicy.Memory.UNLIMITED)
        .choose(0).stream().map(BlockEntry::sequence).toList();
  }

  @Test
  void threeOfALevelStayAsTheyAre() {
    for (int i = 0; i < 3; i++) {
      add(0, i, i + 1, LARGE);
    }
    assertThat(chosen()).isEmpty();
  }

  @Test
  void whatIsSettledBecomesOneThoughItIsFew() {
    add(1, 0, 4, 4 * LARGE);
    add(1, 4, 8, 4 * LARGE);
    add(0, 8, 9, LARGE);
    assertThat(chosen(false)).isEmpty();
    assertThat(chosen(true)).containsExactly(0L, 1L, 2L);
  }

  @Test
  void aLargeBlockIsNotWrittenAnewForASmallOne() {
    add(1, 0, 4, 4 * LARGE);
    add(0, 8, 9, LARGE);
    assertThat(chosen(true)).isEmpty();
    add(0, 9, 10, LARGE);
    assertThat(chosen(true)).containsExactly(0L, 1L, 2L);
  }

  @Test
  void fourNeighboursOfALevelBecomeOne() {
    add(1, 0, 4, LARGE);
    for (int i = 4; i < 8; i++) {
      add(0, i, i + 1, LARGE);
    }
    assertThat(chosen()).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void aMergedBlockSpansADayAtMost() {
    for (int i = 0; i < 5; i++) {
      add(1, i * 8L, i * 8L + 8, LARGE);
    }
    assertThat(chosen()).containsExactly(0L, 1L, 2L);
  }

  @Test
  void blocksThatSpanMoreThanADayStayAsTheyAre() {
    for (int i = 0; i < 8; i++) {
      add(0, 0, 1000, LARGE);
    }
    assertThat(chosen()).isEmpty();
  }

  @Test
  void fourSmallNeighboursBecomeOneWhateverTheirLevels() {
    add(3, 0, 100, 1000);
    add(0, 100, 200, 1000);
    add(1, 0, 1000, 1000);
    add(0, 100, 101, 1000);
    assertThat(chosen()).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void aBlockThatIsApartIsNeverAmongThem() {
    for (int i = 0; i < 7; i++) {
      add(0, i, i + 1, LARGE);
    }
    assertThat(
            new MergePolicy(
                    blocks,
                    id -> id.equals(blocks.get(3).id()),
                    DAY,
                    false,
                    MergePolicy.Memory.UNLIMITED)
                .choose(0))
        .isEmpty();
    assertThat(
            new MergePolicy(
                    blocks,
                    id -> id.equals(blocks.get(3).id()),
                    DAY,
                    true,
                    MergePolicy.Memory.UNLIMITED)
                .choose(0))
        .hasSize(3);
  }

  private List<Long> fresh(boolean quiet, boolean settled) {
    return new MergePolicy(blocks, id -> false, DAY, settled, MergePolicy.Memory.UNLIMITED)
        .fresh(quiet).stream().map(BlockEntry::sequence).toList();
  }

  @Test
  void freshBlocksWaitForAQuietMomentUnlessTheyAreTooMany() {
    add(1, 0, 1, LARGE);
    add(0, 1, 2, LARGE);
    assertThat(fresh(false, false)).isEmpty();
    assertThat(fresh(true, false)).hasSize(1);
    add(0, 2, 3, LARGE);
    assertThat(fresh(false, false)).hasSize(2);
  }

  @Test
  void aFreshBlockThatSpansMoreThanADayIsRewrittenAlone() {
    add(0, 0, 100, LARGE);
    add(0, 1, 2, LARGE);
    assertThat(fresh(true, false)).hasSize(1);
  }

  @Test
  void smallFreshBlocksWaitForOthersOrUntilNothingComes() {
    for (int i = 0; i < 3; i++) {
      add(0, i, i + 1, 1000);
    }
    assertThat(fresh(true, false)).isEmpty();
    assertThat(fresh(true, true)).hasSize(3);
    add(0, 3, 4, 1000);
    assertThat(fresh(true, false)).hasSize(4);
  }

  @Test
  void blocksThatWereRewrittenAreNotFresh() {
    add(1, 0, 1, LARGE);
    assertThat(fresh(true, true)).isEmpty();
  }

  private List<Long> chosenWithin(long weightOfOne, long max) {
    MergePolicy.Memory memory = new MergePolicy.Memory(_ -> weightOfOne, max);
    return new MergePolicy(blocks, id -> false, DAY, false, memory)
        .choose(0).stream().map(BlockEntry::sequence).toList();
  }

  @Test
  void aRunEndsWhereItsIndexesWouldNotFitIntoTheMemoryOfMerges() {
    for (int i = 0; i < 8; i++) {
      add(0, i, i + 1, LARGE);
    }
    assertThat(chosenWithin(10, 80)).hasSize(8);
    assertThat(chosenWithin(10, 45)).containsExactly(0L, 1L, 2L, 3L);
    assertThat(chosenWithin(10, 29)).containsExactly(0L, 1L);
    assertThat(chosenWithin(10, 19)).isEmpty();
  }

  @Test
  void aFreshBlockWhoseIndexAloneDoesNotFitIsLeftAsItIs() {
    add(0, 0, 1, 200 << 20);
    MergePolicy.Memory little = new MergePolicy.Memory(_ -> 10, 9);
    assertThat(new MergePolicy(blocks, id -> false, DAY, true, little).fresh(true)).isEmpty();
    assertThat(
            new MergePolicy(blocks, id -> false, DAY, true, new MergePolicy.Memory(_ -> 9, 9))
                .fresh(true))
        .hasSize(1);
  }
}

package io.trilith.storage.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.HeadConfig;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Coverage;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Heads of a partition that others read too, whose blocks others may write. */
class GenerationsTest {
  private static final CatalogState.Scope SCOPE =
      new CatalogState.Scope(new Partition("logs", 1), Signal.LOGS, new TenantId("a"));
  private static final ByteSize LARGE = ByteSize.parse("1MiB");
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  private final SplittableRandom random = new SplittableRandom(1);
  private final HeadBudget budget =
      new HeadBudget(new HeadConfig(LARGE, Duration.ofHours(2), LARGE, LARGE));
  private final Writer writer = new Writer();
  private final Generations<List<Long>> generations =
      new Generations<>(SCOPE, ArrayList::new, writer, budget, CLOCK, offset -> 1000 + offset);

  /** Notes what it is told; a head has the offsets of its records. */
  private final class Writer implements Generations.HeadWriter<List<Long>> {
    final List<List<Long>> dropped = new ArrayList<>();
    final List<BlockEntry> superseded = new ArrayList<>();
    Runnable meanwhile = () -> {};

    @Override
    public BlockEntry write(
        CatalogState.Scope scope, List<Long> head, long arrivalMillis, long sequence) {
      meanwhile.run();
      assertThat(dropped).doesNotContain(head);
      return block(head.size(), sequence);
    }

    @Override
    public void dropped(TenantId tenant, List<Long> head) {
      dropped.add(head);
    }

    @Override
    public void superseded(BlockEntry block) {
      superseded.add(block);
    }
  }

  private BlockEntry block(long items, long sequence) {
    return new BlockEntry(
        BlockId.create(CLOCK, random),
        SCOPE.partition(),
        SCOPE.signal(),
        SCOPE.tenant(),
        0,
        1,
        items,
        1,
        0,
        sequence);
  }

  private boolean read(long offset) {
    return generations.replay(
        offset,
        head -> {
          head.add(offset);
          return 10;
        });
  }

  private List<Coverage> sealed() {
    return generations.sealed().stream().map(Flushable.Pending::coverage).toList();
  }

  private static Coverage covers(long from, long next) {
    return new Coverage(SCOPE, from, next);
  }

  @Test
  void aHeadCoversFromWhereTheOneBeforeEndedToItsCut() {
    read(3);
    read(5);
    generations.cut(8);
    generations.cut(9);
    read(12);
    generations.cut(20);
    assertThat(sealed()).containsExactly(covers(0, 8), covers(8, 20));
    assertThat(generations.view().heads())
        .containsExactly(List.of(3L, 5L), List.of(12L), List.of());
  }

  @Test
  void whatIsCoveredAtTheStartIsWhereTheFirstHeadBegins() {
    generations.follow(List.of(), Set.of(), 8);
    assertThat(read(7)).isFalse();
    assertThat(read(8)).isTrue();
    generations.cut(10);
    assertThat(sealed()).containsExactly(covers(8, 10));
    assertThat(generations.sealed().getFirst().write().sequence()).isEqualTo(1008);
  }

  @Test
  void headsLeaveWhenABlockOfSomebodyElseHasTheirRows() {
    read(3);
    generations.cut(4);
    read(6);
    generations.cut(7);
    read(9);
    BlockEntry own = generations.sealed().getFirst().write();
    assertThat(budget.used()).isEqualTo(20);
    BlockEntry others = block(2, 1006);
    generations.follow(List.of(others), Set.of(others.id()), 7);
    assertThat(generations.view())
        .isEqualTo(new Generations.View<>(List.of(others), List.of(List.of(9L))));
    assertThat(writer.superseded).containsExactly(own);
    assertThat(writer.dropped).containsExactly(List.of(3L), List.of(6L));
    assertThat(budget.used()).isEqualTo(10);
    assertThat(generations.oldestOffset()).isEqualTo(9);
  }

  @Test
  void theHeadThatGrowsLeavesWhenTheCommitComesBeforeTheCut() {
    read(3);
    read(4);
    BlockEntry others = block(3, 1006);
    generations.follow(List.of(others), Set.of(others.id()), 7);
    assertThat(generations.view())
        .isEqualTo(new Generations.View<>(List.of(others), List.of(List.of())));
    assertThat(budget.used()).isZero();
    assertThat(read(6)).isFalse();
    generations.cut(7);
    assertThat(sealed()).isEmpty();
    assertThat(read(7)).isTrue();
    generations.cut(9);
    assertThat(sealed()).containsExactly(covers(7, 9));
  }

  @Test
  void itsOwnCommitIsNoReasonToDeleteItsBlock() {
    read(3);
    generations.cut(4);
    BlockEntry own = generations.sealed().getFirst().write();
    assertThat(generations.view().blocks()).containsExactly(own);
    // Somebody has merged it by the time that the commit is heard of.
    BlockEntry merged = block(1, 1003);
    generations.follow(List.of(merged), Set.of(own.id(), merged.id()), 4);
    assertThat(generations.view().blocks()).containsExactly(merged);
    assertThat(writer.superseded).isEmpty();
  }

  @Test
  void aBlockThatIsWrittenWhileAnothersIsCommittedIsInVain() {
    read(3);
    generations.cut(4);
    BlockEntry others = block(1, 1003);
    writer.meanwhile = () -> generations.follow(List.of(others), Set.of(others.id()), 4);
    Generations<List<Long>>.SealedHead late = generations.sealed().getFirst();
    BlockEntry own = late.write();
    assertThat(writer.superseded).containsExactly(own);
    assertThat(writer.dropped).as("once it was read to the end").containsExactly(List.of(3L));
    assertThat(budget.used()).isZero();
    assertThat(generations.view().blocks()).containsExactly(others);
    assertThat(late.written()).isEqualTo(own);
  }

  @Test
  void aHeadThatHasLeftIsNotWritten() {
    read(3);
    generations.cut(4);
    Generations<List<Long>>.SealedHead late = generations.sealed().getFirst();
    generations.follow(List.of(), Set.of(), 4);
    assertThatThrownBy(late::write).isInstanceOf(StorageException.Conflict.class);
  }

  @Test
  void theOldestOffsetIsToldAsIfSomethingWereCommitted() {
    read(3);
    generations.cut(4);
    read(6);
    generations.cut(7);
    read(9);
    assertThat(generations.oldestOffset(0)).isEqualTo(3);
    assertThat(generations.oldestOffset(4)).isEqualTo(6);
    assertThat(generations.oldestOffset(7)).isEqualTo(9);
  }
}

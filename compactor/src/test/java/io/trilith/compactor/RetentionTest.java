package io.trilith.compactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.RetentionConfig;
import io.trilith.config.RetentionPolicy;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final TenantId TEAM_A = new TenantId("team-a");
  private static final TenantId TEAM_B = new TenantId("team-b");
  private static final Duration DELAY = Duration.ofHours(2);

  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private long nanos;
  private long diskUsed;
  private final InstantSource clock = () -> now;
  private final SplittableRandom random = new SplittableRandom(1);
  private final ObjectStore objects = new MemoryObjectStore();

  private Catalog catalog() {
    return new Catalog(objects, clock, random);
  }

  private Retention open(RetentionConfig config, Catalog catalog) {
    StorageClock time = new StorageClock(clock, () -> nanos);
    time.begin(Retention.knownMillis(catalog, clock));
    Retention retention =
        new Retention(
            config,
            catalog,
            objects,
            new DataAge(config, clock, time),
            () -> new DiskUse.Use(1000, diskUsed),
            time);
    retention.begin(List.of(), () -> {});
    return retention;
  }

  private static RetentionConfig days(int keep) {
    return new RetentionConfig(Duration.ofDays(keep), Duration.ZERO, DELAY);
  }

  private static RetentionConfig bytes(long max, int high, int low) {
    return new RetentionConfig(
        Duration.ZERO, Duration.ZERO, DELAY, List.of(), new ByteSize(max), high, low);
  }

  private void pass(Duration time) {
    now = now.plus(time);
    nanos += time.toNanos();
  }

  private BlockEntry block(Catalog catalog, Signal signal, TenantId tenant, int days, long bytes) {
    long newest = now.minus(Duration.ofDays(days)).toEpochMilli();
    long max = signal == Signal.METRICS ? newest : newest * 1_000_000;
    BlockEntry block =
        new BlockEntry(BlockId.create(clock, random), signal, tenant, max, max, bytes, bytes, 0, 0);
    objects.createIfAbsent(block.objectName(), ByteBuffer.wrap(new byte[1]));
    catalog.commit(List.of(block), List.of(), List.of());
    return block;
  }

  private static List<BlockId> live(Catalog catalog) {
    return List.copyOf(catalog.state().blocks().keySet());
  }

  @Test
  void takesAnExpiredBlockOutAtOnceAndDeletesItAfterTheDelayAcrossARestart() {
    Catalog catalog = catalog();
    for (Signal signal : Signal.values()) {
      block(catalog, signal, TEAM_A, 16, 1);
      block(catalog, signal, TEAM_A, 14, 9);
    }
    Retention retention = open(days(15), catalog);
    retention.run();
    assertThat(live(catalog)).hasSize(3);
    assertThat(objects.list("blocks/")).hasSize(6);
    assertThat(catalog.state().removals().doomed().values())
        .hasSize(3)
        .allMatch(one -> one.reason().equals("retention.default = 15d"));
    pass(Duration.ofMinutes(59));
    Catalog again = catalog();
    assertThat(new Expiry(again, objects, DELAY, clock).sweepOrphans()).isZero();
    retention = open(days(15), again);
    retention.run();
    assertThat(objects.list("blocks/")).hasSize(6);
    pass(Duration.ofMinutes(61));
    retention.run();
    assertThat(objects.list("blocks/")).hasSize(3);
    assertThat(again.state().removals().doomed()).isEmpty();
  }

  @Test
  void keepsEverythingForEverWhenTheRetentionIsZero() {
    Catalog catalog = catalog();
    block(catalog, Signal.METRICS, TEAM_A, 20_000, 1);
    open(days(0), catalog).run();
    assertThat(live(catalog)).hasSize(1);
  }

  @Test
  void restoresARemovedBlockInsideTheDelayOnceThePoliciesKeepIt() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.LOGS, TEAM_A, 16, 1);
    block(catalog, Signal.LOGS, TEAM_A, 1, 99);
    Retention retention = open(days(15), catalog);
    retention.run();
    assertThatThrownBy(() -> retention.restore(TEAM_A, List.of(old.id())))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("would expire again at once (retention.default = 15d)");
    assertThatThrownBy(() -> retention.restore(TEAM_B, List.of(old.id())))
        .hasMessageContaining("is not among those that were removed");
    retention.undo();
    catalog.commit(
        _ ->
            new Draft(
                List.of(),
                List.of(old.id()),
                List.of(),
                List.of(
                    new Change.Doomed(old, now.toEpochMilli() + 1, "retention.max-bytes = 1"))));
    Retention longer = open(days(30), catalog);
    assertThat(longer.restore(TEAM_A, List.of(old.id()))).containsExactly(old);
    pass(Duration.ofHours(3));
    longer.run();
    assertThat(live(catalog)).contains(old.id());
    assertThat(objects.list("blocks/")).hasSize(2);
  }

  @Test
  void aChangedListThatTakesOver30PerCentIsNotActedOnUntilItIsConfirmed() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.METRICS, TEAM_A, 10, 31);
    block(catalog, Signal.METRICS, TEAM_A, 1, 69);
    open(days(15), catalog).run();
    Retention shorter = open(days(5), catalog);
    assertThat(shorter.isInForce()).isFalse();
    assertThat(shorter.refusal())
        .contains("metrics of team-a: 31 of 100 rows, 31 of 100 bytes by retention.default = 5d")
        .contains("--confirm");
    shorter.run();
    assertThat(live(catalog)).contains(old.id());
    assertThat(shorter.plan().removed()).hasSize(1);
    assertThat(shorter.plan().refusal()).contains("30 %");
    // Again after a restart, as nobody has confirmed it.
    assertThat(open(days(5), catalog()).isInForce()).isFalse();
    shorter.confirm();
    assertThat(live(catalog)).doesNotContain(old.id());
    assertThat(shorter.refusal()).isEmpty();
    assertThat(open(days(5), catalog()).isInForce()).isTrue();
  }

  @Test
  void aChangedListThatTakesLittleIsActedOn() {
    Catalog catalog = catalog();
    block(catalog, Signal.METRICS, TEAM_A, 10, 29);
    BlockEntry fresh = block(catalog, Signal.METRICS, TEAM_A, 1, 71);
    open(days(15), catalog).run();
    open(days(5), catalog).run();
    assertThat(live(catalog)).containsExactly(fresh.id());
  }

  @Test
  void bytesAreTakenFromTheTenantFurthestOverItsShareOldestFirst() {
    Catalog catalog = catalog();
    BlockEntry oldB = block(catalog, Signal.LOGS, TEAM_B, 9, 10);
    BlockEntry oldA = block(catalog, Signal.TRACES, TEAM_A, 8, 35);
    BlockEntry midA = block(catalog, Signal.METRICS, TEAM_A, 5, 40);
    BlockEntry newA = block(catalog, Signal.LOGS, TEAM_A, 2, 40);
    Retention retention = open(bytes(1000, 0, 0), catalog);
    retention.run();
    assertThat(live(catalog)).hasSize(4);
    Retention small = open(bytes(95, 0, 0), catalog);
    assertThat(small.refusal()).contains("traces of team-a: 35 of 35 rows");
    small.confirm();
    assertThat(live(catalog)).containsExactlyInAnyOrder(oldB.id(), midA.id(), newA.id());
    assertThat(catalog.state().removals().doomed().values())
        .singleElement()
        .matches(one -> one.block().equals(oldA))
        .matches(one -> one.reason().equals("retention.max-bytes = 95B"));
    small.run();
    assertThat(live(catalog)).hasSize(3);
  }

  @Test
  void aPolicyBoundsTheBytesOfItsTenantAndSignal() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.LOGS, TEAM_A, 9, 10);
    block(catalog, Signal.LOGS, TEAM_A, 2, 10);
    block(catalog, Signal.METRICS, TEAM_A, 9, 50);
    block(catalog, Signal.LOGS, TEAM_B, 9, 50);
    RetentionPolicy policy =
        new RetentionPolicy(
            "team-a", RetentionPolicy.Scope.LOGS, "", Duration.ZERO, new ByteSize(15), 0);
    RetentionConfig config =
        new RetentionConfig(
            Duration.ZERO, Duration.ZERO, DELAY, List.of(policy), new ByteSize(0), 0, 0);
    open(config, catalog).confirm();
    assertThat(live(catalog)).hasSize(3).doesNotContain(old.id());
  }

  @Test
  void aFullDiskTakesTheOldestBlocksWithoutDelayDownToTheLowWater() {
    Catalog catalog = catalog();
    block(catalog, Signal.LOGS, TEAM_A, 9, 100);
    block(catalog, Signal.LOGS, TEAM_A, 8, 100);
    BlockEntry fresh = block(catalog, Signal.LOGS, TEAM_A, 1, 100);
    Retention retention = open(bytes(0, 90, 75), catalog);
    diskUsed = 900;
    retention.run();
    assertThat(live(catalog)).hasSize(3);
    diskUsed = 940;
    retention.run();
    assertThat(live(catalog)).containsExactly(fresh.id());
    assertThat(objects.list("blocks/")).hasSize(1);
    diskUsed = 740;
    retention.run();
    assertThat(live(catalog)).hasSize(1);
  }

  @Test
  void aClockThatJumpedRemovesNothingUntilDataOfItsTimeArrives() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.LOGS, TEAM_A, 0, 1);
    Retention retention = open(days(15), catalog);
    retention.run();
    now = now.plus(Duration.ofDays(400));
    retention.run();
    assertThat(retention.isRefusing()).isTrue();
    assertThat(retention.refusal()).contains("the system's clock says").contains("--confirm");
    pass(Duration.ofDays(2));
    retention.run();
    assertThat(live(catalog)).containsExactly(old.id());
    block(catalog, Signal.LOGS, TEAM_B, 0, 1);
    retention.run();
    assertThat(retention.isRefusing()).isFalse();
    assertThat(live(catalog)).doesNotContain(old.id());
  }

  @Test
  void aClockThatComesBackIsFollowedAgain() {
    Catalog catalog = catalog();
    block(catalog, Signal.LOGS, TEAM_A, 0, 1);
    Retention retention = open(days(15), catalog);
    now = now.plus(Duration.ofDays(400));
    retention.run();
    assertThat(retention.isRefusing()).isTrue();
    now = now.minus(Duration.ofDays(400));
    retention.run();
    assertThat(retention.isRefusing()).isFalse();
    assertThat(live(catalog)).hasSize(1);
  }

  @Test
  void aClockFarFromTheLastCommitAtTheStartRemovesNothing() {
    block(catalog(), Signal.LOGS, TEAM_A, 0, 1);
    open(days(15), catalog()).run();
    now = now.plus(Duration.ofDays(40));
    Retention ahead = open(days(15), catalog());
    ahead.run();
    assertThat(live(catalog())).hasSize(1);
    // Again, whatever that start has committed.
    Retention again = open(days(15), catalog());
    again.run();
    assertThat(again.isRefusing()).isTrue();
    assertThat(live(catalog())).hasSize(1);
    again.confirm();
    assertThat(live(catalog())).isEmpty();
  }

  @Test
  void whatWentIsListedWithItsPolicyRowsAndBytes() {
    Catalog catalog = catalog();
    block(catalog, Signal.LOGS, TEAM_A, 16, 7);
    block(catalog, Signal.LOGS, TEAM_A, 1, 93);
    Retention retention = open(days(15), catalog);
    retention.run();
    assertThat(retention.history()).isEmpty();
    pass(Duration.ofHours(3));
    retention.run();
    assertThat(open(days(15), catalog()).history())
        .containsExactly(
            new Change.Removed(
                now.toEpochMilli(), "retention.default = 15d", Signal.LOGS, TEAM_A, 7, 7));
  }

  @Test
  void aRepairedPolicyBringsBackWhatItKeeps() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.LOGS, TEAM_A, 10, 1);
    BlockEntry older = block(catalog, Signal.LOGS, TEAM_A, 40, 1);
    block(catalog, Signal.LOGS, TEAM_A, 1, 98);
    Retention wrong = open(days(5), catalog);
    wrong.run();
    assertThat(live(catalog)).hasSize(1);
    open(days(15), catalog).run();
    assertThat(live(catalog)).hasSize(2).contains(old.id()).doesNotContain(older.id());
  }

  @Test
  void undoBringsEverythingBackAndHoldsAcrossAStartUntilItIsConfirmed() {
    Catalog catalog = catalog();
    BlockEntry old = block(catalog, Signal.LOGS, TEAM_A, 16, 1);
    block(catalog, Signal.LOGS, TEAM_A, 1, 99);
    Retention retention = open(days(15), catalog);
    retention.run();
    assertThat(retention.undo()).containsExactly(old);
    retention.run();
    assertThat(live(catalog)).hasSize(2);
    Retention again = open(days(15), catalog());
    again.run();
    assertThat(again.refusal()).contains("retention undo");
    assertThat(live(catalog())).hasSize(2);
    again.confirm();
    assertThat(live(catalog())).hasSize(1);
  }

  @Test
  void aClockThatJumpedIsBelievedWhenSomebodySaysSo() {
    Catalog catalog = catalog();
    block(catalog, Signal.LOGS, TEAM_A, 0, 1);
    Retention retention = open(days(15), catalog);
    now = now.plus(Duration.ofDays(400));
    retention.run();
    assertThat(live(catalog)).hasSize(1);
    retention.confirm();
    assertThat(live(catalog)).isEmpty();
  }
}

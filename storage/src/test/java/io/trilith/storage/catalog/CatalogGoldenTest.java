package io.trilith.storage.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Golden;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CatalogGoldenTest {
  private static final TenantId TENANT = new TenantId("team-a");

  /** As earlier releases wrote it. */
  private static final Coverage OLD_COVERAGE =
      new Coverage(new CatalogState.Scope(Signal.METRICS, TENANT), Coverage.UNKNOWN, 42);

  private static final BlockEntry BLOCK =
      new BlockEntry(
          new BlockId("01KA1QW5Z8000000000000000A"),
          Signal.LOGS,
          TENANT,
          -7,
          1_795_204_800_000L,
          3,
          512,
          1,
          41);

  private static final Deletion DELETION =
      new Deletion(
          "01KA1QW5Z8000000000000000D",
          TENANT,
          1_795_204_800_000L,
          1_795_291_200_000L,
          List.of(
              new Deletion.Part(
                  Signal.METRICS,
                  List.of("{user=\"7\"}", "up"),
                  Long.MIN_VALUE,
                  1_795_204_800_000L,
                  List.of(),
                  Set.of(BLOCK.id()),
                  5,
                  -3),
              new Deletion.Part(
                  Signal.TRACES, List.of("{}"), 0, 9, List.of(1L, -2L), Set.of(), 0, 0)),
          7,
          0,
          0);

  static final List<Change> CHANGES =
      List.of(
          new Change.Deleted(DELETION),
          new Change.Cancelled("a", ""),
          new Change.Progressed("b", Signal.LOGS, 3, -4, Set.of(BLOCK.id())),
          new Change.Moved("b", BLOCK.id(), new BlockId("01KA1QW5Z8000000000000000C")),
          new Change.Completed("c", List.of()),
          new Change.Doomed(BLOCK, 1_795_291_200_000L, "retention.default = 15d"),
          new Change.Forgotten(List.of(BLOCK.id())),
          new Change.Accepted("sha"));

  private static Deletion completed(Deletion.Ended how) {
    return DELETION.endedBy(
        new Commit(
            99, new UUID(1, 2), 1_795_291_200_000L, List.of(), List.of(), List.of(), List.of()),
        how);
  }

  private static byte[] array(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  @Test
  void aCommitOfVersion1DecodesForEver() {
    Commit commit =
        new Commit(
            7,
            new UUID(1, 2),
            1_795_204_800_000L,
            List.of(BLOCK),
            List.of(new BlockId("01KA1QW5Z8000000000000000B")),
            List.of(OLD_COVERAGE),
            List.of());
    byte[] golden =
        Golden.bytes("storage", "catalog-commit.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
  }

  @Test
  void aSnapshotOfVersion1DecodesForEver() {
    CatalogState state =
        new CatalogState(
            100,
            Map.of(BLOCK.id(), BLOCK),
            Map.of(new CatalogState.Scope(Signal.TRACES, TENANT), 9L),
            Removals.NONE);
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
  }

  @Test
  void aFloorOfVersion1DecodesForEver() {
    byte[] golden =
        Golden.bytes("storage", "catalog-floor.bin", array(CatalogFormat.encodeFloor(1234, 7)));
    assertThat(CatalogFormat.decodeFloor("golden", ByteBuffer.wrap(golden), 1)).isEqualTo(1234);
  }

  @Test
  void findsEveryFlippedBitAndEveryTruncationOfAFloor() {
    byte[] good = array(CatalogFormat.encodeFloor(1234, 7));
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> CatalogFormat.decodeFloor("f", ByteBuffer.wrap(bad), 7))
          .isInstanceOf(StorageException.Corrupt.class);
    }
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> CatalogFormat.decodeFloor("f", ByteBuffer.wrap(cut), 7))
          .isInstanceOf(StorageException.Corrupt.class);
    }
  }

  @Test
  void aCommitOfVersion2DecodesForEver() {
    Commit commit =
        new Commit(
            7,
            new UUID(1, 2),
            1_795_204_800_000L,
            List.of(BLOCK),
            List.of(new BlockId("01KA1QW5Z8000000000000000B")),
            List.of(OLD_COVERAGE),
            CHANGES);
    byte[] golden =
        Golden.bytes("storage", "catalog-commit-2.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
  }

  @Test
  void aSnapshotOfVersion2DecodesForEver() {
    CatalogState state =
        new CatalogState(
            100,
            Map.of(BLOCK.id(), BLOCK),
            Map.of(new CatalogState.Scope(Signal.TRACES, TENANT), 9L),
            new Removals(
                Map.of(DELETION.id(), DELETION),
                List.of(completed(Deletion.Ended.NOT)),
                Map.of(BLOCK.id(), new Change.Doomed(BLOCK, 5, "bytes")),
                "sha"));
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot-2.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
  }

  @Test
  void aCommitOfVersion3DecodesForEver() {
    Commit commit =
        new Commit(
            7,
            new UUID(1, 2),
            1_795_204_800_000L,
            List.of(BLOCK),
            List.of(new BlockId("01KA1QW5Z8000000000000000B")),
            List.of(OLD_COVERAGE),
            changes3());
    byte[] golden =
        Golden.bytes("storage", "catalog-commit-3.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
  }

  static List<Change> changes3() {
    List<Change> all = new ArrayList<>(CHANGES);
    all.add(new Change.Doomed(BLOCK, 1_795_291_200_000L, "merged into x", false));
    all.add(new Change.TakenOver("log-2", "host-2:3200"));
    return all;
  }

  @Test
  void aSnapshotOfVersion3DecodesForEver() {
    Map<CatalogState.Scope, Long> before =
        Map.of(
            new CatalogState.Scope(Signal.TRACES, TENANT), 3L,
            new CatalogState.Scope(Signal.LOGS, TENANT), 4L);
    CatalogState state =
        new CatalogState(
            100,
            Map.of(BLOCK.id(), BLOCK),
            Map.of(new CatalogState.Scope(Signal.TRACES, TENANT), 9L),
            new Removals(
                Map.of(DELETION.id(), DELETION),
                List.of(completed(Deletion.Ended.NOT)),
                Map.of(BLOCK.id(), new Change.Doomed(BLOCK, 5, "merged into x", false)),
                "sha"),
            new Ownership(
                Optional.of(new Ownership.Owner("log-2", "host-2:3200", 1_795_204_800_000L)),
                List.of(new Ownership.Handover("log-1", before)),
                List.of()),
            ChainLink.NONE);
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot-3.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
  }

  private static List<Change> changes4() {
    List<Change> all = new ArrayList<>(changes3());
    all.add(new Change.Renewed("log-3", "host-3:3200 /data", 4711));
    return all;
  }

  private static final Change.Removed REMOVED =
      new Change.Removed(
          1_795_291_200_000L, "retention.default = 15d", Signal.LOGS, TENANT, 12, -3);

  private static Deletion asked() {
    return new Deletion(
        DELETION.id(),
        TENANT,
        DELETION.createdMillis(),
        DELETION.dueMillis(),
        DELETION.parts(),
        7,
        0,
        0,
        new Deletion.Asked("ops@host", "log-1", 123),
        Deletion.Ended.NOT);
  }

  @Test
  void aCommitOfVersion5DecodesForEver() {
    List<Change> changes = new ArrayList<>(changes3());
    changes.add(new Change.Deleted(asked()));
    changes.add(new Change.Cancelled("a", "ops@host"));
    changes.add(new Change.Completed("c", List.of("snapshot to x")));
    changes.add(REMOVED);
    changes.add(new Change.Copied("s3://x/y"));
    Commit commit =
        new Commit(
            7,
            LINK,
            new UUID(1, 2),
            1_795_204_800_000L,
            List.of(BLOCK),
            List.of(new BlockId("01KA1QW5Z8000000000000000B")),
            List.of(OLD_COVERAGE),
            changes);
    byte[] golden =
        Golden.bytes("storage", "catalog-commit-5.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
  }

  @Test
  void aSnapshotOfVersion5DecodesForEver() {
    CatalogState state =
        new CatalogState(
            100,
            Map.of(BLOCK.id(), BLOCK),
            Map.of(new CatalogState.Scope(Signal.TRACES, TENANT), 9L),
            new Removals(
                Map.of(DELETION.id(), asked()),
                List.of(
                    completed(new Deletion.Ended(true, "ops@host", List.of())),
                    completed(new Deletion.Ended(false, "", List.of("snapshot to x")))),
                Map.of(),
                "sha",
                1_795_204_800_000L,
                List.of(REMOVED),
                List.of(new Removals.Copy("s3://x/y", 1_795_204_800_000L))),
            Ownership.NONE,
            LINK);
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot-5.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
  }

  private static final Partition SHARED = new Partition("metrics", 3);
  private static final BlockEntry SHARED_BLOCK =
      new BlockEntry(
          new BlockId("01KA1QW5Z8000000000000000E"),
          SHARED,
          Signal.METRICS,
          TENANT,
          1,
          2,
          3,
          4,
          0,
          1_000_041);

  static Commit commit6() {
    List<Change> changes = new ArrayList<>(changes4());
    changes.add(new Change.Deleted(asked()));
    changes.add(REMOVED);
    changes.add(new Change.TakenOver("log-4", "host-4:3200", 1_000_000));
    changes.add(new Change.Doomed(SHARED_BLOCK, 1_795_291_200_000L, "merged into x", false));
    return new Commit(
        7,
        LINK,
        new UUID(1, 2),
        1_795_204_800_000L,
        List.of(BLOCK, SHARED_BLOCK),
        List.of(new BlockId("01KA1QW5Z8000000000000000B")),
        List.of(
            OLD_COVERAGE,
            new Coverage(new CatalogState.Scope(SHARED, Signal.METRICS, TENANT), 7, 42),
            new Coverage(new CatalogState.Scope(Signal.LOGS, TENANT), 0, 42)),
        Map.of(Partition.LOCAL, 12L, SHARED, 40L),
        changes);
  }

  static CatalogState snapshot6() {
    Map<CatalogState.Scope, Long> covered =
        Map.of(
            new CatalogState.Scope(Signal.TRACES, TENANT), 9L,
            new CatalogState.Scope(SHARED, Signal.METRICS, TENANT), 42L);
    return new CatalogState(
        100,
        new TreeMap<>(Map.of(BLOCK.id(), BLOCK, SHARED_BLOCK.id(), SHARED_BLOCK)),
        covered,
        Map.of(Partition.LOCAL, 12L, SHARED, 40L),
        new CatalogState.Sequences(1_000_000, 1_000_041),
        Removals.NONE,
        new Ownership(
            Optional.of(new Ownership.Owner("log-4", "host-4:3200", 1_795_204_800_000L)),
            List.of(new Ownership.Handover("log-1", covered)),
            List.of()),
        LINK);
  }

  @Test
  void aCommitOfVersion6DecodesForEver() {
    Commit commit = commit6();
    byte[] golden =
        Golden.bytes("storage", "catalog-commit-6.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
    assertThat(array(CatalogFormat.encode(commit))).isEqualTo(golden);
  }

  @Test
  void aSnapshotOfVersion6DecodesForEver() {
    CatalogState state = snapshot6();
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot-6.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
    assertThat(array(CatalogFormat.encode(state))).isEqualTo(golden);
  }

  private static final ChainLink LINK = new ChainLink(new UUID(3, 4), new UUID(5, 6));

  @Test
  void aCommitOfVersion4DecodesForEver() {
    Commit commit =
        new Commit(
            7,
            LINK,
            new UUID(1, 2),
            1_795_204_800_000L,
            List.of(BLOCK),
            List.of(new BlockId("01KA1QW5Z8000000000000000B")),
            List.of(OLD_COVERAGE),
            changes4());
    byte[] golden =
        Golden.bytes("storage", "catalog-commit-4.bin", array(CatalogFormat.encode(commit)));
    assertThat(CatalogFormat.decodeCommit("golden", ByteBuffer.wrap(golden))).isEqualTo(commit);
  }

  @Test
  void aSnapshotOfVersion4DecodesForEver() {
    CatalogState state =
        new CatalogState(
            100,
            Map.of(BLOCK.id(), BLOCK),
            Map.of(new CatalogState.Scope(Signal.TRACES, TENANT), 9L),
            Removals.NONE,
            new Ownership(
                Optional.of(new Ownership.Owner("log-2", "host-2:3200", 1_795_204_800_000L)),
                List.of(new Ownership.Handover("log-1", Map.of())),
                List.of(new Ownership.Renewal("log-0", "log-1", 7))),
            LINK);
    byte[] golden =
        Golden.bytes("storage", "catalog-snapshot-4.bin", array(CatalogFormat.encode(state)));
    assertThat(CatalogFormat.decodeSnapshot("golden", ByteBuffer.wrap(golden))).isEqualTo(state);
  }

  @Test
  void aFloorOfVersion2DecodesForEverAndSaysItsPlace() {
    byte[] golden =
        Golden.bytes("storage", "catalog-floor-2.bin", array(CatalogFormat.encodeFloor(1234, 7)));
    assertThat(CatalogFormat.decodeFloor("golden", ByteBuffer.wrap(golden), 7)).isEqualTo(1234);
    assertThatThrownBy(() -> CatalogFormat.decodeFloor("f", ByteBuffer.wrap(golden), 8))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("number 7");
  }
}

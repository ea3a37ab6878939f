package io.trilith.storage.catalog;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The bytes of commits and snapshots, see {@code docs/formats/catalog.md}.
 *
 * <pre>
 * object   = magic:4 "TRCT" | "TRCS" | "TRCF"  version:4  body  crc32c:4 (of everything before)
 * commit   = number uuid:16 createdMillis:8 link blocks removed coverage floors changes
 * snapshot = number blocks covered floors sequences removals ownership link
 * floor    = number ordinal
 * </pre>
 */
final class CatalogFormat {
  static final int COMMIT_MAGIC = 0x54435254;
  static final int SNAPSHOT_MAGIC = 0x53435254;
  static final int FLOOR_MAGIC = 0x46435254;

  /** With partitions of the log, where coverage begins, floors and the base of sequences. */
  static final int VERSION_6 = 6;

  static final int VERSION = VERSION_6;

  /** With who asked for deletions, what was removed and what was copied. */
  static final int VERSION_5 = 5;

  /** With the bucket and the commit before. */
  static final int VERSION_4 = 4;

  /** With logs that took over, and removed blocks that cannot be restored. */
  static final int VERSION_3 = 3;

  private static final int VERSION_2 = 2;

  /** Without changes; floors without their place. */
  private static final int VERSION_1 = 1;

  /** Stands for the partition of a log that has one. */
  private static final int LOCAL = 0;

  private static final int NAMED = 1;

  static final String COMMITS = "catalog/commits/";
  static final String FLOORS = "catalog/floors/";
  static final String SNAPSHOTS = "catalog/snapshots/";

  private CatalogFormat() {}

  static String commitName(long number) {
    return COMMITS + "%020d".formatted(number);
  }

  static String snapshotName(long number) {
    return SNAPSHOTS + "%020d".formatted(number);
  }

  static String floorName(long ordinal) {
    return FLOORS + "%020d".formatted(ordinal);
  }

  /** The number at the end of the name of a commit, a snapshot or a floor. */
  static long numberOf(String name) {
    try {
      return Long.parseLong(name.substring(name.lastIndexOf('/') + 1));
    } catch (NumberFormatException e) {
      throw new StorageException.Corrupt(name, 0, "its name does not end with a number");
    }
  }

  static ByteBuffer encodeFloor(long floor, long ordinal) {
    ByteWriter out = start(FLOOR_MAGIC, VERSION_2);
    out.putVarint(floor);
    out.putVarint(ordinal);
    return finish(out);
  }

  static long decodeFloor(String name, ByteBuffer bytes, long ordinal) {
    Body body = open(name, bytes, FLOOR_MAGIC);
    long floor = body.in().getVarint();
    if (body.version() != VERSION_1) {
      requireNumber(name, ordinal, body.in().getVarint());
    }
    return floor;
  }

  /**
   * A commit as it lies in the bucket.
   *
   * @throws StorageException.Corrupt also when another's bytes lie under its name
   */
  static Commit readCommit(ObjectStore objects, long number) {
    String name = commitName(number);
    Commit commit = decodeCommit(name, objects.read(name));
    requireNumber(name, number, commit.number());
    return commit;
  }

  /** A snapshot as it lies in the bucket. Throws as {@link #readCommit} does. */
  static CatalogState readSnapshot(ObjectStore objects, long number) {
    String name = snapshotName(number);
    CatalogState state = decodeSnapshot(name, objects.read(name));
    requireNumber(name, number, state.number());
    return state;
  }

  private static void requireNumber(String name, long wanted, long found) {
    if (found != wanted) {
      throw new StorageException.Corrupt(name, 8, "it holds the bytes of number " + found);
    }
  }

  static ByteBuffer encode(Commit commit) {
    ByteWriter out = start(COMMIT_MAGIC, VERSION);
    out.putVarint(commit.number());
    out.putLong(commit.uuid().getMostSignificantBits());
    out.putLong(commit.uuid().getLeastSignificantBits());
    out.putLong(commit.createdMillis());
    putLink(commit.link(), out);
    putBlocks(out, commit.added());
    out.putVarint(commit.removed().size());
    commit.removed().forEach(id -> out.putString(id.text()));
    putCoverage(out, commit.coverage());
    putFloors(out, commit.floors());
    ChangeFormat.putAll(commit.changes(), out);
    return finish(out);
  }

  static Commit decodeCommit(String name, ByteBuffer bytes) {
    Body body = open(name, bytes, COMMIT_MAGIC);
    ByteReader in = body.in();
    long number = in.getVarint();
    UUID uuid = new UUID(in.getLong(), in.getLong());
    long created = in.getLong();
    ChainLink link = body.version() < VERSION_4 ? ChainLink.NONE : link(in);
    int version = body.version();
    List<BlockEntry> added = blocks(in, version);
    List<BlockId> removed = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      removed.add(blockId(in));
    }
    List<Coverage> coverage = coverage(in, version);
    Map<Partition, Long> floors = version < VERSION_6 ? Map.of() : floors(in);
    List<Change> changes = version == VERSION_1 ? List.of() : ChangeFormat.getAll(in, version);
    return new Commit(number, link, uuid, created, added, removed, coverage, floors, changes);
  }

  static ByteBuffer encode(CatalogState state) {
    ByteWriter out = start(SNAPSHOT_MAGIC, VERSION);
    out.putVarint(state.number());
    putBlocks(out, List.copyOf(state.blocks().values()));
    putCovered(out, state.coverage());
    putFloors(out, state.floors());
    out.putVarint(state.sequences().base());
    out.putVarint(state.sequences().greatest());
    ChangeFormat.put(state.removals(), out);
    putOwnership(state.ownership(), out);
    putLink(state.link(), out);
    return finish(out);
  }

  static CatalogState decodeSnapshot(String name, ByteBuffer bytes) {
    Body body = open(name, bytes, SNAPSHOT_MAGIC);
    ByteReader in = body.in();
    long number = in.getVarint();
    Map<BlockId, BlockEntry> live = new TreeMap<>();
    int version = body.version();
    blocks(in, version).forEach(entry -> live.put(entry.id(), entry));
    Map<CatalogState.Scope, Long> covered = covered(in, version);
    Map<Partition, Long> floors = version < VERSION_6 ? Map.of() : floors(in);
    CatalogState.Sequences sequences =
        version < VERSION_6
            ? CatalogState.Sequences.NONE.with(live.values())
            : new CatalogState.Sequences(in.getVarint(), in.getVarint());
    Removals removals =
        version == VERSION_1 ? Removals.NONE : ChangeFormat.getRemovals(in, version);
    Ownership ownership = version < VERSION_3 ? Ownership.NONE : ownership(in, version);
    ChainLink link = version < VERSION_4 ? ChainLink.NONE : link(in);
    return new CatalogState(number, live, covered, floors, sequences, removals, ownership, link);
  }

  private static void putLink(ChainLink link, ByteWriter out) {
    for (UUID one : List.of(link.bucket(), link.last())) {
      out.putLong(one.getMostSignificantBits());
      out.putLong(one.getLeastSignificantBits());
    }
  }

  private static ChainLink link(ByteReader in) {
    UUID bucket = new UUID(in.getLong(), in.getLong());
    return new ChainLink(bucket, new UUID(in.getLong(), in.getLong()));
  }

  private static void putOwnership(Ownership ownership, ByteWriter out) {
    out.putByte(ownership.owner().isPresent() ? 1 : 0);
    ownership
        .owner()
        .ifPresent(
            owner -> {
              out.putString(owner.log());
              out.putString(owner.host());
              out.putVarint(owner.sinceMillis());
            });
    out.putVarint(ownership.earlier().size());
    for (Ownership.Handover one : ownership.earlier()) {
      out.putString(one.log());
      putCovered(out, one.coverage());
    }
    out.putVarint(ownership.renewed().size());
    for (Ownership.Renewal one : ownership.renewed()) {
      out.putString(one.log());
      out.putString(one.next());
      out.putVarint(one.from());
    }
  }

  private static Ownership ownership(ByteReader in, int version) {
    Optional<Ownership.Owner> owner =
        in.getByte() == 1
            ? Optional.of(new Ownership.Owner(in.getString(), in.getString(), in.getVarint()))
            : Optional.empty();
    List<Ownership.Handover> earlier = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      earlier.add(new Ownership.Handover(in.getString(), covered(in, version)));
    }
    List<Ownership.Renewal> renewed = new ArrayList<>();
    for (int left = version < VERSION_4 ? 0 : in.getCount(); left > 0; left--) {
      renewed.add(new Ownership.Renewal(in.getString(), in.getString(), in.getVarint()));
    }
    return new Ownership(owner, earlier, renewed);
  }

  private static ByteWriter start(int magic, int version) {
    ByteWriter out = new ByteWriter();
    out.putInt(magic);
    out.putInt(version);
    return out;
  }

  private static ByteBuffer finish(ByteWriter out) {
    out.putInt(Crc.of(out.array(), 0, out.size()));
    return out.view();
  }

  /** What is between version and checksum. */
  private record Body(ByteReader in, int version) {}

  private static Body open(String name, ByteBuffer bytes, int magic) {
    ByteReader whole = new ByteReader(bytes, name, 0);
    int size = bytes.remaining();
    if (size < 12) {
      throw whole.corrupt("it has " + size + " bytes");
    }
    ByteBuffer little = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (Crc.of(little.slice(0, size - 4)) != little.getInt(size - 4)) {
      throw whole.corrupt("its checksum does not fit its content");
    }
    if (whole.getInt() != magic) {
      throw whole.corrupt("it does not begin with the magic of this kind of object");
    }
    int version = whole.getInt();
    if (version < VERSION_1 || version > VERSION) {
      throw whole.corrupt("version " + version + " is not known to this release");
    }
    return new Body(new ByteReader(little.slice(8, size - 12), name, 8), version);
  }

  static void putBlocks(ByteWriter out, List<BlockEntry> blocks) {
    out.putVarint(blocks.size());
    for (BlockEntry block : blocks) {
      out.putString(block.id().text());
      putScope(block.scope(), out);
      out.putZigzag(block.minTime());
      out.putZigzag(block.maxTime());
      out.putVarint(block.items());
      out.putVarint(block.bytes());
      out.putVarint(block.level());
      out.putVarint(block.sequence());
    }
  }

  static List<BlockEntry> blocks(ByteReader in, int version) {
    List<BlockEntry> blocks = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      BlockId id = blockId(in);
      CatalogState.Scope scope = scope(in, version);
      blocks.add(
          new BlockEntry(
              id,
              scope.partition(),
              scope.signal(),
              scope.tenant(),
              in.getZigzag(),
              in.getZigzag(),
              in.getVarint(),
              in.getVarint(),
              (int) in.getVarint(),
              in.getVarint()));
    }
    return blocks;
  }

  private static void putScope(CatalogState.Scope scope, ByteWriter out) {
    putPartition(scope.partition(), out);
    out.putByte(scope.signal().code());
    out.putString(scope.tenant().value());
  }

  private static CatalogState.Scope scope(ByteReader in, int version) {
    Partition partition = version < VERSION_6 ? Partition.LOCAL : partition(in);
    return new CatalogState.Scope(partition, signal(in), tenant(in));
  }

  private static void putPartition(Partition partition, ByteWriter out) {
    if (partition.equals(Partition.LOCAL)) {
      out.putByte(LOCAL);
      return;
    }
    out.putByte(NAMED);
    out.putString(partition.topic());
    out.putVarint(partition.number());
  }

  private static Partition partition(ByteReader in) {
    int kind = in.getByte();
    if (kind == LOCAL) {
      return Partition.LOCAL;
    }
    if (kind != NAMED) {
      throw in.corrupt("a partition of kind " + kind);
    }
    try {
      return new Partition(in.getString(), in.getIndex(Integer.MAX_VALUE));
    } catch (InvalidRequestException e) {
      throw in.corrupt(String.valueOf(e.getMessage()));
    }
  }

  private static void putCoverage(ByteWriter out, List<Coverage> coverage) {
    out.putVarint(coverage.size());
    for (Coverage one : coverage) {
      putScope(one.scope(), out);
      out.putVarint(one.from() - Coverage.UNKNOWN);
      out.putVarint(one.next());
    }
  }

  private static List<Coverage> coverage(ByteReader in, int version) {
    List<Coverage> coverage = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      CatalogState.Scope scope = scope(in, version);
      long from = version < VERSION_6 ? Coverage.UNKNOWN : in.getVarint() + Coverage.UNKNOWN;
      long next = in.getVarint();
      if (from < Coverage.UNKNOWN || next < from) {
        throw in.corrupt("coverage from " + from + " to " + next);
      }
      coverage.add(new Coverage(scope, from, next));
    }
    return coverage;
  }

  private static void putCovered(ByteWriter out, Map<CatalogState.Scope, Long> covered) {
    out.putVarint(covered.size());
    covered.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            one -> {
              putScope(one.getKey(), out);
              out.putVarint(one.getValue());
            });
  }

  private static Map<CatalogState.Scope, Long> covered(ByteReader in, int version) {
    Map<CatalogState.Scope, Long> covered = new HashMap<>();
    for (int left = in.getCount(); left > 0; left--) {
      covered.put(scope(in, version), in.getVarint());
    }
    return Map.copyOf(covered);
  }

  private static void putFloors(ByteWriter out, Map<Partition, Long> floors) {
    out.putVarint(floors.size());
    floors.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            one -> {
              putPartition(one.getKey(), out);
              out.putVarint(one.getValue());
            });
  }

  private static Map<Partition, Long> floors(ByteReader in) {
    Map<Partition, Long> floors = new HashMap<>();
    for (int left = in.getCount(); left > 0; left--) {
      floors.put(partition(in), in.getVarint());
    }
    return Map.copyOf(floors);
  }

  static TenantId tenant(ByteReader in) {
    String text = in.getString();
    try {
      return new TenantId(text);
    } catch (InvalidRequestException e) {
      throw in.corrupt(e.getMessage() == null ? "bad tenant" : e.getMessage());
    }
  }

  static BlockId blockId(ByteReader in) {
    try {
      return new BlockId(in.getString());
    } catch (IllegalArgumentException e) {
      throw in.corrupt(e.getMessage() == null ? "bad block id" : e.getMessage());
    }
  }

  static Signal signal(ByteReader in) {
    int code = in.getByte();
    Signal signal = Signal.ofCode(code);
    if (signal == null) {
      throw in.corrupt("signal " + code + " is not known");
    }
    return signal;
  }
}

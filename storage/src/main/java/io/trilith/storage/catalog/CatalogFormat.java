package io.trilith.storage.catalog;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
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
 * commit   = number uuid:16 createdMillis:8 bucket:16 previous:16 blocks removed coverage changes
 * snapshot = number blocks coverage deletions completed doomed accepted ownership bucket:16 last:16
 * floor    = number ordinal
 * </pre>
 */
final class CatalogFormat {
  static final int COMMIT_MAGIC = 0x54435254;
  static final int SNAPSHOT_MAGIC = 0x53435254;
  static final int FLOOR_MAGIC = 0x46435254;

  /** With who asked for deletions, what was removed and what was copied. */
  static final int VERSION_5 = 5;

  static final int VERSION = VERSION_5;

  /** With the bucket and the commit before. */
  static final int VERSION_4 = 4;

  /** With logs that took over, and removed blocks that cannot be restored. */
  static final int VERSION_3 = 3;

  private static final int VERSION_2 = 2;

  /** Without changes; floors without their place. */
  private static final int VERSION_1 = 1;

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
    List<BlockEntry> added = blocks(in);
    List<BlockId> removed = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      removed.add(blockId(in));
    }
    List<Coverage> coverage = coverage(in);
    List<Change> changes =
        body.version() == VERSION_1 ? List.of() : ChangeFormat.getAll(in, body.version());
    return new Commit(number, link, uuid, created, added, removed, coverage, changes);
  }

  static ByteBuffer encode(CatalogState state) {
    ByteWriter out = start(SNAPSHOT_MAGIC, VERSION);
    out.putVarint(state.number());
    putBlocks(out, List.copyOf(state.blocks().values()));
    List<Coverage> coverage = list(state.coverage());
    putCoverage(out, coverage);
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
    blocks(in).forEach(entry -> live.put(entry.id(), entry));
    Map<CatalogState.Scope, Long> covered = byScope(coverage(in));
    int version = body.version();
    Removals removals =
        version == VERSION_1 ? Removals.NONE : ChangeFormat.getRemovals(in, version);
    Ownership ownership = version < VERSION_3 ? Ownership.NONE : ownership(in, version);
    ChainLink link = version < VERSION_4 ? ChainLink.NONE : link(in);
    return new CatalogState(number, live, covered, removals, ownership, link);
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
      putCoverage(out, list(one.coverage()));
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
      earlier.add(new Ownership.Handover(in.getString(), byScope(coverage(in))));
    }
    List<Ownership.Renewal> renewed = new ArrayList<>();
    for (int left = version < VERSION_4 ? 0 : in.getCount(); left > 0; left--) {
      renewed.add(new Ownership.Renewal(in.getString(), in.getString(), in.getVarint()));
    }
    return new Ownership(owner, earlier, renewed);
  }

  private static List<Coverage> list(Map<CatalogState.Scope, Long> coverage) {
    List<Coverage> all = new ArrayList<>();
    coverage.forEach((scope, next) -> all.add(new Coverage(scope.signal(), scope.tenant(), next)));
    all.sort(Comparator.comparing(Coverage::signal).thenComparing(one -> one.tenant().value()));
    return all;
  }

  private static Map<CatalogState.Scope, Long> byScope(List<Coverage> all) {
    Map<CatalogState.Scope, Long> covered = new HashMap<>();
    all.forEach(c -> covered.put(new CatalogState.Scope(c.signal(), c.tenant()), c.next()));
    return Map.copyOf(covered);
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
      out.putByte(block.signal().code());
      out.putString(block.tenant().value());
      out.putZigzag(block.minTime());
      out.putZigzag(block.maxTime());
      out.putVarint(block.items());
      out.putVarint(block.bytes());
      out.putVarint(block.level());
      out.putVarint(block.sequence());
    }
  }

  static List<BlockEntry> blocks(ByteReader in) {
    List<BlockEntry> blocks = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      blocks.add(
          new BlockEntry(
              blockId(in),
              signal(in),
              new TenantId(in.getString()),
              in.getZigzag(),
              in.getZigzag(),
              in.getVarint(),
              in.getVarint(),
              (int) in.getVarint(),
              in.getVarint()));
    }
    return blocks;
  }

  private static void putCoverage(ByteWriter out, List<Coverage> coverage) {
    out.putVarint(coverage.size());
    for (Coverage c : coverage) {
      out.putByte(c.signal().code());
      out.putString(c.tenant().value());
      out.putVarint(c.next());
    }
  }

  private static List<Coverage> coverage(ByteReader in) {
    List<Coverage> coverage = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      coverage.add(new Coverage(signal(in), new TenantId(in.getString()), in.getVarint()));
    }
    return coverage;
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

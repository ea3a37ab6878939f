package io.trilith.storage.catalog;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The bytes of changes and of what is on its way out, see {@code docs/formats/catalog.md}. */
final class ChangeFormat {
  private static final int DELETED = 1;
  private static final int CANCELLED = 2;
  private static final int PROGRESSED = 3;
  private static final int COMPLETED = 4;
  private static final int DOOMED = 5;
  private static final int FORGOTTEN = 6;
  private static final int ACCEPTED = 7;
  private static final int MOVED = 8;
  private static final int TAKEN_OVER = 9;
  private static final int REMOVED = 10;
  private static final int COPIED = 11;
  private static final int RENEWED = 20;

  private ChangeFormat() {}

  static void putAll(List<Change> changes, ByteWriter out) {
    out.putVarint(changes.size());
    for (Change change : changes) {
      switch (change) {
        case Change.Deleted(Deletion deletion) -> {
          out.putByte(DELETED);
          putDeletion(deletion, out);
        }
        case Change.Cancelled(String id, String by) -> {
          out.putByte(CANCELLED);
          out.putString(id);
          out.putString(by);
        }
        case Change.Progressed progress -> {
          out.putByte(PROGRESSED);
          out.putString(progress.deletion());
          out.putByte(progress.signal().code());
          out.putVarint(progress.items());
          out.putZigzag(progress.bytes());
          putIds(progress.clean(), out);
        }
        case Change.Moved(String id, BlockId from, BlockId to) -> {
          out.putByte(MOVED);
          out.putString(id);
          out.putString(from.text());
          out.putString(to.text());
        }
        case Change.Completed(String id, List<String> outOfReach) -> {
          out.putByte(COMPLETED);
          out.putString(id);
          putTexts(outOfReach, out);
        }
        case Change.Doomed doomed -> {
          out.putByte(DOOMED);
          putDoomed(doomed, out);
        }
        case Change.Forgotten(List<BlockId> blocks) -> {
          out.putByte(FORGOTTEN);
          putIds(blocks, out);
        }
        case Change.Removed removed -> {
          out.putByte(REMOVED);
          putRemoved(removed, out);
        }
        case Change.Copied(String to) -> {
          out.putByte(COPIED);
          out.putString(to);
        }
        case Change.Accepted(String policies) -> {
          out.putByte(ACCEPTED);
          out.putString(policies);
        }
        case Change.TakenOver(String log, String host, long base) -> {
          out.putByte(TAKEN_OVER);
          out.putString(log);
          out.putString(host);
          out.putVarint(base);
        }
        case Change.Renewed(String log, String host, long from) -> {
          out.putByte(RENEWED);
          out.putString(log);
          out.putString(host);
          out.putVarint(from);
        }
      }
    }
  }

  static List<Change> getAll(ByteReader in, int version) {
    List<Change> changes = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      int kind = in.getByte();
      changes.add(
          switch (kind) {
            case DELETED -> new Change.Deleted(getDeletion(in, version));
            case CANCELLED ->
                new Change.Cancelled(
                    in.getString(), version < CatalogFormat.VERSION_5 ? "" : in.getString());
            case PROGRESSED ->
                new Change.Progressed(
                    in.getString(),
                    CatalogFormat.signal(in),
                    in.getVarint(),
                    in.getZigzag(),
                    new HashSet<>(getIds(in)));
            case MOVED ->
                new Change.Moved(
                    in.getString(), CatalogFormat.blockId(in), CatalogFormat.blockId(in));
            case COMPLETED ->
                new Change.Completed(
                    in.getString(), version < CatalogFormat.VERSION_5 ? List.of() : getTexts(in));
            case REMOVED -> getRemoved(in);
            case COPIED -> new Change.Copied(in.getString());
            case DOOMED -> getDoomed(in, version);
            case FORGOTTEN -> new Change.Forgotten(getIds(in));
            case ACCEPTED -> new Change.Accepted(in.getString());
            case TAKEN_OVER ->
                new Change.TakenOver(
                    in.getString(),
                    in.getString(),
                    version < CatalogFormat.VERSION_6 ? 0 : in.getVarint());
            case RENEWED -> new Change.Renewed(in.getString(), in.getString(), in.getVarint());
            default -> throw in.corrupt("a change of kind " + kind);
          });
    }
    return changes;
  }

  static void put(Removals removals, ByteWriter out) {
    out.putVarint(removals.active().size());
    removals.active().values().forEach(deletion -> putDeletion(deletion, out));
    out.putVarint(removals.completed().size());
    removals.completed().forEach(deletion -> putDeletion(deletion, out));
    out.putVarint(removals.doomed().size());
    removals.doomed().values().forEach(doomed -> putDoomed(doomed, out));
    out.putString(removals.accepted());
    out.putVarint(removals.acceptedMillis());
    out.putVarint(removals.removed().size());
    removals.removed().forEach(one -> putRemoved(one, out));
    out.putVarint(removals.copies().size());
    for (Removals.Copy copy : removals.copies()) {
      out.putString(copy.to());
      out.putVarint(copy.millis());
    }
  }

  static Removals getRemovals(ByteReader in, int version) {
    Map<String, Deletion> active = new TreeMap<>();
    getDeletions(in, version).forEach(deletion -> active.put(deletion.id(), deletion));
    List<Deletion> completed = getDeletions(in, version);
    Map<BlockId, Change.Doomed> doomed = new TreeMap<>();
    for (int left = in.getCount(); left > 0; left--) {
      Change.Doomed one = getDoomed(in, version);
      doomed.put(one.block().id(), one);
    }
    String accepted = in.getString();
    if (version < CatalogFormat.VERSION_5) {
      return new Removals(active, completed, doomed, accepted);
    }
    long acceptedMillis = in.getVarint();
    List<Change.Removed> removed = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      removed.add(getRemoved(in));
    }
    List<Removals.Copy> copies = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      copies.add(new Removals.Copy(in.getString(), in.getVarint()));
    }
    return new Removals(active, completed, doomed, accepted, acceptedMillis, removed, copies);
  }

  private static void putRemoved(Change.Removed removed, ByteWriter out) {
    out.putVarint(removed.millis());
    out.putString(removed.policy());
    out.putByte(removed.signal().code());
    out.putString(removed.tenant().value());
    out.putVarint(removed.rows());
    out.putZigzag(removed.bytes());
  }

  private static Change.Removed getRemoved(ByteReader in) {
    return new Change.Removed(
        in.getVarint(),
        in.getString(),
        CatalogFormat.signal(in),
        CatalogFormat.tenant(in),
        in.getVarint(),
        in.getZigzag());
  }

  private static void putTexts(List<String> texts, ByteWriter out) {
    out.putVarint(texts.size());
    texts.forEach(out::putString);
  }

  private static List<String> getTexts(ByteReader in) {
    List<String> texts = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      texts.add(in.getString());
    }
    return texts;
  }

  private static void putDoomed(Change.Doomed doomed, ByteWriter out) {
    CatalogFormat.putBlocks(out, List.of(doomed.block()));
    out.putVarint(doomed.untilMillis());
    out.putString(doomed.reason());
    out.putByte(doomed.restorable() ? 1 : 0);
  }

  private static Change.Doomed getDoomed(ByteReader in, int version) {
    List<BlockEntry> block = CatalogFormat.blocks(in, version);
    if (block.size() != 1) {
      throw in.corrupt("a doomed block that is " + block.size());
    }
    long until = in.getVarint();
    String reason = in.getString();
    boolean restorable = version < CatalogFormat.VERSION_3 || in.getByte() == 1;
    return new Change.Doomed(block.getFirst(), until, reason, restorable);
  }

  private static void putDeletion(Deletion deletion, ByteWriter out) {
    out.putString(deletion.id());
    out.putString(deletion.tenant().value());
    out.putVarint(deletion.createdMillis());
    out.putVarint(deletion.dueMillis());
    out.putVarint(deletion.createdBy());
    out.putVarint(deletion.completedBy());
    out.putVarint(deletion.completedMillis());
    out.putVarint(deletion.parts().size());
    for (Deletion.Part part : deletion.parts()) {
      out.putByte(part.signal().code());
      putTexts(part.selectors(), out);
      out.putZigzag(part.minTime());
      out.putZigzag(part.maxTime());
      out.putVarint(part.found().size());
      part.found().forEach(out::putLong);
      putIds(part.blocks(), out);
      out.putVarint(part.items());
      out.putZigzag(part.bytes());
    }
    out.putString(deletion.asked().by());
    out.putString(deletion.asked().log());
    out.putVarint(deletion.asked().logEnd());
    out.putByte(deletion.ended().cancelled() ? 1 : 0);
    out.putString(deletion.ended().by());
    putTexts(deletion.ended().outOfReach(), out);
  }

  private static List<Deletion> getDeletions(ByteReader in, int version) {
    List<Deletion> deletions = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      deletions.add(getDeletion(in, version));
    }
    return deletions;
  }

  private static Deletion getDeletion(ByteReader in, int version) {
    String id = in.getString();
    TenantId tenant = CatalogFormat.tenant(in);
    long created = in.getVarint();
    long due = in.getVarint();
    long createdBy = in.getVarint();
    long completedBy = in.getVarint();
    long completedMillis = in.getVarint();
    List<Deletion.Part> parts = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      parts.add(getPart(in));
    }
    Deletion.Asked asked = Deletion.Asked.NOT_KNOWN;
    Deletion.Ended ended = Deletion.Ended.NOT;
    if (version >= CatalogFormat.VERSION_5) {
      asked = new Deletion.Asked(in.getString(), in.getString(), in.getVarint());
      ended = new Deletion.Ended(in.getByte() == 1, in.getString(), getTexts(in));
    }
    return new Deletion(
        id, tenant, created, due, parts, createdBy, completedBy, completedMillis, asked, ended);
  }

  private static Deletion.Part getPart(ByteReader in) {
    Signal signal = CatalogFormat.signal(in);
    List<String> selectors = getTexts(in);
    long min = in.getZigzag();
    long max = in.getZigzag();
    List<Long> found = new ArrayList<>();
    for (int left = in.getCount(8); left > 0; left--) {
      found.add(in.getLong());
    }
    Set<BlockId> blocks = new HashSet<>(getIds(in));
    return new Deletion.Part(
        signal, selectors, min, max, found, blocks, in.getVarint(), in.getZigzag());
  }

  private static void putIds(Collection<BlockId> ids, ByteWriter out) {
    out.putVarint(ids.size());
    ids.stream().sorted().forEach(id -> out.putString(id.text()));
  }

  private static List<BlockId> getIds(ByteReader in) {
    List<BlockId> ids = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      ids.add(CatalogFormat.blockId(in));
    }
    return ids;
  }
}

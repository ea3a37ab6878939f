package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Silence;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What rules write into the log, see {@code docs/formats/rule-notes.md}. */
final class RuleNotes {
  private static final int VERSION = 1;

  /** The first version that has silences; notes of other kinds are still of version 1. */
  private static final int SILENCE_VERSION = 2;

  private static final int TICK = 1;
  private static final int SET = 2;
  private static final int DELETED = 3;
  private static final int SILENCE = 4;

  private static final int GONE = 1;
  private static final int HAS_ACTIVE = 2;
  private static final int HAS_FIRED = 4;
  private static final int HAS_KEPT = 8;
  private static final int HAS_RESOLVED = 16;
  private static final int STATE_SHIFT = 5;

  private RuleNotes() {}

  /** A note of a tenant. */
  sealed interface Note {
    GroupKey key();

    /**
     * A tick that happened.
     *
     * @param whole whether all alerts are there, and not what changed only
     * @param changes by rule
     */
    record Tick(
        GroupKey key, long tick, boolean whole, Map<String, List<GroupState.Change>> changes)
        implements Note {}

    /** A group was set, to this YAML. */
    record Set(GroupKey key, long revision, String yaml) implements Note {}

    record Deleted(GroupKey key, long revision) implements Note {}

    /** A silence was set, changed or ended early; its id stands where the namespace does. */
    record Silenced(TenantId tenant, long revision, Silence silence) implements Note {
      @Override
      public GroupKey key() {
        return new GroupKey(tenant, GroupKey.Source.PROMETHEUS, silence.id(), "");
      }
    }
  }

  static byte[] encode(Note note) {
    ByteWriter out = new ByteWriter(128);
    out.putByte(note instanceof Note.Silenced ? SILENCE_VERSION : VERSION);
    out.putByte(
        switch (note) {
          case Note.Tick _ -> TICK;
          case Note.Set _ -> SET;
          case Note.Deleted _ -> DELETED;
          case Note.Silenced _ -> SILENCE;
        });
    out.putByte(note.key().source().ordinal());
    out.putString(note.key().namespace());
    out.putString(note.key().group());
    switch (note) {
      case Note.Tick tick -> put(tick, out);
      case Note.Set set -> {
        out.putVarint(set.revision());
        out.putString(set.yaml());
      }
      case Note.Deleted deleted -> out.putVarint(deleted.revision());
      case Note.Silenced silenced -> {
        out.putVarint(silenced.revision());
        put(silenced.silence(), out);
      }
    }
    return out.toArray();
  }

  private static void put(Silence silence, ByteWriter out) {
    out.putZigzag(silence.startsAt());
    out.putZigzag(silence.endsAt());
    out.putZigzag(silence.updatedAt());
    out.putString(silence.createdBy());
    out.putString(silence.comment());
    out.putVarint(silence.matchers().size());
    for (Matcher matcher : silence.matchers()) {
      out.putByte(matcher.op().ordinal());
      out.putString(matcher.name());
      out.putString(matcher.value());
    }
  }

  private static Silence silence(String id, ByteReader in) {
    long starts = in.getZigzag();
    long ends = in.getZigzag();
    long updated = in.getZigzag();
    String by = in.getString();
    String comment = in.getString();
    List<Matcher> matchers = new ArrayList<>();
    Matcher.Op[] ops = Matcher.Op.values();
    for (int count = in.getCount(3); count > 0; count--) {
      int op = in.getByte();
      if (op >= ops.length) {
        throw in.corrupt("operator " + op + " of a silence is not known");
      }
      try {
        matchers.add(Matcher.of(in.getString(), ops[op], in.getString()));
      } catch (InvalidRequestException e) {
        throw in.corrupt("a matcher of a silence is none: " + e.getMessage());
      }
    }
    return new Silence(id, matchers, starts, ends, updated, by, comment);
  }

  private static void put(Note.Tick tick, ByteWriter out) {
    out.putZigzag(tick.tick());
    out.putByte(tick.whole() ? 1 : 0);
    out.putVarint(tick.changes().size());
    tick.changes()
        .forEach(
            (rule, changes) -> {
              out.putString(rule);
              out.putVarint(changes.size());
              changes.forEach(change -> put(change, out));
            });
  }

  private static void put(GroupState.Change change, ByteWriter out) {
    Alert alert = change.alert();
    putPairs(alert.labels().toMap(), out);
    if (change.gone()) {
      out.putByte(GONE);
      return;
    }
    int flags = alert.state().ordinal() << STATE_SHIFT;
    flags |= alert.activeAt() != Alert.NEVER ? HAS_ACTIVE : 0;
    flags |= alert.firedAt() != Alert.NEVER ? HAS_FIRED : 0;
    flags |= alert.keepFiringSince() != Alert.NEVER ? HAS_KEPT : 0;
    flags |= alert.resolvedAt() != Alert.NEVER ? HAS_RESOLVED : 0;
    out.putByte(flags);
    for (long time :
        new long[] {
          alert.activeAt(), alert.firedAt(), alert.keepFiringSince(), alert.resolvedAt()
        }) {
      if (time != Alert.NEVER) {
        out.putZigzag(time);
      }
    }
    out.putDouble(alert.value());
    putPairs(alert.annotations(), out);
  }

  private static void putPairs(Map<String, String> pairs, ByteWriter out) {
    out.putVarint(pairs.size());
    pairs.forEach(
        (name, value) -> {
          out.putString(name);
          out.putString(value);
        });
  }

  /** Throws StorageException.Corrupt, naming where it is from. */
  static Note decode(TenantId tenant, ByteBuffer bytes, String from) {
    ByteReader in = new ByteReader(bytes, from, 0);
    int version = in.getByte();
    int kind = in.getByte();
    if (version != (kind == SILENCE ? SILENCE_VERSION : VERSION)) {
      throw in.corrupt(
          "a note of rules of version "
              + version
              + " and kind "
              + kind
              + " is not known to this release");
    }
    int source = in.getByte();
    GroupKey.Source[] sources = GroupKey.Source.values();
    if (source >= sources.length) {
      throw in.corrupt("source " + source + " of a rule group is not known to this release");
    }
    GroupKey key = new GroupKey(tenant, sources[source], in.getString(), in.getString());
    Note note =
        switch (kind) {
          case TICK -> tick(key, in);
          case SET -> new Note.Set(key, in.getVarint(), in.getString());
          case DELETED -> new Note.Deleted(key, in.getVarint());
          case SILENCE -> {
            if (source != GroupKey.Source.PROMETHEUS.ordinal() || !key.group().isEmpty()) {
              throw in.corrupt("a silence belongs to no group");
            }
            yield new Note.Silenced(tenant, in.getVarint(), silence(key.namespace(), in));
          }
          default ->
              throw in.corrupt("a note of rules of kind " + kind + " is not known to this release");
        };
    if (in.hasRemaining()) {
      throw in.corrupt(in.remaining() + " bytes are left of a note of rules");
    }
    return note;
  }

  private static Note tick(GroupKey key, ByteReader in) {
    long tick = in.getZigzag();
    boolean whole = in.getByte() != 0;
    Map<String, List<GroupState.Change>> changes = new LinkedHashMap<>();
    for (int rules = in.getCount(2); rules > 0; rules--) {
      String rule = in.getString();
      List<GroupState.Change> list = new ArrayList<>();
      for (int count = in.getCount(2); count > 0; count--) {
        list.add(change(in));
      }
      changes.put(rule, list);
    }
    return new Note.Tick(key, tick, whole, changes);
  }

  private static GroupState.Change change(ByteReader in) {
    Labels.Builder labels = new Labels.Builder();
    pairs(in).forEach(labels::set);
    int flags = in.getByte();
    if ((flags & GONE) != 0) {
      return new GroupState.Change(Alert.pending(labels.build(), Map.of(), 0, Alert.NEVER), true);
    }
    Alert.State[] states = Alert.State.values();
    if (flags >> STATE_SHIFT >= states.length) {
      throw in.corrupt("state " + (flags >> STATE_SHIFT) + " of an alert is not known");
    }
    long active = (flags & HAS_ACTIVE) != 0 ? in.getZigzag() : Alert.NEVER;
    long fired = (flags & HAS_FIRED) != 0 ? in.getZigzag() : Alert.NEVER;
    long kept = (flags & HAS_KEPT) != 0 ? in.getZigzag() : Alert.NEVER;
    long resolved = (flags & HAS_RESOLVED) != 0 ? in.getZigzag() : Alert.NEVER;
    double value = in.getDouble();
    return new GroupState.Change(
        new Alert(
            labels.build(),
            pairs(in),
            value,
            states[flags >> STATE_SHIFT],
            active,
            fired,
            kept,
            resolved),
        false);
  }

  private static Map<String, String> pairs(ByteReader in) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int count = in.getCount(2); count > 0; count--) {
      pairs.put(in.getString(), in.getString());
    }
    return pairs;
  }
}

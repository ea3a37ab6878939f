package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Silence;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.NotedAppender;
import io.trilith.tsdb.store.NotedRecord;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of rules outlives the process: groups set by API, ticks, alerts. It is what the notes in the
 * log say, in order; from time to time all of it is written as an object, so that the log may go,
 * and a second process on the store goes on from it. See {@code docs/formats/rule-notes.md}.
 * Thread-safe.
 */
public final class RuleStates {
  /** Objects of state are below it. */
  public static final String PREFIX = "rules/state/";

  private static final Logger log = LoggerFactory.getLogger(RuleStates.class);
  private static final int MAGIC = 0x53525254; // TRRS
  private static final int VERSION = 1;
  private static final int KEPT_OBJECTS = 3;

  /** As long as Alertmanager keeps them. */
  private static final long SILENCE_KEPT_MILLIS = 120L * 3_600_000;

  private final ObjectStore objects;
  private final InstantSource clock;

  /** Held while a change of groups is written and done. */
  private final ReentrantLock definitions = new ReentrantLock();

  // Guarded by the lock.
  private final Map<GroupKey, String> stored = new HashMap<>();
  private final Map<TenantId, Map<String, Silence>> silences = new HashMap<>();
  private long revision;
  private long number;

  /** Its own lock. */
  private final Map<GroupKey, GroupState> states = new HashMap<>();

  private volatile @Nullable Supplier<Set<GroupKey>> live;

  // Guarded by this.
  private long keptFrom = Long.MAX_VALUE;
  private boolean dirty;
  private LongSupplier nextOffset = () -> Long.MAX_VALUE;

  /** As the newest object in the store has it. */
  public RuleStates(ObjectStore objects, InstantSource clock) {
    this.objects = objects;
    this.clock = clock;
    load();
  }

  private void load() {
    List<ObjectStore.Entry> found = objects.list(PREFIX);
    number = found.isEmpty() ? 0 : numberOf(found.getLast().name());
    for (ObjectStore.Entry entry : found.reversed()) {
      try {
        decode(objects.read(entry.name()), entry.name());
        return;
      } catch (StorageException.Corrupt e) {
        log.warn("state of rules is passed over: {}", e.getMessage());
        stored.clear();
        silences.clear();
        states.clear();
      }
    }
  }

  private static long numberOf(String name) {
    long value = 0;
    for (char c : name.substring(PREFIX.length()).toCharArray()) {
      value = c >= '0' && c <= '9' ? value * 10 + (c - '0') : value;
    }
    return value;
  }

  private void decode(ByteBuffer bytes, String name) {
    int length = bytes.remaining() - Integer.BYTES;
    ByteReader in = new ByteReader(bytes, name, 0);
    if (length < 3 * Integer.BYTES) {
      throw in.corrupt("the object is too short");
    }
    in.seek(length);
    int crc = in.getInt();
    if (crc != Crc.of(bytes.slice(bytes.position(), length))) {
      throw in.corrupt("the checksum is wrong");
    }
    in = new ByteReader(bytes.slice(bytes.position(), length), name, 0);
    if (in.getInt() != MAGIC) {
      throw in.corrupt("this is no state of rules");
    }
    int version = in.getInt();
    if (version != VERSION) {
      throw in.corrupt("version " + version + " is not known to this release");
    }
    long _ = in.getVarint();
    long upTo = in.getVarint();
    for (int count = in.getCount(2); count > 0; count--) {
      TenantId tenant = new TenantId(in.getString());
      take(RuleNotes.decode(tenant, in.slice(in.getCount()), name));
    }
    revision = Math.max(revision, upTo);
  }

  private void take(RuleNotes.Note note) {
    switch (note) {
      case RuleNotes.Note.Tick tick ->
          state(tick.key()).replay(tick.tick(), tick.whole(), tick.changes());
      case RuleNotes.Note.Set set -> {
        if (set.revision() > revision) {
          stored.put(set.key(), set.yaml());
        }
      }
      case RuleNotes.Note.Deleted deleted -> {
        if (deleted.revision() > revision) {
          stored.remove(deleted.key());
        }
      }
      case RuleNotes.Note.Silenced silenced -> {
        if (silenced.revision() > revision) {
          keep(silenced.tenant(), silenced.silence());
        }
      }
    }
  }

  /** Takes over a record of the metric store, read from the log at the start, if it has a note. */
  public void replay(long offset, TenantId tenant, ByteBuffer record) {
    NotedRecord noted = NotedRecord.of(record, offset);
    if (noted == null) {
      return;
    }
    RuleNotes.Note note = RuleNotes.decode(tenant, noted.note(), "log record " + offset);
    definitions.lock();
    try {
      take(note);
      switch (note) {
        case RuleNotes.Note.Tick _ -> {}
        case RuleNotes.Note.Set set -> revision = Math.max(revision, set.revision());
        case RuleNotes.Note.Deleted gone -> revision = Math.max(revision, gone.revision());
        case RuleNotes.Note.Silenced kept -> revision = Math.max(revision, kept.revision());
      }
    } finally {
      definitions.unlock();
    }
    synchronized (this) {
      keptFrom = Math.min(keptFrom, offset);
      dirty = true;
    }
  }

  /** Says what offset the log gives out next; from now on notes are written. */
  public synchronized void writesTo(LongSupplier next) {
    nextOffset = next;
  }

  /** The offset from which on the log has to be kept. */
  public synchronized long keptFrom() {
    return keptFrom;
  }

  private synchronized void aboutToWrite() {
    if (keptFrom == Long.MAX_VALUE) {
      keptFrom = nextOffset.getAsLong();
    }
    dirty = true;
  }

  /** The state of a group, empty when nothing is known of it. */
  GroupState state(GroupKey key) {
    synchronized (states) {
      return states.computeIfAbsent(key, _ -> new GroupState());
    }
  }

  /** Forgets a group. */
  void forget(GroupKey key) {
    synchronized (states) {
      GroupState _ = states.remove(key);
    }
  }

  /** Writes a tick: durable, with its samples, on return, and nothing of it when this throws. */
  void append(NotedAppender appender, RuleNotes.Note.Tick tick, MetricBatch batch) {
    aboutToWrite();
    var _ = appender.appendNoted(tick.key().tenant(), batch, RuleNotes.encode(tick));
  }

  /** The groups that were set by API, as YAML. */
  Map<GroupKey, String> stored() {
    definitions.lock();
    try {
      return new TreeMap<>(stored);
    } finally {
      definitions.unlock();
    }
  }

  /** Sets a group, or deletes it (null); durable on return. */
  void set(NotedAppender appender, GroupKey key, @Nullable String yaml) {
    definitions.lock();
    try {
      long next = revision + 1;
      RuleNotes.Note note =
          yaml == null
              ? new RuleNotes.Note.Deleted(key, next)
              : new RuleNotes.Note.Set(key, next, yaml);
      aboutToWrite();
      revision = next;
      var _ = appender.appendNoted(key.tenant(), new MetricBatch(), RuleNotes.encode(note));
      if (yaml == null) {
        String _ = stored.remove(key);
      } else {
        String _ = stored.put(key, yaml);
      }
    } finally {
      definitions.unlock();
    }
  }

  private void keep(TenantId tenant, Silence silence) {
    Silence _ = silences.computeIfAbsent(tenant, _ -> new TreeMap<>()).put(silence.id(), silence);
  }

  /** Sets a silence, or changes the one of that id; durable on return. */
  public void silence(NotedAppender appender, TenantId tenant, Silence silence) {
    definitions.lock();
    try {
      long next = revision + 1;
      aboutToWrite();
      revision = next;
      RuleNotes.Note note = new RuleNotes.Note.Silenced(tenant, next, silence);
      var _ = appender.appendNoted(tenant, new MetricBatch(), RuleNotes.encode(note));
      keep(tenant, silence);
    } finally {
      definitions.unlock();
    }
  }

  /** The silences of a tenant, those that are over lately included. */
  public List<Silence> silences(TenantId tenant) {
    definitions.lock();
    try {
      return List.copyOf(silences.getOrDefault(tenant, Map.of()).values());
    } finally {
      definitions.unlock();
    }
  }

  /** Whether an alert of a tenant is silenced now. */
  public boolean isSilenced(TenantId tenant, Labels labels) {
    long now = clock.millis();
    for (Silence silence : silences(tenant)) {
      if (silence.active(now) && silence.covers(labels)) {
        return true;
      }
    }
    return false;
  }

  /** Those that are over for long go when all is written. */
  private void addSilences(List<RuleNotes.Note> notes) {
    long oldest = clock.millis() - SILENCE_KEPT_MILLIS;
    silences.values().forEach(all -> all.values().removeIf(silence -> silence.endsAt() < oldest));
    silences.forEach(
        (tenant, all) ->
            all.values()
                .forEach(
                    silence -> notes.add(new RuleNotes.Note.Silenced(tenant, revision, silence))));
  }

  /** Says which groups there are; of others nothing is kept. */
  void keepOf(Supplier<Set<GroupKey>> groups) {
    live = groups;
  }

  /** Copies the newest state to another store. */
  public static void copy(ObjectStore from, ObjectStore to) {
    List<ObjectStore.Entry> there = from.list(PREFIX);
    if (there.isEmpty()) {
      return;
    }
    String newest = there.getLast().name();
    try (ObjectOutput out = to.create(newest)) {
      out.write(from.read(newest));
      out.commit();
    }
    for (ObjectStore.Entry entry : to.list(PREFIX)) {
      if (!entry.name().equals(newest)) {
        to.delete(entry.name());
      }
    }
  }

  /**
   * Writes everything as an object, unless nothing came since the last time; then the log may go up
   * to where this began.
   */
  public void write() {
    long from;
    synchronized (this) {
      if (!dirty) {
        return;
      }
      from = nextOffset.getAsLong();
      dirty = false;
    }
    try {
      create(encode());
    } catch (RuntimeException e) {
      synchronized (this) {
        dirty = true;
      }
      throw e;
    }
    synchronized (this) {
      keptFrom = dirty ? from : Long.MAX_VALUE;
    }
  }

  private byte[] encode() {
    ByteWriter out = new ByteWriter(1024);
    out.putInt(MAGIC);
    out.putInt(VERSION);
    out.putVarint(clock.millis());
    List<RuleNotes.Note> notes = new ArrayList<>();
    definitions.lock();
    try {
      out.putVarint(revision);
      stored.forEach((key, yaml) -> notes.add(new RuleNotes.Note.Set(key, revision, yaml)));
      addSilences(notes);
    } finally {
      definitions.unlock();
    }
    Map<GroupKey, GroupState> known;
    synchronized (states) {
      known = new TreeMap<>(states);
    }
    Supplier<Set<GroupKey>> groups = live;
    Set<GroupKey> kept = groups == null ? known.keySet() : groups.get();
    known.forEach(
        (key, state) -> {
          if (kept.contains(key)) {
            tick(key, state, notes);
          }
        });
    out.putVarint(notes.size());
    for (RuleNotes.Note note : notes) {
      byte[] bytes = RuleNotes.encode(note);
      out.putString(note.key().tenant().value());
      out.putVarint(bytes.length);
      out.putBytes(bytes);
    }
    out.putInt(Crc.of(out.view()));
    return out.toArray();
  }

  private static void tick(GroupKey key, GroupState state, List<RuleNotes.Note> notes) {
    state.lock().lock();
    try {
      if (state.tick() == Alert.NEVER) {
        return;
      }
      Map<String, List<GroupState.Change>> all = new TreeMap<>();
      state
          .all()
          .forEach(
              (rule, alerts) -> {
                if (!alerts.isEmpty()) {
                  all.put(
                      rule,
                      alerts.values().stream()
                          .map(alert -> new GroupState.Change(alert, false))
                          .toList());
                }
              });
      notes.add(new RuleNotes.Note.Tick(key, state.tick(), true, all));
    } finally {
      state.lock().unlock();
    }
  }

  private void create(byte[] content) {
    while (!objects.createIfAbsent(name(number + 1), ByteBuffer.wrap(content))) {
      number++;
    }
    number++;
    List<ObjectStore.Entry> all = objects.list(PREFIX);
    for (ObjectStore.Entry old : all.subList(0, Math.max(0, all.size() - KEPT_OBJECTS))) {
      objects.delete(old.name());
    }
  }

  private static String name(long number) {
    String digits = Long.toString(number);
    return PREFIX + "0".repeat(20 - digits.length()) + digits;
  }
}

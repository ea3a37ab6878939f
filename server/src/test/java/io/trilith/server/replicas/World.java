package io.trilith.server.replicas;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogCollection;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A log, a bucket and some replicas, and what happens to them, from one seed. Steps are those of
 * one thread: what may come in between of a request is done inside of it.
 */
final class World implements FaultyObjects.Weather {
  private static final List<TenantId> TENANTS = List.of(new TenantId("a"), new TenantId("b"));
  private static final Duration COLLECTED_AFTER = Duration.ofHours(1);

  private final SplittableRandom random;
  private final MemoryObjectStore bucket = new MemoryObjectStore();
  private final SimulatedLog log;
  private final Rows rows;
  private final Replica.Shared shared;
  private final Replica[] replicas;
  private final FaultyObjects[] reached;
  private final int[] frozen;
  private final List<Consumer<MemoryObjectStore>> late = new ArrayList<>();
  private final Set<Replica> touched = new HashSet<>();
  private final Map<String, Integer> events;
  private final Map<CatalogState.Scope, Long> sequences = new TreeMap<>();
  private final Set<BlockId> known = new HashSet<>();
  private final boolean chatty;
  private Instant now = Instant.ofEpochMilli(Rows.MILLIS);
  private boolean racing;
  private boolean calm = true;
  private int step;

  /** A rule does not hold. */
  @SuppressWarnings("serial") // never serialised
  static final class Violation extends RuntimeException {
    Violation(String message) {
      super(message);
    }
  }

  /**
   * A world.
   *
   * @param removed a rule that does not hold; null when all do
   * @param events counts what happened
   */
  World(long seed, @Nullable Rule removed, Map<String, Integer> events) {
    this.random = new SplittableRandom(seed);
    this.events = events;
    this.rows = new Rows(random.split());
    Set<Partition> partitions = new TreeSet<>();
    partitions.add(Partition.LOCAL);
    // Topics of their own for the signals, or one for all.
    boolean one = random.nextInt(4) == 0;
    for (Signal signal : Signal.values()) {
      int count = random.nextInt(3) == 0 ? 2 : 1;
      for (int i = 0; i < count; i++) {
        partitions.add(new Partition(one ? "shared" : signal.text(), i));
      }
    }
    this.log = new SimulatedLog(partitions);
    InstantSource clock = () -> now;
    this.shared = new Replica.Shared(log, clock, removed, new HashMap<>());
    this.chatty = random.nextInt(6) == 0;
    this.replicas = new Replica[random.nextInt(2, 4)];
    this.reached = new FaultyObjects[replicas.length];
    this.frozen = new int[replicas.length];
    for (int i = 0; i < replicas.length; i++) {
      start(i, i == 0 || random.nextInt(3) == 0 ? new TreeSet<>(partitions) : new TreeSet<>());
    }
    if (random.nextBoolean()) {
      moveUp();
    }
  }

  private void start(int i, Set<Partition> owned) {
    FaultyObjects objects = new FaultyObjects(bucket, random.split(), this);
    boolean was = calm;
    calm = true;
    reached[i] = objects;
    replicas[i] = new Replica(shared, objects, random.split(), owned);
    calm = was;
    frozen[i] = 0;
    touched.add(replicas[i]);
  }

  /** One process had a log of its own; its rows are in blocks when the shared log takes over. */
  private void moveUp() {
    Replica first = replicas[0];
    for (int i = 0; i < 100; i++) {
      log.append(Partition.LOCAL, new SimulatedLog.Cut(Optional.empty(), Optional.empty()));
    }
    for (int i = 0; i < 15; i++) {
      send(Partition.LOCAL);
    }
    while (first.heads().stream().anyMatch(head -> head.oldestOffset() < Long.MAX_VALUE)
        || first.applied(Partition.LOCAL) < log.end(Partition.LOCAL)) {
      while (first.follow(Partition.LOCAL)) {
        saw("local record");
      }
      first.write();
      first.commit();
      if (shared.removed() == Rule.CUTS_ARE_IN_THE_LOG) {
        first.heads().forEach(head -> head.seal());
      }
    }
    boolean base = shared.removed() != Rule.SEQUENCES_ONLY_GROW;
    CatalogState _ =
        first.catalog.commit(
            state ->
                Draft.of(
                    new Change.TakenOver(
                        "shared", "host", base ? state.sequences().greatest() : 0)));
    for (Replica one : replicas) {
      one.refresh();
    }
    saw("moved up");
  }

  // What is asked while requests are made.

  @Override
  public boolean isBad() {
    return !calm;
  }

  @Override
  public void race(FaultyObjects of) {
    int i = random.nextInt(replicas.length);
    if (racing || reached[i] == of) {
      return;
    }
    racing = true;
    try {
      Replica other = replicas[i];
      if (random.nextInt(4) == 0 && chatty) {
        calm = true;
        chatter(other);
        collect();
        calm = false;
      }
      saw("race");
      attempt(other, other::write);
      attempt(other, other::commit);
    } finally {
      racing = false;
    }
  }

  @Override
  public void later(Consumer<MemoryObjectStore> request) {
    late.add(request);
  }

  @Override
  public void saw(String event) {
    events.merge(event, 1, Integer::sum);
  }

  // Steps.

  void run(int steps) {
    calm = false;
    for (step = 0; step < steps; step++) {
      now = now.plusSeconds(1);
      step();
      for (Replica one : touched) {
        check(one, random.nextInt(8) == 0);
      }
      touched.clear();
    }
    settle();
  }

  private void step() {
    int i = random.nextInt(replicas.length);
    if (frozen[i] > 0) {
      frozen[i]--;
      return;
    }
    Replica one = replicas[i];
    touched.add(one);
    one.tellWithheld();
    switch (act()) {
      case SEND -> send(any());
      case FOLLOW -> follow(one, random.nextInt(1, 25));
      case WRITE -> attempt(one, one::write);
      case COMMIT -> attempt(one, one::commit);
      case MERGE -> attempt(one, one::merge);
      case REFRESH -> attempt(one, one::refresh);
      case KILL -> kill(one);
      case FREEZE -> frozen[i] = random.nextInt(5, 40);
      case OWN -> one.own(any());
      case LAND -> land();
      case CHATTER -> chatter(one);
    }
  }

  /** What a replica does, and of a hundred how often. */
  private enum Act {
    SEND(24),
    FOLLOW(24),
    WRITE(14),
    COMMIT(16),
    MERGE(2),
    REFRESH(9),
    KILL(2),
    FREEZE(2),
    OWN(4),
    LAND(2),
    CHATTER(1);

    private final int weight;

    Act(int weight) {
      this.weight = weight;
    }
  }

  private Act act() {
    int left = random.nextInt(100);
    for (Act one : Act.values()) {
      left -= one.weight;
      if (left < 0) {
        return one;
      }
    }
    throw new IllegalStateException("weights are less than a hundred");
  }

  private Partition any() {
    List<Partition> all = new ArrayList<>(log.partitions());
    all.remove(Partition.LOCAL);
    return all.get(random.nextInt(all.size()));
  }

  /** Sends a record, twice when the first answer was lost. */
  private void send(Partition partition) {
    Signal[] all = Signal.values();
    Signal signal = all[random.nextInt(all.length)];
    for (Signal named : all) {
      signal = partition.topic().equals(named.text()) ? named : signal;
    }
    TenantId tenant = TENANTS.get(random.nextInt(TENANTS.size()));
    Rows.Made made = rows.make(Rows.scope(partition, signal, tenant));
    int times = !calm && random.nextInt(20) == 0 ? 2 : 1;
    for (int i = 0; i < times; i++) {
      rows.acknowledged(made, log.append(partition, made.data()));
    }
    saw(times == 2 ? "sent twice" : "sent");
  }

  private void follow(Replica one, int records) {
    for (int left = records; left > 0; left--) {
      if (one.follow(any())) {
        saw("followed");
      }
    }
  }

  private void attempt(Replica one, Runnable action) {
    touched.add(one);
    try {
      action.run();
    } catch (StorageException.Unavailable | StorageException.Missing e) {
      saw("unavailable");
    } catch (StorageException.Conflict e) {
      saw("conflict");
    } catch (FaultyObjects.Killed e) {
      kill(one);
    }
  }

  private void kill(Replica one) {
    events.merge("merged", one.merged(), Integer::sum);
    for (int i = 0; i < replicas.length; i++) {
      if (replicas[i].equals(one)) {
        touched.remove(one);
        start(i, one.ownedAfterwards());
        saw("killed");
      }
    }
  }

  /** A request that was under way for long arrives. */
  private void land() {
    if (!late.isEmpty()) {
      late.remove(random.nextInt(late.size())).accept(bucket);
      saw("landed late");
    }
  }

  private void chatter(Replica one) {
    if (chatty) {
      attempt(one, () -> one.chatter(random.nextInt(100, 200)));
      now = now.plus(COLLECTED_AFTER);
      collect();
    }
  }

  private void collect() {
    int deleted = new CatalogCollection(bucket, COLLECTED_AFTER, () -> now).run();
    if (deleted > 0) {
      saw("collected");
    }
  }

  /** The weather clears: all read to the end, and are equal then. */
  private void settle() {
    calm = true;
    while (!late.isEmpty()) {
      land();
    }
    for (Replica one : replicas) {
      events.merge("merged", one.merged(), Integer::sum);
      attempt(one, one::commit);
      one.tellWithheld();
      one.refresh();
      for (Partition partition : log.partitions()) {
        while (one.follow(partition)) {
          saw("followed");
        }
      }
      one.refresh();
    }
    for (Replica one : replicas) {
      one.refresh();
      one.tellWithheld();
      check(one, true);
    }
    Replica again = new Replica(shared, bucket, random.split(), new TreeSet<>());
    for (Partition partition : log.partitions()) {
      while (again.follow(partition)) {
        saw("followed");
      }
    }
    check(again, true);
    if (!chatty) {
      CatalogState _ =
          new CatalogObjects(bucket)
              .verify(
                  fault -> {
                    throw new Violation("the chain at the end: " + fault);
                  });
    }
    events.merge("commits", (int) again.catalog.state().number(), Integer::sum);
  }

  // What must hold.

  private void check(Replica one, boolean closely) {
    CatalogState state = one.catalog.state();
    Rows.Reach reach = scope -> Math.max(one.applied(scope.partition()), state.covered(scope));
    for (TenantId tenant : TENANTS) {
      for (Signal signal : Signal.values()) {
        Rows.Count wanted = rows.count(signal, tenant, reach);
        long found = Seen.rows(one, signal, tenant);
        if (found < wanted.distinct() || found > wanted.all()) {
          throw violation(one, signal + " of " + tenant + ": " + found + " rows, not " + wanted);
        }
        if (closely) {
          compare(one, signal, tenant, rows.values(signal, tenant, reach));
        }
      }
    }
    checkFloors(one, state);
    checkSequences(one, state);
  }

  private void compare(Replica one, Signal signal, TenantId tenant, Map<String, String> wanted) {
    Map<String, String> found = Seen.values(one, signal, tenant);
    if (!found.equals(wanted)) {
      Map<String, String> missing = new TreeMap<>(wanted);
      missing.entrySet().removeAll(found.entrySet());
      Map<String, String> strange = new TreeMap<>(found);
      strange.entrySet().removeAll(wanted.entrySet());
      throw violation(
          one, signal + " of " + tenant + ": " + missing + " missing, " + strange + " too many");
    }
  }

  /** Who starts now needs nothing from below. */
  private void checkFloors(Replica one, CatalogState state) {
    for (CatalogState.Scope scope : rows.scopes()) {
      long floor = state.floors().getOrDefault(scope.partition(), 0L);
      if (rows.hasRecords(scope, state.covered(scope), floor)) {
        throw violation(
            one,
            "the floor is " + floor + " where " + scope + " is covered to " + state.covered(scope));
      }
    }
  }

  /** What is flushed sorts behind all that its scope had. */
  private void checkSequences(Replica one, CatalogState state) {
    Map<CatalogState.Scope, Long> fresh = new HashMap<>();
    for (BlockEntry block : state.blocks().values()) {
      if (known.add(block.id()) && block.level() == 0) {
        long before = sequences.getOrDefault(block.scope(), -1L);
        if (block.sequence() <= before) {
          throw violation(
              one, block.scope() + ": sequence " + block.sequence() + " after " + before);
        }
        fresh.merge(block.scope(), block.sequence(), Math::max);
      }
    }
    fresh.forEach((scope, sequence) -> sequences.merge(scope, sequence, Math::max));
  }

  private Violation violation(Replica one, String what) {
    int number = -1;
    for (int i = 0; i < replicas.length; i++) {
      number = replicas[i].equals(one) ? i : number;
    }
    return new Violation("step " + step + ", replica " + number + ": " + what);
  }
}

package io.trilith.engine;

import io.trilith.storage.admission.FairPlaces;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Lets everything that reads go on, whatever API and signal it is for: a limited number at once,
 * fair between tenants, each with a budget and a deadline. There is one in a process. Thread-safe.
 */
public final class Admission {
  private static final int WAITING_MAX = 1024;

  /** The part of the places that rules have beside them. */
  private static final int RESERVED_PART = 5;

  /** From here on a query is a long one. */
  private static final long LONG_NANOS = 1_000_000_000L;

  private final Limits limits;
  private final MemoryShare memory;
  private final InstantSource clock;
  private final FairPlaces places;

  /** For rules alone, so that dashboards cannot keep alerts waiting. */
  private final FairPlaces reserved;

  private final Map<TenantId, AtomicInteger> byTenant = new ConcurrentHashMap<>();
  private volatile Function<TenantId, TenantQueries> ofTenant = _ -> TenantQueries.NONE;
  private final Set<Turn> turns = ConcurrentHashMap.newKeySet();

  /**
   * What one query may take.
   *
   * @param concurrencyMax queries that are evaluated at once; more wait until their timeout
   * @param samplesMax samples read
   * @param seriesMax series selected
   * @param bytesMax bytes held at once
   */
  public record Limits(
      int concurrencyMax, long samplesMax, long seriesMax, long bytesMax, Duration timeout) {}

  /** All queries together hold no more than the share. */
  public Admission(Limits limits, MemoryShare memory, InstantSource clock) {
    this.limits = limits;
    this.memory = memory;
    this.clock = clock;
    this.places = new FairPlaces(limits.concurrencyMax(), WAITING_MAX);
    this.reserved =
        new FairPlaces(Math.max(1, limits.concurrencyMax() / RESERVED_PART), Integer.MAX_VALUE);
  }

  public Limits limits() {
    return limits;
  }

  /** Has tenants' queries obey limits of their own as well, asked for each query. */
  public void limitTenants(Function<TenantId, TenantQueries> limitsOf) {
    ofTenant = limitsOf;
  }

  /** What a tenant's queries may ask for. */
  public TenantQueries of(TenantId tenant) {
    return ofTenant.apply(tenant);
  }

  /** Queries that wait for their turn. */
  public int waiting() {
    return places.waiting();
  }

  /** Queries that are evaluated now. */
  public int running() {
    return places.taken();
  }

  /** As below, with the timeout that all have. */
  public Turn enter(TenantId tenant, String what, BooleanSupplier cancelled)
      throws InterruptedException {
    return enter(tenant, what, limits.timeout(), cancelled);
  }

  /**
   * Waits until it may go on. The turn is to be closed.
   *
   * @param what names the query in messages
   * @param timeout from now until the end of the evaluation, waiting included
   * @param cancelled whether nobody waits for the answer any more
   * @throws LimitExceededException retryable, when its turn does not come in time
   */
  public Turn enter(TenantId tenant, String what, Duration timeout, BooleanSupplier cancelled)
      throws InterruptedException {
    Instant deadline = clock.instant().plus(timeout);
    Runnable leave = count(tenant);
    FairPlaces.Place place = null;
    try {
      place = places.take(tenant, timeout.toNanos());
      if (place == null) {
        throw busy();
      }
      return turn(tenant, what, place, deadline, cancelled, leave);
    } finally {
      if (place == null) {
        leave.run();
      }
    }
  }

  /** Counts a query of a tenant whose number is limited, until what is returned is run. */
  private Runnable count(TenantId tenant) {
    int max = of(tenant).concurrencyMax();
    if (max == 0) {
      return () -> {};
    }
    AtomicInteger running = byTenant.computeIfAbsent(tenant, _ -> new AtomicInteger());
    if (running.incrementAndGet() > max) {
      running.decrementAndGet();
      throw LimitExceededException.busy(
          "too many queries of tenant "
              + tenant
              + " at once (max_concurrent = "
              + max
              + " in limits.overrides-file)");
    }
    return running::decrementAndGet;
  }

  /**
   * As {@link #enter}, for rules: they have places of their own, a fifth as many as all others and
   * at least one, and take a free one of the others when those are taken.
   */
  public Turn enterReserved(TenantId tenant, String what, BooleanSupplier cancelled)
      throws InterruptedException {
    Instant deadline = clock.instant().plus(limits.timeout());
    FairPlaces.Place place = reserved.take(tenant, 0);
    if (place == null) {
      place = places.take(tenant, 0);
    }
    if (place == null) {
      place = reserved.take(tenant, limits.timeout().toNanos());
    }
    if (place == null) {
      throw busy();
    }
    return turn(tenant, what, place, deadline, cancelled, () -> {});
  }

  private LimitExceededException busy() {
    return LimitExceededException.busy(
        "too many queries at once (query.concurrency-max = " + limits.concurrencyMax() + ")");
  }

  private Turn turn(
      TenantId tenant,
      String what,
      FairPlaces.Place place,
      Instant deadline,
      BooleanSupplier cancelled,
      Runnable leave) {
    long own = of(tenant).seriesMax();
    long series = own == 0 ? limits.seriesMax() : Math.min(own, limits.seriesMax());
    QueryBudget budget = new QueryBudget(limits.samplesMax(), series, limits.bytesMax(), memory);
    QueryContext context = new QueryContext(budget, new Annotations(), clock, deadline, cancelled);
    Turn turn = new Turn(what, place, context, leave);
    turns.add(turn);
    return turn;
  }

  /**
   * Has queries that go on for long make room for others that wait: as many as are evaluated at
   * once may go on beside them. Called a few times a second.
   */
  public void makeRoom() {
    long now = System.nanoTime();
    long beside = turns.stream().filter(turn -> turn.beside).count();
    long wanted = Math.min(places.waiting(), limits.concurrencyMax() - beside);
    turns.stream()
        .filter(turn -> turn.running && !turn.beside && now - turn.began > LONG_NANOS)
        .limit(Math.max(0, wanted))
        .forEach(Turn::stepAside);
  }

  /**
   * Ends the query that holds the most, with a retryable failure at its next step.
   *
   * @return what names it; empty when no query holds anything
   */
  public Optional<String> stopHeaviest(String why) {
    Turn heaviest =
        turns.stream()
            .max(Comparator.comparingLong(turn -> turn.context.budget().bytes()))
            .orElse(null);
    if (heaviest == null || heaviest.context.budget().bytes() == 0) {
      return Optional.empty();
    }
    heaviest.context.budget().stop(why);
    return Optional.of(heaviest.what);
  }

  /** One query from its turn until what it holds is given back. Thread-safe. */
  public final class Turn implements AutoCloseable {
    private final String what;
    private final FairPlaces.Place place;
    private final QueryContext context;
    private final Runnable leave;
    private final AtomicBoolean left = new AtomicBoolean();
    private final long began = System.nanoTime();
    private volatile boolean running = true;
    private volatile boolean beside;

    private Turn(String what, FairPlaces.Place place, QueryContext context, Runnable leave) {
      this.leave = leave;
      this.what = what;
      this.place = place;
      this.context = context;
    }

    public QueryContext context() {
      return context;
    }

    private void stepAside() {
      beside = true;
      place.close();
    }

    /** Lets another query go on. What this one holds stays counted: its answer is being sent. */
    public void evaluated() {
      running = false;
      beside = false;
      place.close();
    }

    @Override
    public void close() {
      evaluated();
      turns.remove(this);
      if (left.compareAndSet(false, true)) {
        leave.run();
      }
      context.budget().close();
    }
  }
}

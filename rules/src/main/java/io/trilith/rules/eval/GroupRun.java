package io.trilith.rules.eval;

import io.trilith.engine.Admission;
import io.trilith.rules.GroupKey;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import io.trilith.tsdb.store.NotedAppender;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A group that is evaluated again and again: by the thread in {@link #run}, or step by step. What
 * it is may change meanwhile. Thread-safe but for {@link #step}, which one thread calls.
 */
final class GroupRun {
  private static final Logger log = LoggerFactory.getLogger(GroupRun.class);
  private static final long RETRY_MILLIS = 1000;

  /** A tick that changes nothing is written when so much has passed since the last one was. */
  private static final long UNWRITTEN_MILLIS = 30_000;

  /** After this many intervals the series of a removed group end. */
  private static final int END_INTERVALS = 2;

  /** A clock that was this many intervals ahead was wrong. */
  private static final int AHEAD_INTERVALS = 10;

  private static final int ALERT_LIFE = 4;

  /**
   * What groups share.
   *
   * @param mayWrite whether this process may write now
   * @param writtenByOthers whether another group writes a series
   */
  record Surroundings(
      InstantSource clock,
      LanguageEngines engines,
      QueryLanguages languages,
      TickQueries.Readers readers,
      Admission admission,
      NotedAppender appender,
      RuleStates states,
      RuleMetrics metrics,
      RuleTick.Setting setting,
      AlertListener listener,
      Times times,
      BooleanSupplier mayWrite,
      WrittenByOthers writtenByOthers) {}

  /** Milliseconds; intervals and offsets of groups that name none. */
  record Times(long interval, long queryOffset, long catchUp, long resendDelay) {}

  /** Knows what groups write. */
  @FunctionalInterface
  interface WrittenByOthers {
    boolean test(GroupKey key, Labels labels);
  }

  /** What is evaluated. */
  private record Definition(
      RuleGroup group, RuleTick.Templates templates, TickTimes times, long offset) {}

  private final GroupKey key;
  private final Surroundings around;
  private final GroupState state;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Guarded by the lock. */
  private long changes;

  private volatile Definition definition;
  private volatile boolean removed;
  private volatile boolean stopped;
  private volatile long endsAt;
  private volatile Map<String, Set<Labels>> written = Map.of();
  private volatile Map<String, Told> told = Map.of();
  private volatile long lastNanos;
  private volatile long lastMillis = Alert.NEVER;

  // Of the thread that steps.
  private boolean writtenKnown;
  private long first = Alert.NEVER;
  private long recorded = Alert.NEVER;
  private final Map<String, Map<Labels, Long>> sent = new HashMap<>();

  /** What the last evaluation of a rule came to. */
  private record Told(@Nullable String error, long nanos, long millis) {}

  GroupRun(GroupKey key, RuleGroup group, Surroundings around) {
    this.key = key;
    this.around = around;
    this.state = around.states().state(key);
    this.definition = define(group);
  }

  private Definition define(RuleGroup group) {
    long interval = group.intervalMillis() > 0 ? group.intervalMillis() : around.times().interval();
    around.metrics().known(key, group.rules().size(), interval);
    return new Definition(
        group,
        new RuleTick.Templates(group),
        TickTimes.of(key, interval),
        group.queryOffsetMillis().orElse(around.times().queryOffset()));
  }

  GroupKey key() {
    return key;
  }

  RuleGroup group() {
    return definition.group();
  }

  boolean isRemoved() {
    return removed;
  }

  /** From the next tick on it is this; rules that are the same by name and labels go on. */
  void become(RuleGroup group) {
    lock.lock();
    try {
      removed = false;
      if (!definition.group().equals(group)) {
        definition = define(group);
        first = Alert.NEVER;
      }
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** It ends after a while, unless it becomes something again. */
  void remove() {
    lock.lock();
    try {
      removed = true;
      endsAt = around.clock().millis() + END_INTERVALS * definition.times().intervalMillis();
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The thread in run returns soon. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean writes(Labels labels) {
    for (Set<Labels> series : written.values()) {
      if (series.contains(labels)) {
        return true;
      }
    }
    return false;
  }

  /** Evaluates whenever it is due, until it is stopped or has ended. */
  void run() {
    try {
      while (!stopped) {
        long wait;
        try {
          wait = step();
        } catch (RuntimeException | OutOfMemoryError e) {
          log.warn(
              "group {} of {}: its tick failed, it is tried again",
              key.group(),
              key.namespace(),
              e);
          wait = RETRY_MILLIS;
        }
        if (wait < 0) {
          return;
        }
        await(wait);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void await(long millis) throws InterruptedException {
    if (millis == 0) {
      return;
    }
    lock.lockInterruptibly();
    try {
      long seen = changes;
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (left > 0 && !stopped && changes == seen) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Evaluates one tick if one is due.
   *
   * @return milliseconds until the next look; negative when the group has ended
   */
  long step() throws InterruptedException {
    long now = around.clock().millis();
    if (removed) {
      if (now < endsAt) {
        return endsAt - now;
      }
      return end(now) ? -1 : RETRY_MILLIS;
    }
    if (!around.mayWrite().getAsBoolean()) {
      return RETRY_MILLIS;
    }
    Definition what = definition;
    long next = next(what.times(), now);
    if (next > now) {
      return next - now;
    }
    boolean newest = next + what.times().intervalMillis() > now;
    return tick(what, next, newest) ? 0 : Math.min(RETRY_MILLIS, what.times().intervalMillis());
  }

  private long next(TickTimes times, long now) {
    long interval = times.intervalMillis();
    long last = state.tick();
    if (last == Alert.NEVER || last > now + AHEAD_INTERVALS * interval) {
      if (first == Alert.NEVER) {
        first = times.after(now);
      }
      return first;
    }
    long next = times.after(last);
    // Who takes longer than an interval never catches up.
    boolean slow = lastNanos > interval * 1_000_000;
    long oldest = slow ? times.atOrBefore(now) : times.atOrAfter(now - around.times().catchUp());
    oldest = Math.min(oldest, times.after(now));
    if (next >= oldest) {
      return next;
    }
    around.metrics().missed(key, (oldest - next) / interval);
    return oldest;
  }

  /** Whether it happened. */
  private boolean tick(Definition what, long tick, boolean newest) throws InterruptedException {
    long begin = System.nanoTime();
    try (TickQueries queries =
        new TickQueries(
            key,
            what.times().intervalMillis(),
            around.engines(),
            around.readers(),
            around.admission(),
            () -> stopped)) {
      RuleTick one =
          new RuleTick(
              what.group(), tick, what.offset(), queries, around.setting(), around.languages());
      Map<String, Map<Labels, Alert>> before = state.all();
      if (!writtenKnown) {
        written = lookUp(what, before);
        writtenKnown = true;
      }
      List<RuleTick.Outcome> outcomes = one.run(before, what.templates());
      if (stopped) {
        // Evaluations may have been cut short: the tick happens after the next start.
        return false;
      }
      Set<Labels> _ = one.ended(written);
      Map<String, Map<Labels, Alert>> after = after(before, outcomes);
      if (!store(tick, one.made(), before, after)) {
        return false;
      }
      tookPlace(outcomes);
      around.metrics().happened(key, tick, System.nanoTime() - begin, outcomes);
      lastNanos = System.nanoTime() - begin;
      lastMillis = around.clock().millis();
      if (newest) {
        send(what, tick, outcomes);
      }
      return true;
    }
  }

  /** The alerts of all rules after a tick. */
  static Map<String, Map<Labels, Alert>> after(
      Map<String, Map<Labels, Alert>> before, List<RuleTick.Outcome> outcomes) {
    Map<String, Map<Labels, Alert>> after = new HashMap<>();
    for (RuleTick.Outcome outcome : outcomes) {
      Map<Labels, Alert> alerts =
          outcome.alerts() == null ? before.get(outcome.key()) : outcome.alerts();
      if (alerts != null && !alerts.isEmpty()) {
        after.put(outcome.key(), alerts);
      }
    }
    return after;
  }

  /** What differs, by rule. */
  private static Map<String, List<GroupState.Change>> changes(
      Map<String, Map<Labels, Alert>> before, Map<String, Map<Labels, Alert>> after) {
    Map<String, List<GroupState.Change>> changes = new HashMap<>();
    before.forEach(
        (rule, alerts) -> {
          Map<Labels, Alert> kept = after.getOrDefault(rule, Map.of());
          alerts.forEach(
              (labels, alert) -> {
                if (!kept.containsKey(labels)) {
                  changes
                      .computeIfAbsent(rule, _ -> new ArrayList<>())
                      .add(new GroupState.Change(alert, true));
                }
              });
        });
    after.forEach(
        (rule, alerts) -> {
          Map<Labels, Alert> known = before.getOrDefault(rule, Map.of());
          alerts.forEach(
              (labels, alert) -> {
                Alert earlier = known.get(labels);
                if (earlier == null || !earlier.sameCourse(alert)) {
                  changes
                      .computeIfAbsent(rule, _ -> new ArrayList<>())
                      .add(new GroupState.Change(alert, false));
                }
              });
        });
    return changes;
  }

  /** Writes the tick and takes it over; false when it could not be written. */
  private boolean store(
      long tick,
      MemorySeries made,
      Map<String, Map<Labels, Alert>> before,
      Map<String, Map<Labels, Alert>> after) {
    MetricBatch batch = batch(made);
    Map<String, List<GroupState.Change>> changes = changes(before, after);
    state.lock().lock();
    try {
      boolean idle = batch.isEmpty() && changes.isEmpty();
      if (!idle || recorded == Alert.NEVER || tick - recorded >= UNWRITTEN_MILLIS) {
        around
            .states()
            .append(around.appender(), new RuleNotes.Note.Tick(key, tick, false, changes), batch);
        recorded = tick;
      }
      state.happened(tick, after);
      return true;
    } catch (RuntimeException e) {
      log.warn(
          "group {} of {}: a tick cannot be stored, it is tried again: {}",
          key.group(),
          key.namespace(),
          e.getMessage());
      return false;
    } finally {
      state.lock().unlock();
    }
  }

  /** What a tick made, to be stored. */
  static MetricBatch batch(MemorySeries made) {
    MetricBatch batch = new MetricBatch();
    made.forEach(
        (labels, time, value, histogram) -> {
          int series = batch.addSeries(labels);
          if (histogram == null) {
            batch.addSample(series, time, 0, value);
          } else {
            batch.addHistogram(series, time, 0, histogram);
          }
        });
    return batch;
  }

  private void tookPlace(List<RuleTick.Outcome> outcomes) {
    Map<String, Set<Labels>> series = new HashMap<>();
    Map<String, Told> news = new HashMap<>();
    long now = around.clock().millis();
    for (RuleTick.Outcome outcome : outcomes) {
      Set<Labels> own = outcome.written() == null ? written.get(outcome.key()) : outcome.written();
      if (own != null) {
        series.put(outcome.key(), own);
      }
      if (outcome.error() != null && !sameError(outcome)) {
        log.warn(
            "rule {} of group {} in {} failed: {}",
            outcome.rule().name(),
            key.group(),
            key.namespace(),
            outcome.error());
      }
      news.put(outcome.key(), new Told(outcome.error(), outcome.nanos(), now));
    }
    written = Map.copyOf(series);
    told = Map.copyOf(news);
  }

  private boolean sameError(RuleTick.Outcome outcome) {
    Told before = told.get(outcome.key());
    return before != null && outcome.error() != null && outcome.error().equals(before.error());
  }

  /** The series that the last tick wrote, when this process did not see it. */
  private Map<String, Set<Labels>> lookUp(Definition what, Map<String, Map<Labels, Alert>> before) {
    long last = state.tick();
    return last == Alert.NEVER
        ? Map.of()
        : lookUp(
            what.group(), before, around.readers().series(), key.tenant(), last - what.offset());
  }

  /**
   * The series that a tick wrote, by rule: of its alerts, and what is stored of the others at its
   * time.
   */
  static Map<String, Set<Labels>> lookUp(
      RuleGroup group,
      Map<String, Map<Labels, Alert>> before,
      Function<TenantId, SeriesReader> readers,
      TenantId tenant,
      long millis) {
    Map<String, Set<Labels>> found = new HashMap<>();
    before.forEach(
        (rule, alerts) -> {
          Set<Labels> series = new HashSet<>();
          for (Alert alert : alerts.values()) {
            if (alert.state() != Alert.State.INACTIVE) {
              series.add(AlertSeries.alerts(alert));
              series.add(AlertSeries.forState(alert));
            }
          }
          found.put(rule, series);
        });
    List<String> keys = RuleKeys.of(group);
    try (SeriesReader reader = readers.apply(tenant)) {
      for (int i = 0; i < keys.size(); i++) {
        Rule rule = group.rules().get(i);
        if (!rule.alerting()) {
          found.put(keys.get(i), at(reader, rule, millis));
        }
      }
    }
    return found;
  }

  private static Set<Labels> at(SeriesReader reader, Rule rule, long millis) {
    List<Matcher> matchers = new ArrayList<>();
    matchers.add(Matcher.equal(Labels.NAME, rule.name()));
    rule.labels().forEach((name, value) -> matchers.add(Matcher.equal(name, value)));
    Set<Labels> found = new HashSet<>();
    SeriesSet series = reader.select(matchers, millis, millis);
    SampleBuffer samples = new SampleBuffer();
    for (int i = 0; i < series.size(); i++) {
      series.read(i, millis, millis, samples);
      boolean ended =
          samples.size() > 0 && samples.histogram(0) == null && StaleMarker.is(samples.values()[0]);
      if (samples.size() > 0 && !ended) {
        found.add(series.labels(i));
      }
    }
    return found;
  }

  private void send(Definition what, long tick, List<RuleTick.Outcome> outcomes) {
    long life = ALERT_LIFE * Math.max(what.times().intervalMillis(), around.times().resendDelay());
    Set<String> keys = new HashSet<>();
    for (RuleTick.Outcome outcome : outcomes) {
      keys.add(outcome.key());
      if (outcome.alerts() == null || outcome.error() != null) {
        continue;
      }
      Map<Labels, Long> before = sent.getOrDefault(outcome.key(), Map.of());
      Map<Labels, Long> after = new HashMap<>();
      List<Alert> due = new ArrayList<>();
      for (Alert alert : outcome.alerts().values()) {
        Long last = before.get(alert.labels());
        if (isDue(alert, last, tick)) {
          due.add(alert);
          last = tick;
        }
        if (last != null) {
          after.put(alert.labels(), last);
        }
      }
      sent.put(outcome.key(), after);
      if (!due.isEmpty()) {
        around.listener().send(key, outcome.rule(), due, tick + life);
      }
    }
    sent.keySet().retainAll(keys);
  }

  private boolean isDue(Alert alert, @Nullable Long last, long tick) {
    if (alert.state() == Alert.State.PENDING) {
      return false;
    }
    if (last == null || (alert.resolvedAt() != Alert.NEVER && alert.resolvedAt() > last)) {
      return true;
    }
    return last + around.times().resendDelay() < tick;
  }

  /** Ends the series of a removed group that no other writes; false when that has to wait. */
  private boolean end(long now) {
    MetricBatch batch = new MetricBatch();
    long at = now - definition.offset();
    Set<Labels> ended = new HashSet<>();
    written.values().forEach(ended::addAll);
    for (Labels labels : ended) {
      if (!around.writtenByOthers().test(key, labels)) {
        batch.addSample(batch.addSeries(labels), at, 0, StaleMarker.VALUE);
      }
    }
    if (!batch.isEmpty()) {
      try {
        around
            .states()
            .append(around.appender(), new RuleNotes.Note.Tick(key, now, true, Map.of()), batch);
      } catch (RuntimeException e) {
        log.warn(
            "group {} of {}: its series cannot be ended, it is tried again: {}",
            key.group(),
            key.namespace(),
            e.getMessage());
        return false;
      }
    }
    return true;
  }

  /** As it is now. */
  GroupReport report() {
    Definition what = definition;
    List<String> keys = RuleKeys.of(what.group());
    Map<String, Map<Labels, Alert>> alerts = state.all();
    List<GroupReport.RuleReport> rules = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Told news = told.get(keys.get(i));
      List<Alert> active =
          alerts.getOrDefault(keys.get(i), Map.of()).values().stream()
              .filter(alert -> alert.state() != Alert.State.INACTIVE)
              .toList();
      rules.add(
          new GroupReport.RuleReport(
              what.group().rules().get(i),
              news == null
                  ? GroupReport.Health.UNKNOWN
                  : news.error() == null ? GroupReport.Health.OK : GroupReport.Health.ERR,
              news == null ? null : news.error(),
              news == null ? 0 : news.nanos(),
              news == null ? Alert.NEVER : news.millis(),
              active));
    }
    return new GroupReport(
        key, what.group(), what.times().intervalMillis(), lastNanos, lastMillis, rules);
  }
}

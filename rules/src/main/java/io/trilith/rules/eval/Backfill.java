package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates groups over the past as if they had been there: tick by tick at their own phase, all
 * groups side by side in the order of time, with stale markers and the series of alerts. Nobody is
 * told of those alerts, and what the running groups know is left alone. A tick writes the same
 * times whenever it is evaluated, so that a second time changes nothing.
 *
 * <p>It goes in slices. What a slice leaves to the next one, the last tick of each group and its
 * alerts, is a text that the caller keeps: no restart of either side loses anything. Thread-safe.
 */
public final class Backfill {
  private static final int ERRORS_MAX = 20;
  private static final int TOKEN_VERSION = 1;

  /**
   * What is asked for.
   *
   * @param start milliseconds since 1970
   * @param end the last tick lies at or before it
   * @param namespace empty for all
   * @param group empty for all
   * @param token empty at the beginning, then that of the last slice
   */
  public record Request(
      TenantId tenant, long start, long end, String namespace, String group, String token) {}

  /**
   * What a slice came to.
   *
   * @param time up to which all is evaluated
   * @param samples that were stored
   * @param refused samples that could not be
   * @param errors of rules, and why samples were refused; some of them
   * @param token for the next slice, empty when all is done
   */
  public record Slice(
      int groups,
      long time,
      long ticks,
      long samples,
      long refused,
      List<String> errors,
      String token) {
    public boolean done() {
      return token.isEmpty();
    }
  }

  private final GroupRun.Surroundings around;
  private final MetricAppender appender;
  private final Duration slice;

  Backfill(GroupRun.Surroundings around, MetricAppender appender, Duration slice) {
    this.around = around;
    this.appender = appender;
    this.slice = slice;
  }

  /** Where a group is. */
  private static final class Course {
    final GroupKey key;
    final RuleGroup group;
    final RuleTick.Templates templates;
    final TickTimes times;
    final long offset;
    long next;
    long last = Alert.NEVER;
    boolean writtenKnown;
    Map<String, Map<Labels, Alert>> alerts = Map.of();
    Map<String, Set<Labels>> written = Map.of();

    Course(GroupKey key, RuleGroup group, GroupRun.Times times) {
      this.key = key;
      this.group = group;
      this.templates = new RuleTick.Templates(group);
      long interval = group.intervalMillis() > 0 ? group.intervalMillis() : times.interval();
      this.times = TickTimes.of(key, interval);
      this.offset = group.queryOffsetMillis().orElse(times.queryOffset());
    }

    long next() {
      return next;
    }

    GroupKey key() {
      return key;
    }

    /** How long before the start its alerts may have begun that fire at the start. */
    long warmUp() {
      long most = 0;
      for (Rule rule : group.rules()) {
        if (rule.alerting()) {
          most = Math.max(most, rule.forMillis() + rule.keepFiringForMillis());
        }
      }
      return most;
    }
  }

  /** Counts over a slice. */
  private static final class Sums {
    long ticks;
    long samples;
    long refused;
    final Set<String> errors = new LinkedHashSet<>();

    void error(Course course, String text) {
      if (errors.size() < ERRORS_MAX) {
        errors.add(course.key.namespace() + ", group " + course.key.group() + ": " + text);
      }
    }
  }

  /** One slice over groups; throws InvalidRequestException. */
  Slice run(Request request, Map<GroupKey, RuleGroup> groups) throws InterruptedException {
    check(request, groups);
    Map<GroupKey, RuleNotes.Note.Tick> known = read(request);
    PriorityQueue<Course> open =
        new PriorityQueue<>(Comparator.comparingLong(Course::next).thenComparing(Course::key));
    List<Course> all = new ArrayList<>();
    groups.forEach(
        (key, group) -> {
          Course course = new Course(key, group, around.times());
          place(course, request.start(), known.get(key));
          all.add(course);
          open.add(course);
        });
    Sums sums = new Sums();
    long begin = System.nanoTime();
    while (true) {
      Course course = open.poll();
      if (course == null) {
        throw new IllegalStateException("there are groups");
      }
      if (course.next > request.end()) {
        return slice(all.size(), request.end(), sums, "");
      }
      if (sums.ticks > 0 && System.nanoTime() - begin > slice.toNanos()) {
        return slice(all.size(), Math.max(course.next, request.start()), sums, token(all));
      }
      tick(course, request.start(), sums);
      course.last = course.next;
      course.next = course.times.after(course.next);
      open.add(course);
    }
  }

  private static Slice slice(int groups, long time, Sums sums, String token) {
    return new Slice(
        groups, time, sums.ticks, sums.samples, sums.refused, List.copyOf(sums.errors), token);
  }

  private void check(Request request, Map<GroupKey, RuleGroup> groups) {
    long now = around.clock().millis();
    if (request.end() < request.start()) {
      throw new InvalidRequestException("end is before start");
    }
    if (request.end() > now) {
      throw new InvalidRequestException(
          "end is "
              + Instant.ofEpochMilli(request.end())
              + ", which is to come; now is "
              + Instant.ofEpochMilli(now));
    }
    if (groups.isEmpty()) {
      throw new InvalidRequestException(
          "there is no such group"
              + (request.namespace().isEmpty() ? "" : " in '" + request.namespace() + "'")
              + (request.group().isEmpty() ? "" : ": '" + request.group() + "'"));
    }
  }

  /** Puts a group where the last slice left it, or where it begins. */
  private static void place(Course course, long start, RuleNotes.Note.@Nullable Tick left) {
    if (left == null) {
      course.next = course.times.atOrAfter(start - course.warmUp());
      course.writtenKnown = true;
      return;
    }
    course.last = left.tick();
    course.next = course.times.after(left.tick());
    Map<String, Map<Labels, Alert>> alerts = new HashMap<>();
    left.changes()
        .forEach(
            (rule, changes) -> {
              Map<Labels, Alert> own = new HashMap<>();
              for (GroupState.Change change : changes) {
                if (!change.gone()) {
                  own.put(change.alert().labels(), change.alert());
                }
              }
              alerts.put(rule, own);
            });
    course.alerts = alerts;
    // What was evaluated before the start was not stored.
    course.writtenKnown = left.tick() < start;
  }

  private void tick(Course course, long start, Sums sums) throws InterruptedException {
    long tick = course.next;
    try (TickQueries queries =
        new TickQueries(
            course.key,
            course.times.intervalMillis(),
            around.engines(),
            around.readers(),
            around.admission(),
            () -> false)) {
      if (!course.writtenKnown) {
        course.written =
            GroupRun.lookUp(
                course.group,
                course.alerts,
                around.readers().series(),
                course.key.tenant(),
                course.last - course.offset);
        course.writtenKnown = true;
      }
      RuleTick one =
          new RuleTick(
              course.group, tick, course.offset, queries, around.setting(), around.languages());
      List<RuleTick.Outcome> outcomes = one.run(course.alerts, course.templates);
      for (RuleTick.Outcome outcome : outcomes) {
        if (outcome.error() != null) {
          sums.error(course, "rule " + outcome.rule().name() + ": " + outcome.error());
        }
      }
      sums.ticks++;
      if (tick >= start) {
        Set<Labels> _ = one.ended(course.written);
        store(course, GroupRun.batch(one.made()), sums);
        course.written = written(course.written, outcomes);
      }
      course.alerts = GroupRun.after(course.alerts, outcomes);
    }
  }

  private void store(Course course, MetricBatch batch, Sums sums) {
    if (batch.isEmpty()) {
      return;
    }
    MetricAppender.AppendResult result = appender.append(course.key.tenant(), batch);
    sums.samples += result.accepted();
    if (result.rejected() > 0) {
      sums.refused += result.rejected();
      sums.error(course, result.rejected() + " samples were refused: " + result.reason());
    }
  }

  private static Map<String, Set<Labels>> written(
      Map<String, Set<Labels>> before, List<RuleTick.Outcome> outcomes) {
    Map<String, Set<Labels>> written = new HashMap<>();
    for (RuleTick.Outcome outcome : outcomes) {
      Set<Labels> own = outcome.written() == null ? before.get(outcome.key()) : outcome.written();
      if (own != null) {
        written.put(outcome.key(), own);
      }
    }
    return written;
  }

  /** What the next slice has to know, see the request. */
  private static String token(List<Course> courses) {
    ByteWriter out = new ByteWriter(256);
    out.putByte(TOKEN_VERSION);
    List<byte[]> notes = new ArrayList<>();
    for (Course course : courses) {
      if (course.last != Alert.NEVER) {
        notes.add(RuleNotes.encode(note(course)));
      }
    }
    out.putVarint(notes.size());
    for (byte[] note : notes) {
      out.putVarint(note.length);
      out.putBytes(note);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(out.toArray());
  }

  private static RuleNotes.Note.Tick note(Course course) {
    Map<String, List<GroupState.Change>> changes = new HashMap<>();
    course.alerts.forEach(
        (rule, alerts) ->
            changes.put(
                rule,
                alerts.values().stream()
                    .map(alert -> new GroupState.Change(alert, false))
                    .toList()));
    return new RuleNotes.Note.Tick(course.key, course.last, true, changes);
  }

  private static Map<GroupKey, RuleNotes.Note.Tick> read(Request request) {
    Map<GroupKey, RuleNotes.Note.Tick> known = new HashMap<>();
    if (request.token().isEmpty()) {
      return known;
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(request.token());
      ByteReader in = new ByteReader(ByteBuffer.wrap(bytes), "the token", 0);
      if (in.getByte() != TOKEN_VERSION) {
        throw in.corrupt("its version is not known to this release");
      }
      for (int count = in.getCount(1); count > 0; count--) {
        RuleNotes.Note note =
            RuleNotes.decode(request.tenant(), in.slice(in.getCount()), "the token");
        if (note instanceof RuleNotes.Note.Tick tick) {
          known.put(tick.key(), tick);
        }
      }
      return known;
    } catch (StorageException.Corrupt | IllegalArgumentException e) {
      throw new InvalidRequestException(
          "that is no token of a backfill; leave it out to begin anew: " + e.getMessage(), e);
    }
  }
}

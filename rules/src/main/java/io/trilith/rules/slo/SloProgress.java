package io.trilith.rules.slo;

import io.trilith.config.SlosConfig;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An SLO and how far its events are counted. What was counted is known from its series alone: a
 * step that has a sample is done, so a restart goes on where it stopped and counting twice changes
 * nothing. One thread counts; others may ask.
 */
final class SloProgress {
  private static final Logger log = LoggerFactory.getLogger(SloProgress.class);

  /** Steps counted at once. */
  private static final int CHUNK_STEPS = 360;

  /** After a failure it is tried again when so much has passed. */
  private static final long RETRY_MILLIS = 30_000;

  /** Steps that end after a time, up to another. */
  private record Span(long after, long upTo) {}

  private final Slo slo;
  private final TenantId tenant;
  private final Slos.Sources sources;
  private final EventCounter counter;
  private final long lateMillis;
  private final BooleanSupplier stopped;
  private final Deque<Span> missing = new ArrayDeque<>();
  private long newest = Long.MIN_VALUE;

  /** When steps are looked for that nobody has counted: at the start and after a gap. */
  private long lookAt = Long.MIN_VALUE;

  private long retryAt = Long.MIN_VALUE;
  private volatile String error = "";
  private volatile boolean complete;

  SloProgress(
      Slo slo,
      TenantId tenant,
      Slos.Sources sources,
      EventCounter counter,
      SlosConfig config,
      BooleanSupplier stopped) {
    this.slo = slo;
    this.tenant = tenant;
    this.sources = sources;
    this.counter = counter;
    this.lateMillis = Math.max(config.lateData().toMillis(), slo.stepMillis());
    this.stopped = stopped;
  }

  Slo slo() {
    return slo;
  }

  /** Why it cannot be counted, empty when it can. */
  String error() {
    return error;
  }

  /** Whether all of its window was counted once. */
  boolean complete() {
    return complete;
  }

  private long lastStep(long now) {
    return Math.floorDiv(now, slo.stepMillis()) * slo.stepMillis();
  }

  /** Counts the last steps, again those that late data may have changed. */
  void countNewest(long now) throws InterruptedException {
    long last = lastStep(now);
    if (last <= newest || now < retryAt) {
      return;
    }
    if (newest == Long.MIN_VALUE || last - newest > lateMillis) {
      lookAt = now;
    }
    if (count(new Span(last - lateMillis, last), now)) {
      newest = last;
    }
  }

  /** Counts some steps that nobody has; whether there may be more. */
  boolean countMissing(long now) throws InterruptedException {
    if (now < retryAt) {
      return false;
    }
    if (missing.isEmpty()) {
      if (now < lookAt) {
        return false;
      }
      if (!lookForMissing(now)) {
        return false;
      }
      lookAt = Long.MAX_VALUE;
    }
    Span next = missing.poll();
    if (next == null) {
      complete = true;
      return false;
    }
    if (!count(next, now)) {
      missing.addFirst(next);
      return false;
    }
    complete = missing.isEmpty();
    return !complete;
  }

  /** Finds steps of the window that have no sample, or should be excluded and are not. */
  private boolean lookForMissing(long now) throws InterruptedException {
    long last = lastStep(now);
    try (Admission.Turn turn = enter()) {
      EventSteps steps = EventSteps.between(slo.window().start(last), last, slo.stepMillis());
      turn.context().budget().addBytes(2L * steps.size() * EventSteps.STEP_BYTES);
      read(steps, turn.context());
      int end = steps.size();
      while (end > 0) {
        int begin = Math.max(0, end - CHUNK_STEPS);
        int first = begin;
        while (first < end && isRight(steps, first)) {
          first++;
        }
        int behind = end;
        while (behind > first && isRight(steps, behind - 1)) {
          behind--;
        }
        if (first < behind) {
          missing.add(new Span(steps.time(first) - steps.step(), steps.time(behind - 1)));
        }
        end = begin;
      }
      return true;
    } catch (RuntimeException e) {
      failed(e, now);
      return false;
    }
  }

  private boolean isRight(EventSteps steps, int i) {
    EventSteps.State state = steps.state(i);
    return state != EventSteps.State.MISSING
        && (state == EventSteps.State.EXCLUDED) == slo.excluded(steps.time(i));
  }

  private Admission.Turn enter() throws InterruptedException {
    return sources.admission().enterReserved(tenant, "events of SLO " + slo.id(), stopped);
  }

  private void read(EventSteps steps, QueryContext context) {
    try (SeriesReader reader = sources.readers().series().apply(tenant)) {
      EventSeries.read(slo, steps, reader, context.budget()::addBytes);
    }
  }

  /** Counts steps and writes what differs from what is stored; whether that succeeded. */
  private boolean count(Span span, long now) throws InterruptedException {
    try {
      countNow(span);
      error = "";
      return true;
    } catch (LimitExceededException e) {
      long step = slo.stepMillis();
      long steps = (span.upTo() - span.after()) / step;
      if (e.retryable() || steps < 2) {
        failed(e, now);
        return false;
      }
      long middle = span.after() + steps / 2 * step;
      return count(new Span(middle, span.upTo()), now)
          && count(new Span(span.after(), middle), now);
    } catch (RuntimeException e) {
      failed(e, now);
      return false;
    }
  }

  private void countNow(Span span) throws InterruptedException {
    EventSteps counted = EventSteps.between(span.after(), span.upTo(), slo.stepMillis());
    EventSteps stored = EventSteps.between(span.after(), span.upTo(), slo.stepMillis());
    MetricBatch batch = new MetricBatch();
    try (Admission.Turn turn = enter()) {
      turn.context().budget().addBytes(4L * counted.size() * EventSteps.STEP_BYTES);
      read(stored, turn.context());
      counter.count(slo, counted, 0, counted.size(), tenant, turn.context());
      EventSeries.write(slo, counted, stored, batch);
    }
    if (!batch.isEmpty() && !stopped.getAsBoolean()) {
      // What is refused is older than the retention and would not be asked for.
      var _ = sources.appender().append(tenant, batch);
    }
  }

  private void failed(RuntimeException cause, long now) {
    String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    if (!text.equals(error) && !stopped.getAsBoolean()) {
      log.warn("events of SLO {} cannot be counted, it is tried again: {}", slo.id(), text);
    }
    error = text;
    retryAt = now + RETRY_MILLIS;
  }
}

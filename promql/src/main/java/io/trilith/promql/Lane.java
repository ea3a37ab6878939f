package io.trilith.promql;

import io.trilith.engine.QueryInterruptedException;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one thread needs of its own to make series: a buffer for samples, a place for annotations,
 * and when deadline and client were last looked at. Confined to one thread at a time.
 */
final class Lane implements Notes {
  /** Samples after which deadline and client are looked at; a series counts a few more. */
  private static final int CHECK_EVERY = 8192;

  private final Evaluator evaluator;
  private final OperatorClock clock;
  private final SampleBuffer buffer = new SampleBuffer();

  /** What is not told yet; null when annotations are told at once. */
  private final @Nullable Set<Note> held;

  /** Samples seen since somebody looked at deadline and client. */
  private int unchecked = CHECK_EVERY;

  private int inWindows;

  private final BooleanSupplier abandoned;

  private Lane(
      Evaluator evaluator,
      OperatorClock clock,
      @Nullable Set<Note> held,
      BooleanSupplier abandoned) {
    this.evaluator = evaluator;
    this.clock = clock;
    this.held = held;
    this.abandoned = abandoned;
  }

  /** A lane of the thread that evaluates the query. */
  static Lane direct(Evaluator evaluator) {
    return new Lane(evaluator, evaluator.clock(), null, () -> false);
  }

  /**
   * A lane of any thread, whose annotations wait for {@link #takeNotes}; ends soon after it is
   * abandoned.
   */
  static Lane apart(Evaluator evaluator, BooleanSupplier abandoned) {
    return new Lane(evaluator, new OperatorClock(), new LinkedHashSet<>(), abandoned);
  }

  /** The annotations since this was asked last, each once. */
  List<Note> takeNotes() {
    if (held == null || held.isEmpty()) {
      return List.of();
    }
    List<Note> taken = List.copyOf(held);
    held.clear();
    return taken;
  }

  OperatorClock clock() {
    return clock;
  }

  /** Read-only on other threads than the query's. */
  Evaluator evaluator() {
    return evaluator;
  }

  /** Valid until the next series is read. */
  SampleBuffer read(SeriesSet set, int series, long from, long to) {
    set.read(series, from, to, buffer);
    evaluator.context().budget().addSamples(buffer.size());
    evaluator.statistics().read(buffer.size());
    saw(64 + buffer.size());
    return buffer;
  }

  /** Looks at deadline and client when this many samples more make it time to. */
  void saw(int samples) {
    unchecked += samples;
    if (unchecked >= CHECK_EVERY) {
      evaluator.context().check();
      if (abandoned.getAsBoolean()) {
        throw new QueryInterruptedException(
            QueryInterruptedException.Reason.CANCELLED, "query was canceled");
      }
      unchecked = 0;
    }
  }

  /** As {@link #saw}, of samples that are looked at again in each window and so cost less. */
  void sawInWindows(int samples) {
    inWindows += samples;
    if (inWindows >= 8) {
      saw(inWindows >>> 3);
      inWindows &= 7;
    }
  }

  @Override
  public void warn(String text, int position) {
    if (held == null) {
      evaluator.warn(text, position);
    } else {
      held.add(new Note(true, text, position));
    }
  }

  @Override
  public void info(String text, int position) {
    if (held == null) {
      evaluator.info(text, position);
    } else {
      held.add(new Note(false, text, position));
    }
  }
}

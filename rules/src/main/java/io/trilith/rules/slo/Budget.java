package io.trilith.rules.slo;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What is left of an SLO's budget at a time. All of it is counted.
 *
 * @param objective in percent; that of the SLO, or another one that is tried
 * @param time of the last step, milliseconds since 1970
 * @param start of the window
 * @param end of the window
 * @param allowed bad events that the objective allows among those that were
 * @param remaining part of the budget, negative when more is gone; 1 when nothing happened
 * @param burns how fast it goes, of windows that grow
 * @param exhausted whether nothing is left
 * @param exhaustedAt when it will be while the traffic of the last hours goes on
 * @param missing steps of the window that are not counted yet
 */
record Budget(
    Slo slo,
    BigDecimal objective,
    long time,
    long start,
    long end,
    Counts counts,
    double allowed,
    double remaining,
    List<Burn> burns,
    boolean exhausted,
    OptionalLong exhaustedAt,
    int missing,
    List<Excluded> excluded) {

  /** From what the forecast goes on. */
  static final long BASIS_MILLIS = 6 * 3_600_000L;

  private static final long[] WINDOWS = {
    300_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000, 259_200_000
  };

  /** Events of a window. */
  record Counts(double good, double total) {
    double bad() {
      return total - good;
    }

    /** Of bad events; 0 when there are none at all. */
    double badRatio() {
      return total > 0 ? bad() / total : 0;
    }
  }

  /** A window's events, and how many times faster than evenly over the whole window they burn. */
  record Burn(long millis, Counts counts, double rate) {}

  /** A span of the window that does not count, as far as it is in it. */
  record Excluded(long start, long end, String reason) {}

  /** The longest window that is looked at, besides the SLO's own. */
  static long reach() {
    return WINDOWS[WINDOWS.length - 1];
  }

  /**
   * The budget at the end of the steps.
   *
   * @param steps the last ones of the SLO, at least those of its window
   */
  static Budget of(Slo slo, BigDecimal objective, EventSteps steps) {
    long time = steps.time(steps.size() - 1);
    long start = slo.window().start(time);
    long end = slo.window().end(time);
    double part = Slo.budgetRatio(objective).doubleValue();
    int from = steps.after(start);
    Counts counts = counts(steps, from);
    double allowed = part * counts.total();
    double remaining = counts.total() > 0 ? 1 - counts.badRatio() / part : 1;
    List<Burn> burns = new ArrayList<>();
    for (long window : WINDOWS) {
      if (window >= steps.step() && window < slo.window().millis()) {
        burns.add(burn(window, counts(steps, steps.after(time - window)), part));
      }
    }
    burns.add(burn(slo.window().millis(), counts, part));
    boolean exhausted = counts.bad() > 0 && remaining <= 0;
    return new Budget(
        slo,
        objective,
        time,
        start,
        end,
        counts,
        allowed,
        remaining,
        burns,
        exhausted,
        exhausted ? OptionalLong.empty() : forecast(slo, part, steps, from),
        steps.count(EventSteps.State.MISSING, from, steps.size()),
        excluded(slo, start, time));
  }

  private static Counts counts(EventSteps steps, int from) {
    return new Counts(steps.goodIn(from, steps.size()), steps.totalIn(from, steps.size()));
  }

  private static Burn burn(long millis, Counts counts, double part) {
    return new Burn(millis, counts, counts.badRatio() / part);
  }

  private static List<Excluded> excluded(Slo slo, long start, long time) {
    List<Excluded> all = new ArrayList<>();
    for (Slo.Exclusion one : slo.exclusions()) {
      if (one.start() < time && one.end() > start) {
        all.add(
            new Excluded(Math.max(start, one.start()), Math.min(time, one.end()), one.reason()));
      }
    }
    return all;
  }

  /**
   * Moves the window on step by step: what is old leaves a rolling one, a period ends; the mean of
   * the last hours comes in.
   */
  private static OptionalLong forecast(Slo slo, double part, EventSteps steps, int from) {
    int size = steps.size();
    long time = steps.time(size - 1);
    int basis = Math.max(from, steps.after(time - Math.max(BASIS_MILLIS, steps.step())));
    int counted = steps.count(EventSteps.State.COUNTED, basis, size);
    Counts recent = counts(steps, basis);
    if (counted == 0 || recent.bad() <= 0) {
      return OptionalLong.empty();
    }
    double totalPerStep = recent.total() / counted;
    double badPerStep = recent.bad() / counted;
    boolean rolling = slo.window() instanceof SloWindow.Rolling;
    long ahead = rolling ? size - from : (slo.window().end(time) - time) / steps.step();
    Counts now = counts(steps, from);
    double total = now.total();
    double bad = now.bad();
    for (int i = 1; i <= ahead; i++) {
      total += totalPerStep;
      bad += badPerStep;
      if (rolling) {
        int leaving = from + i - 1;
        total -= steps.total(leaving);
        bad -= steps.total(leaving) - steps.good(leaving);
      }
      if (bad >= part * total) {
        return OptionalLong.of(time + i * steps.step());
      }
    }
    return OptionalLong.empty();
  }
}

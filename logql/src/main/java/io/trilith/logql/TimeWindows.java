package io.trilith.logql;

import io.trilith.logstore.StreamReader.Volume;
import io.trilith.logstore.StreamSet.Direction;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the range of a log query so that pages far from where it begins are left alone while the
 * limit may be reached without them. The first window should hold about what is asked for, each
 * that follows more.
 */
final class TimeWindows {
  private static final int GROWTH = 8;
  private static final int SPARE = 2;

  /** Pages one window may have: between windows, deadlines are looked at. */
  private static final long PAGES_MAX = 2000;

  private static final int WINDOWS_MAX = 512;

  /** Times {@code from <= t <= to}, nanoseconds. */
  record Window(long from, long to) {}

  private TimeWindows() {}

  /** Windows in the order in which they are read. */
  static List<Window> of(long from, long to, Volume volume, int limit, Direction direction) {
    double span = (double) to - (double) from + 1;
    boolean few =
        volume.chunks() <= 2 * volume.streams() || volume.entries() <= (long) SPARE * limit;
    double share = few ? 1 : (double) SPARE * limit / volume.entries();
    double longest = Math.max(1.0 / WINDOWS_MAX, (double) PAGES_MAX / volume.chunks());
    List<Window> windows = new ArrayList<>();
    double covered = 0;
    long at = direction == Direction.FORWARD ? from : to;
    while (covered < 1) {
      double length = Math.min(share, longest);
      boolean last = covered + length >= 1 - 1e-9;
      long wide = Math.max(1, (long) (span * length));
      if (direction == Direction.FORWARD) {
        long end = last || wide > to - at ? to : at + wide - 1;
        windows.add(new Window(at, end));
        if (end == to) {
          return windows;
        }
        at = end + 1;
      } else {
        long begin = last || wide > at - from ? from : at - wide + 1;
        windows.add(new Window(begin, at));
        if (begin == from) {
          return windows;
        }
        at = begin - 1;
      }
      covered += length;
      share *= GROWTH;
    }
    return windows;
  }
}

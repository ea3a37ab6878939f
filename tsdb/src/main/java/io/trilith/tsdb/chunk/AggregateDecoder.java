package io.trilith.tsdb.chunk;

import io.trilith.tsdb.Detail.Aggregate;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.StaleMarker;

/** Reads what {@link AggregateEncoder} wrote. Holds scratch; not thread-safe. */
final class AggregateDecoder {
  private final LongDecoder longs;
  private final FloatDecoder floats;

  private long[] ends = new long[0];
  private long[] spans = new long[0];
  private long[] counts = new long[0];
  private double[] values = new double[0];
  private double[] first = new double[0];
  private long[] spare = new long[0];

  private int resetCount;
  private int[] resetWindows = new int[0];
  private long[] before = new long[0];
  private long[] after = new long[0];
  private double[] resetValues = new double[0];

  AggregateDecoder(LongDecoder longs, FloatDecoder floats) {
    this.longs = longs;
    this.floats = floats;
  }

  /**
   * Appends what is wanted of the windows, at the times of the samples that it is of, as far as
   * those are in range.
   *
   * @return false, with nothing appended, when the record cannot tell it
   */
  boolean read(ByteCursor in, Aggregate wanted, long min, long max, SampleBuffer into) {
    int count = in.getCount(AggregateFormat.WINDOWS_MAX);
    int flags = in.getByte();
    if (count == 0 || (flags & ~AggregateFormat.FLAGS) != 0) {
      throw in.corrupt("a record of " + count + " windows with flags " + flags);
    }
    boolean changes = wanted == Aggregate.CHANGE;
    if (changes && (flags & AggregateFormat.NO_CHANGE) != 0) {
      return false;
    }
    reserve(count);
    longs.decode(in, ends, 0, count);
    resetCount = 0;
    switch (wanted) {
      case SAMPLES -> {
        return false;
      }
      case LAST -> {
        skip(in, 3);
        floats(in, values, count);
        skipTo(in, flags, AggregateFormat.HAS_MARKERS);
        addLast(in, flags, count, min, max, into);
      }
      case ENDS, CHANGE -> {
        longs(in, spans, count);
        longs(in, counts, count);
        floats(in, first, count);
        floats(in, values, count);
        if (changes && (flags & AggregateFormat.HAS_RESETS) != 0) {
          skipTo(in, flags, AggregateFormat.HAS_RESETS);
          readResets(in, count);
        }
        addEnds(count, min, max, into);
      }
      case LEAST -> {
        boolean isFirst = (flags & AggregateFormat.LEAST_IS_FIRST) != 0;
        skip(in, isFirst ? 2 : 5);
        floats(in, values, count);
        addAll(count, min, max, into);
      }
      case GREATEST -> {
        boolean isLast = (flags & AggregateFormat.GREATEST_IS_LAST) != 0;
        boolean hasLeast = (flags & AggregateFormat.LEAST_IS_FIRST) == 0;
        skip(in, isLast ? 3 : hasLeast ? 6 : 5);
        floats(in, values, count);
        addAll(count, min, max, into);
      }
      case SUM -> {
        skip(in, 1);
        longs(in, counts, count);
        skip(in, 2);
        floats(in, values, count);
        for (int i = 0; i < count; i++) {
          if (ends[i] >= min && ends[i] <= max) {
            into.add(ends[i], values[i], Math.toIntExact(checkedCount(in, counts[i])));
          }
        }
      }
    }
    return true;
  }

  private static long checkedCount(ByteCursor in, long count) {
    if (count < 1 || count > Integer.MAX_VALUE) {
      throw in.corrupt("a window of " + count + " samples");
    }
    return count;
  }

  private void reserve(int count) {
    if (ends.length < count) {
      ends = new long[count];
      spans = new long[count];
      counts = new long[count];
      spare = new long[count];
      values = new double[count];
      first = new double[count];
    }
  }

  private void skip(ByteCursor in, int columns) {
    for (int i = 0; i < columns; i++) {
      in.skip(in.getCount(Integer.MAX_VALUE));
    }
  }

  /** From behind the last values to one of the two parts that may be at the end. */
  private void skipTo(ByteCursor in, int flags, int part) {
    skip(in, 1);
    skip(in, (flags & AggregateFormat.LEAST_IS_FIRST) == 0 ? 1 : 0);
    skip(in, (flags & AggregateFormat.GREATEST_IS_LAST) == 0 ? 1 : 0);
    boolean behind = part == AggregateFormat.HAS_MARKERS;
    skip(in, behind && (flags & AggregateFormat.HAS_RESETS) != 0 ? 1 : 0);
  }

  private void longs(ByteCursor in, long[] into, int count) {
    in.getCount(Integer.MAX_VALUE);
    longs.decode(in, into, 0, count);
  }

  private void floats(ByteCursor in, double[] into, int count) {
    in.getCount(Integer.MAX_VALUE);
    floats.decode(in, into, spare, 0, count);
  }

  private void addAll(int count, long min, long max, SampleBuffer into) {
    for (int i = 0; i < count; i++) {
      add(ends[i], values[i], min, max, into);
    }
  }

  private static boolean add(long time, double value, long min, long max, SampleBuffer into) {
    if (time < min || time > max) {
      return false;
    }
    into.add(time, value);
    return true;
  }

  private void addLast(ByteCursor in, int flags, int count, long min, long max, SampleBuffer into) {
    int markerCount = 0;
    if ((flags & AggregateFormat.HAS_MARKERS) != 0) {
      in.getCount(Integer.MAX_VALUE);
      markerCount = in.getCount(AggregateFormat.WINDOWS_MAX);
      if (spare.length < markerCount) {
        spare = new long[markerCount];
      }
      longs.decode(in, spare, 0, markerCount);
    }
    int marker = 0;
    for (int i = 0; i < count; i++) {
      for (; marker < markerCount && spare[marker] < ends[i]; marker++) {
        add(spare[marker], StaleMarker.VALUE, min, max, into);
      }
      add(ends[i], values[i], min, max, into);
    }
    for (; marker < markerCount; marker++) {
      add(spare[marker], StaleMarker.VALUE, min, max, into);
    }
  }

  private void readResets(ByteCursor in, int windows) {
    in.getCount(Integer.MAX_VALUE);
    resetCount = in.getCount(windows);
    if (resetCount == 0) {
      throw in.corrupt("no resets where there are some");
    }
    if (before.length < resetCount) {
      resetWindows = new int[resetCount];
      before = new long[resetCount];
      after = new long[resetCount];
      resetValues = new double[2 * resetCount];
    }
    if (spare.length < 2 * resetCount) {
      spare = new long[2 * resetCount];
    }
    int next = 0;
    for (int i = 0; i < resetCount; i++) {
      resetWindows[i] = next + in.getCount(windows - next - 1);
      next = resetWindows[i] + 1;
    }
    longs.decode(in, before, 0, resetCount);
    longs.decode(in, after, 0, resetCount);
    floats.decode(in, resetValues, spare, 0, 2 * resetCount);
  }

  /**
   * The first sample carries the weight of those left out: where a window is cut, its samples near
   * the end are there, each for itself.
   */
  private void addEnds(int count, long min, long max, SampleBuffer into) {
    int reset = 0;
    for (int i = 0; i < count; i++) {
      long start = ends[i] - spans[i];
      boolean falls = reset < resetCount && resetWindows[reset] == i;
      boolean hasBefore = falls && before[reset] > start;
      boolean hasAfter = falls && after[reset] < ends[i];
      if (spans[i] > 0 && start >= min && start <= max) {
        long left = counts[i] - 1 - (hasBefore ? 1 : 0) - (hasAfter ? 1 : 0);
        into.add(start, first[i], Math.clamp(left, 1, Integer.MAX_VALUE));
      }
      if (hasBefore) {
        add(before[reset], resetValues[2 * reset], min, max, into);
      }
      if (hasAfter) {
        add(after[reset], resetValues[2 * reset + 1], min, max, into);
      }
      add(ends[i], values[i], min, max, into);
      reset += falls ? 1 : 0;
    }
  }
}

package io.trilith.tsdb.head;

import io.trilith.tsdb.SampleBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The float samples of all series of a head, of each series in ascending time: what comes in order,
 * which nearly everything does. A series is 40 bytes of state and a chain of blocks in which each
 * sample takes two to nine bytes; no object per series or sample. Added to by one thread; readers
 * must be kept apart by a lock.
 *
 * <pre>
 * sample  = tag:1  (distance:zigzag when the tag's is 63)  (value)
 * tag     = kind (bits 0-1)  zigzag of the step's change, or 63 (bits 2-7)
 * kind    = 0 same bits as before | 1 integer: zigzag of its distance from the integer before, or from 0 |
 *           2 raw: bits:8 | 3 no sample: 0 exponent:1, or 1 start:zigzag of its distance from the one before
 * </pre>
 *
 * <p>The integer of a value is value × 10^exponent, when nothing is lost by that.
 */
final class FloatStreams {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  // A series' state, in longs.
  private static final int STATE = 5;
  private static final int MAX_TIME = 0;
  private static final int MIN_TIME = 1;

  /** The last value: its integer when IS_INTEGER, else its bits. */
  private static final int VALUE = 2;

  /** Block (32 bits), bytes used in it (16), raw values in a row (4), flags (4), exponent (8). */
  private static final int TAIL = 3;

  /** First block (32 bits), last step (32). */
  private static final int HEAD = 4;

  private static final int IS_INTEGER = 0x100;
  private static final int EXPONENT = 0xff;
  private static final int RAW_RUN_SHIFT = 12;

  /** After this many raw values in a row no other exponent is tried: they are no decimals. */
  private static final int RAW_RUN_MAX = 6;

  private static final int EXPONENT_MAX = 12;
  private static final double INTEGER_MAX = 1L << 53;
  private static final double[] POWERS = new double[EXPONENT_MAX + 1];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private static final int SAME = 0;
  private static final int INTEGER = 1;
  private static final int RAW = 2;
  private static final int CONTROL = 3;
  private static final int CONTROL_EXPONENT = 0;
  private static final int CONTROL_START = 1;
  private static final int OTHER_STEP = 63;

  private static final int PAGE_BITS = 11;
  private static final int PAGE_SERIES = 1 << PAGE_BITS;
  private static final int FIRST_SERIES = 8;

  /** States of {@link #PAGE_SERIES} series each; the first grows with its content. */
  private long[][] states = {new long[FIRST_SERIES * STATE]};

  private long stateBytes = 8L * FIRST_SERIES * STATE;
  private final PagePool pool;
  private final StreamBlocks blocks;
  private int seriesCount;

  /** By series: when its counter started; null while no series says. */
  private long @Nullable [] starts;

  /** One sample, or one control, on its way into the blocks. */
  private final byte[] scratch = new byte[64];

  private int filled;

  FloatStreams(PagePool pool) {
    this.pool = pool;
    this.blocks = new StreamBlocks(pool);
  }

  /** Gives the memory back: nobody may use this any more. */
  void release() {
    for (long[] page : states) {
      if (page != null && page.length == PAGE_SERIES * STATE) {
        pool.give(page);
      }
    }
    states = new long[0][];
    blocks.release();
  }

  /** Bytes of memory. */
  long bytes() {
    return stateBytes + blocks.bytes() + (starts == null ? 0 : 8L * starts.length);
  }

  /** How many series have a sample. */
  int seriesCount() {
    return seriesCount;
  }

  boolean isEmpty(int series) {
    long[] page = stateOrNull(series);
    return page == null || page[stateOffset(series) + TAIL] == 0;
  }

  /** The time of a series' last sample. Only of series that have one. */
  long max(int series) {
    return states[series >>> PAGE_BITS][stateOffset(series) + MAX_TIME];
  }

  /** The time of a series' first sample. Only of series that have one. */
  long min(int series) {
    return states[series >>> PAGE_BITS][stateOffset(series) + MIN_TIME];
  }

  private long @Nullable [] stateOrNull(int series) {
    int page = series >>> PAGE_BITS;
    if (page >= states.length || states[page] == null) {
      return null;
    }
    return stateOffset(series) < states[page].length ? states[page] : null;
  }

  private static int stateOffset(int series) {
    return (series & (PAGE_SERIES - 1)) * STATE;
  }

  private long[] state(int series) {
    long[] found = stateOrNull(series);
    return found != null ? found : grow(series);
  }

  private long[] grow(int series) {
    int page = series >>> PAGE_BITS;
    if (page >= states.length) {
      states = Arrays.copyOf(states, Math.max(page + 1, states.length * 2));
    }
    int needed = stateOffset(series) + STATE;
    int length = PAGE_SERIES * STATE;
    if (page == 0) {
      length = Math.min(length, Math.max(needed, states[0].length * 2));
    }
    long[] before = states[page];
    stateBytes += 8L * (length - (before == null ? 0 : before.length));
    states[page] = before == null ? pool.states(length) : Arrays.copyOf(before, length);
    return states[page];
  }

  /**
   * Adds a sample after the last one of its series.
   *
   * @param start when the counter started, 0 when not known
   * @return false when it is not after the last one, and nothing was done
   */
  boolean put(int series, long time, long start, double value) {
    long[] state = state(series);
    int at = stateOffset(series);
    long tail = state[at + TAIL];
    filled = 0;
    if (tail == 0) {
      int block = blocks.allocate();
      tail = (long) block << 32;
      state[at + HEAD] = tail;
      state[at + MIN_TIME] = time;
      state[at + MAX_TIME] = 0;
      state[at + VALUE] = 0;
      seriesCount++;
    } else if (time <= state[at + MAX_TIME]) {
      return false;
    }
    if (start != 0 || starts != null) {
      putStart(series, start);
    }
    tail = putSample(state, at, tail, time, value);
    state[at + TAIL] = write(tail);
    state[at + MAX_TIME] = time;
    return true;
  }

  /** Whether a sample is the last one of its series once more. */
  boolean isLast(int series, long time, long start, double value) {
    return time == max(series)
        && lastBits(series) == Double.doubleToRawLongBits(value)
        && start == (starts == null || series >= starts.length ? 0 : starts[series]);
  }

  /** The bits of a series' last sample. Only of series that have one. */
  long lastBits(int series) {
    long[] state = state(series);
    int at = stateOffset(series);
    long tail = state[at + TAIL];
    long last = state[at + VALUE];
    return (tail & IS_INTEGER) != 0 ? bitsOf(last, (int) tail & EXPONENT) : last;
  }

  private void putStart(int series, long start) {
    if (starts == null || series >= starts.length) {
      long[] before = starts == null ? new long[0] : starts;
      starts = Arrays.copyOf(before, Math.max(8, Math.max(series + 1, before.length * 2)));
    }
    if (starts[series] != start) {
      putByte(CONTROL_START << 2 | CONTROL);
      putZigzag(start - starts[series]);
      starts[series] = start;
    }
  }

  /** Encodes a sample; returns the tail with its flags. */
  private long putSample(long[] state, int at, long before, long time, double value) {
    long tail = before;
    boolean first = state[at + HEAD] == tail;
    long bits = Double.doubleToRawLongBits(value);
    int exponent = (int) tail & EXPONENT;
    boolean wasInteger = (tail & IS_INTEGER) != 0;
    long last = state[at + VALUE];
    long step = time - state[at + MAX_TIME];
    long change = step - (int) state[at + HEAD];
    if (wasInteger ? bits == bitsOf(last, exponent) : !first && bits == last) {
      putTag(SAME, change);
    } else {
      int run = (int) (tail >>> RAW_RUN_SHIFT) & 0xf;
      int fitting = exponentOf(value, exponent, run >= RAW_RUN_MAX);
      if (fitting < 0) {
        putTag(RAW, change);
        LONG.set(scratch, filled, bits);
        filled += 8;
        state[at + VALUE] = bits;
        tail &= ~(IS_INTEGER | (0xfL << RAW_RUN_SHIFT));
        tail |= (long) Math.min(run + 1, 0xf) << RAW_RUN_SHIFT;
      } else {
        long base = wasInteger ? last : 0;
        if (fitting != exponent) {
          putByte(CONTROL_EXPONENT << 2 | CONTROL);
          putByte(fitting);
          base = wasInteger ? rescaled(last, exponent, fitting) : 0;
        }
        long integer = (long) Math.rint(value * POWERS[fitting]);
        putTag(INTEGER, change);
        putZigzag(integer - base);
        state[at + VALUE] = integer;
        tail = (tail & ~(EXPONENT | (0xfL << RAW_RUN_SHIFT))) | IS_INTEGER | fitting;
      }
    }
    // The first sample's step is its time, which tells nothing of the next.
    long kept = first || step != (int) step ? 0 : step;
    state[at + HEAD] = (state[at + HEAD] & ~0xffffffffL) | (kept & 0xffffffffL);
    return tail;
  }

  /** The least exponent from the current one on in which the value is an integer, or -1. */
  private static int exponentOf(double value, int current, boolean onlyCurrent) {
    if (isExact(value, current)) {
      return current;
    }
    int last = onlyCurrent ? current : EXPONENT_MAX;
    for (int exponent = current + 1; exponent <= last; exponent++) {
      if (isExact(value, exponent)) {
        return exponent;
      }
    }
    return -1;
  }

  private static boolean isExact(double value, int exponent) {
    double scaled = Math.rint(value * POWERS[exponent]);
    return Math.abs(scaled) < INTEGER_MAX
        && bitsOf((long) scaled, exponent) == Double.doubleToRawLongBits(value);
  }

  private static long bitsOf(long integer, int exponent) {
    return Double.doubleToRawLongBits(integer / POWERS[exponent]);
  }

  /** An integer for another exponent; 0, which is as good a base as any, when it is too large. */
  private static long rescaled(long integer, int exponent, int other) {
    double scaled = integer * POWERS[other - exponent];
    return Math.abs(scaled) < INTEGER_MAX ? (long) scaled : 0;
  }

  private void putTag(int kind, long change) {
    long zigzag = change << 1 ^ change >> 63;
    if (zigzag >= 0 && zigzag < OTHER_STEP) {
      putByte((int) zigzag << 2 | kind);
    } else {
      putByte(OTHER_STEP << 2 | kind);
      putVarint(zigzag);
    }
  }

  private void putByte(int value) {
    scratch[filled++] = (byte) value;
  }

  private void putZigzag(long value) {
    putVarint(value << 1 ^ value >> 63);
  }

  private void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      scratch[filled++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    scratch[filled++] = (byte) rest;
  }

  /** Copies what is in the scratch behind the tail and returns the new tail. */
  private long write(long tail) {
    int block = (int) (tail >>> 32);
    int used = (int) (tail >>> 16) & 0xffff;
    int from = 0;
    while (used + filled - from > StreamBlocks.CONTENT) {
      int part = StreamBlocks.CONTENT - used;
      System.arraycopy(scratch, from, blocks.page(block), StreamBlocks.offset(block) + used, part);
      from += part;
      int next = blocks.allocate();
      INT.set(blocks.page(block), StreamBlocks.offset(block) + StreamBlocks.CONTENT, next);
      block = next;
      used = 0;
    }
    System.arraycopy(
        scratch, from, blocks.page(block), StreamBlocks.offset(block) + used, filled - from);
    used += filled - from;
    return (long) block << 32 | (long) used << 16 | (tail & 0xffff);
  }

  /** Adds the samples of a series in a range to a buffer. */
  void read(int series, long from, long to, SampleBuffer into) {
    long[] state = stateOrNull(series);
    int at = stateOffset(series);
    if (state == null
        || state[at + TAIL] == 0
        || state[at + MAX_TIME] < from
        || state[at + MIN_TIME] > to) {
      return;
    }
    new Cursor((int) (state[at + HEAD] >>> 32), state[at + TAIL]).read(from, to, into);
  }

  /** Walks a chain of blocks. */
  private final class Cursor {
    private final int lastBlock;
    private final int lastEnd;
    private int block;
    private byte[] page;
    private int at;
    private int end;

    Cursor(int first, long tail) {
      lastBlock = (int) (tail >>> 32);
      lastEnd = (int) (tail >>> 16) & 0xffff;
      block = first;
      page = blocks.page(first);
      enter();
    }

    private void enter() {
      page = blocks.page(block);
      at = StreamBlocks.offset(block);
      end = at + (block == lastBlock ? lastEnd : StreamBlocks.CONTENT);
    }

    private boolean hasNext() {
      return at < end || block != lastBlock;
    }

    private int getByte() {
      if (at == end) {
        block = (int) INT.get(page, StreamBlocks.offset(block) + StreamBlocks.CONTENT);
        enter();
      }
      return page[at++];
    }

    private long getLong() {
      if (end - at >= 8) {
        long bits = (long) LONG.get(page, at);
        at += 8;
        return bits;
      }
      long bits = 0;
      for (int shift = 0; shift < 64; shift += 8) {
        bits |= (getByte() & 0xffL) << shift;
      }
      return bits;
    }

    private long getVarint() {
      long value = getByte();
      if (value >= 0) {
        return value;
      }
      value &= 0x7f;
      for (int shift = 7; ; shift += 7) {
        long next = getByte();
        value |= (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    private long getZigzag() {
      long zigzag = getVarint();
      return zigzag >>> 1 ^ -(zigzag & 1);
    }

    void read(long from, long to, SampleBuffer into) {
      long time = 0;
      long step = 0;
      long start = 0;
      boolean first = true;
      boolean isInteger = false;
      int exponent = 0;
      long integer = 0;
      double value = 0;
      while (hasNext()) {
        int tag = getByte() & 0xff;
        int kind = tag & 3;
        if (kind == CONTROL) {
          if (tag >> 2 == CONTROL_START) {
            start += getZigzag();
          } else {
            int other = getByte();
            integer = isInteger ? rescaled(integer, exponent, other) : 0;
            exponent = other;
          }
          continue;
        }
        long zigzag = tag >> 2 == OTHER_STEP ? getVarint() : tag >> 2;
        long passed = step + (zigzag >>> 1 ^ -(zigzag & 1));
        time += passed;
        step = first || passed != (int) passed ? 0 : passed;
        first = false;
        if (kind == INTEGER) {
          integer = (isInteger ? integer : 0) + getZigzag();
          isInteger = true;
          value = integer / POWERS[exponent];
        } else if (kind == RAW) {
          value = Double.longBitsToDouble(getLong());
          isInteger = false;
        }
        if (time > to) {
          return;
        }
        if (time >= from) {
          into.add(time, value);
          if (start != 0) {
            into.startedAt(start);
          }
        }
      }
    }
  }
}

package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.Arrays;

/**
 * Reads one tenant's log records of version 2 back, in the order of the log: keeps what the numbers
 * of the current epoch mean. Used under the tenant's lock.
 */
public final class LogReplay {
  /**
   * How far a record's definitions may lie ahead of those read: keeps damage from taking memory.
   */
  private static final int GAP_MAX = 1 << 22;

  private static final int UNDEFINED = -1;

  private final MetricHead head;
  private final long epoch;

  /** By number in the epoch: the number in the head, or UNDEFINED. */
  private int[] numbers = new int[64];

  private int size;
  private long undefined;

  /** Of an epoch all of whose records go into one head. */
  public LogReplay(MetricHead head, long epoch) {
    this.head = head;
    this.epoch = epoch;
  }

  /** The epoch of a record; the reader stands behind it afterwards. */
  public static long epochOf(ByteReader in) {
    int version = in.getByte();
    if (version != LogEpoch.VERSION) {
      throw in.corrupt("metric record version " + version + " is not known to this release");
    }
    return in.getVarint();
  }

  /** Whether this is the epoch. */
  public boolean isOf(long recordEpoch) {
    return epoch == recordEpoch;
  }

  /** Items left out so far because the record that defined their series is gone. */
  public long undefined() {
    return undefined;
  }

  /** Puts a record, from behind its epoch on, into the head; returns by how much that grew. */
  public long read(ByteReader in, MetricHead into) {
    if (into != head) {
      throw new IllegalStateException("a head was sealed inside of an epoch of the log");
    }
    getDefinitions(in);
    MetricBatch batch = new MetricBatch();
    int[] series = getSamples(in, batch);
    series = getHistograms(in, batch, series);
    series = getExemplars(in, batch, series);
    RecordItems.getMetadata(in, batch);
    return head.add(batch, series);
  }

  private void getDefinitions(ByteReader in) {
    long first = in.getVarint();
    if (first < 0 || first > (long) size + GAP_MAX) {
      throw in.corrupt("definitions from number " + first + " on, but " + size + " are known");
    }
    int next = (int) first;
    for (int left = in.getCount(); left > 0; left--) {
      int inHead = head.numberOfKey(in.getBytes(in.getCount()));
      if (inHead < 0) {
        throw in.corrupt("the key of a series is malformed");
      }
      define(next++, inHead);
    }
  }

  private void define(int number, int inHead) {
    if (number >= numbers.length) {
      numbers = Arrays.copyOf(numbers, Math.max(numbers.length * 2, number + 1));
    }
    while (size <= number) {
      numbers[size++] = UNDEFINED;
    }
    numbers[number] = inHead;
  }

  /** The number in the head; counts what has none. */
  private int inHead(ByteReader in, long number) {
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw in.corrupt("series number " + number);
    }
    int found = number < size ? numbers[(int) number] : UNDEFINED;
    if (found == UNDEFINED) {
      undefined++;
    }
    return found;
  }

  /** Adds samples to the batch, each with a series of its own; returns their numbers. */
  private int[] getSamples(ByteReader in, MetricBatch batch) {
    int count = in.getCount(2);
    boolean starts = (in.getByte() & RecordItems.HAS_STARTS) != 0;
    int[] series = new int[count];
    int kept = 0;
    long number = -1;
    long time = 0;
    long start = 0;
    for (int i = 0; i < count; i++) {
      long tag = in.getVarint();
      long zigzag = tag >>> 2;
      number += ((zigzag >>> 1) ^ -(zigzag & 1)) + 1;
      time += (tag & RecordItems.OTHER_TIME) != 0 ? in.getZigzag() : 0;
      start += starts ? in.getZigzag() : 0;
      double value = (tag & RecordItems.INTEGER) != 0 ? in.getZigzag() : in.getDouble();
      int target = inHead(in, number);
      if (target != UNDEFINED) {
        series[kept] = target;
        batch.addSample(kept++, time, start, value);
      }
    }
    return Arrays.copyOf(series, kept);
  }

  private int[] getHistograms(ByteReader in, MetricBatch batch, int[] before) {
    int count = in.getCount();
    int[] series = Arrays.copyOf(before, before.length + count);
    int kept = before.length;
    for (int i = 0; i < count; i++) {
      int target = inHead(in, in.getVarint());
      long time = in.getZigzag();
      long start = in.getZigzag();
      if (target == UNDEFINED) {
        HistogramCodec.get(in, null);
        continue;
      }
      series[kept] = target;
      batch.addHistogram(kept++, time, start, HistogramCodec.get(in, null));
    }
    return Arrays.copyOf(series, kept);
  }

  private int[] getExemplars(ByteReader in, MetricBatch batch, int[] before) {
    int count = in.getCount();
    int[] series = Arrays.copyOf(before, before.length + count);
    int kept = before.length;
    for (int i = 0; i < count; i++) {
      int target = inHead(in, in.getVarint());
      Exemplar exemplar = RecordItems.getExemplar(in);
      if (target != UNDEFINED) {
        series[kept] = target;
        batch.addExemplar(kept++, exemplar);
      }
    }
    return series;
  }
}

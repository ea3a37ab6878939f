package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.log.Log;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.HistogramCodec;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tenant's batches as log records that name series by numbers, see {@code
 * docs/formats/log-records.md} and {@code docs/decisions/0002-metric-ingest.md}. Numbers mean
 * something within one epoch only: a stretch of records that go to one head. Used under the
 * tenant's lock, except where said.
 */
public final class LogEpoch {
  /** The version of records that name series by number. */
  static final int VERSION = 2;

  static final int HAS_STARTS = 1;
  static final int OTHER_TIME = 1;
  static final int INTEGER = 2;
  static final double INTEGER_MAX = 1L << 53;

  private final MetricHead head;
  private final long name;

  /** By a series' number in the head: its number in the epoch plus one, 0 for none. */
  private int[] numbers = new int[8];

  private int defined;
  private @Nullable Definitions definitions;
  private boolean recordOpen;
  private boolean openDefines;
  private volatile boolean ended;

  /**
   * A record that defined numbers, and those before it. Whoever uses numbers waits for them: a
   * record is worth nothing without its definitions.
   */
  public static final class Definitions {
    private volatile Log.@Nullable Ticket ticket;
    private volatile @Nullable Definitions before;

    private Definitions(Log.Ticket ticket, @Nullable Definitions before) {
      this.ticket = ticket;
      this.before = before;
    }

    /** Waits for all of them; throws when one could not be written. By any thread. */
    public void awaitDurable() {
      for (Definitions one = this; one != null; one = one.before) {
        Log.Ticket unsure = one.ticket;
        if (unsure == null) {
          break; // it, and so all before it, are known to be durable
        }
        unsure.awaitDurable();
      }
      ticket = null;
      before = null;
    }
  }

  /**
   * Begins an epoch.
   *
   * @param name greater than that of any earlier epoch of the tenant: the log's next offset
   */
  public LogEpoch(MetricHead head, long name) {
    this.head = head;
    this.name = name;
  }

  /**
   * Whether the next record to this head may belong to the epoch. It may not when a record did not
   * come into the log, or not durably: its definitions are missing there.
   */
  public boolean continues(MetricHead into) {
    return head == into && !ended && !recordOpen;
  }

  /** Says that a record could not be written. By any thread. */
  public void end() {
    ended = true;
  }

  /** The records that defined numbers so far. */
  public @Nullable Definitions definitions() {
    return definitions;
  }

  /** Says that the record which {@link #put} wrote has its place in the log. */
  public void recorded(Log.Ticket ticket) {
    recordOpen = false;
    if (openDefines) {
      definitions = new Definitions(ticket, definitions);
    }
  }

  /** Writes a batch, given the numbers of its series in the head. */
  public void put(MetricBatch batch, int[] headNumbers, ByteWriter out) {
    recordOpen = true;
    out.putByte(VERSION);
    out.putVarint(name);
    putDefinitions(headNumbers, out);
    putSamples(batch, headNumbers, out);
    out.putVarint(batch.histograms().size());
    for (MetricBatch.HistogramSample sample : batch.histograms()) {
      out.putVarint(number(headNumbers[sample.series()]));
      out.putZigzag(sample.timestamp());
      out.putZigzag(sample.startTimestamp());
      HistogramCodec.put(sample.histogram(), null, out);
    }
    out.putVarint(batch.exemplars().size());
    for (MetricBatch.ExemplarOf one : batch.exemplars()) {
      out.putVarint(number(headNumbers[one.series()]));
      putExemplar(one.exemplar(), out);
    }
    putMetadata(batch.metadata(), out);
  }

  private int number(int inHead) {
    return numbers[inHead] - 1;
  }

  private void putDefinitions(int[] headNumbers, ByteWriter out) {
    if (numbers.length < head.registry().size()) {
      numbers = Arrays.copyOf(numbers, Math.max(numbers.length * 2, head.registry().size()));
    }
    int first = defined;
    for (int number : headNumbers) {
      if (number >= 0 && numbers[number] == 0) {
        numbers[number] = ++defined;
      }
    }
    openDefines = defined > first;
    out.putVarint(first);
    out.putVarint(defined - first);
    int next = first;
    for (int number : headNumbers) {
      if (number >= 0 && numbers[number] == next + 1) {
        out.putVarint(head.registry().keyLength(number));
        head.registry().putKey(number, out);
        next++;
      }
    }
  }

  private void putSamples(MetricBatch batch, int[] headNumbers, ByteWriter out) {
    boolean starts = hasStarts(batch);
    out.putVarint(batch.samples());
    out.putByte(starts ? HAS_STARTS : 0);
    int series = -1;
    long time = 0;
    long start = 0;
    for (int i = 0; i < batch.samples(); i++) {
      double value = batch.sampleValue(i);
      boolean integer = isInteger(value);
      int next = number(headNumbers[batch.sampleSeries(i)]);
      long distance = next - (long) series - 1;
      long zigzag = (distance << 1) ^ (distance >> 63);
      boolean otherTime = batch.sampleTime(i) != time;
      out.putVarint(zigzag << 2 | (otherTime ? OTHER_TIME : 0) | (integer ? INTEGER : 0));
      if (otherTime) {
        out.putZigzag(batch.sampleTime(i) - time);
      }
      if (starts) {
        out.putZigzag(batch.sampleStart(i) - start);
      }
      if (integer) {
        out.putZigzag((long) value);
      } else {
        out.putDouble(value);
      }
      series = next;
      time = batch.sampleTime(i);
      start = batch.sampleStart(i);
    }
  }

  /** Whether the value is a whole number that comes back bit for bit. */
  private static boolean isInteger(double value) {
    return Math.abs(value) < INTEGER_MAX
        && Double.doubleToRawLongBits((double) (long) value) == Double.doubleToRawLongBits(value);
  }

  private static boolean hasStarts(MetricBatch batch) {
    for (int i = 0; i < batch.samples(); i++) {
      if (batch.sampleStart(i) != 0) {
        return true;
      }
    }
    return false;
  }

  private static void putExemplar(Exemplar exemplar, ByteWriter out) {
    Labels labels = exemplar.labels();
    out.putVarint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.putString(labels.name(i));
      out.putString(labels.value(i));
    }
    out.putDouble(exemplar.value());
    out.putZigzag(exemplar.timestamp());
  }

  /** Senders repeat metadata with every request: what the head knows is in the log already. */
  private void putMetadata(Map<String, MetricMetadata> metadata, ByteWriter out) {
    metadata.entrySet().removeIf(one -> head.knows(one.getKey(), one.getValue()));
    out.putVarint(metadata.size());
    metadata.forEach(
        (metric, entry) -> {
          out.putString(metric);
          out.putByte(entry.type().ordinal());
          out.putString(entry.unit());
          out.putString(entry.help());
        });
  }
}

package io.trilith.tsdb.head;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.log.Log;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
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
    RecordItems.put(batch, inEpoch(headNumbers), out);
    putMetadata(batch.metadata(), out);
  }

  /** The numbers of a batch's series; of those without an item any. */
  private int[] inEpoch(int[] headNumbers) {
    int[] found = new int[headNumbers.length];
    for (int series = 0; series < found.length; series++) {
      found[series] = headNumbers[series] < 0 ? -1 : numbers[headNumbers[series]] - 1;
    }
    return found;
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

  /** Senders repeat metadata with every request: what the head knows is in the log already. */
  private void putMetadata(Map<String, MetricMetadata> metadata, ByteWriter out) {
    metadata.entrySet().removeIf(one -> head.knows(one.getKey(), one.getValue()));
    RecordItems.put(metadata, out);
  }
}

package io.trilith.logstore.page;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which runs a page may have: a Bloom filter of blocks of 256 bits, four bits of one block for each
 * run, and which lengths of runs there are. Read from bytes; written by {@link Builder}. Immutable.
 *
 * <pre>
 * filter = lengths:8  block:32 *
 * </pre>
 */
public final class PageFilter {
  private static final int BLOCK = 32;
  private static final int BITS_PER_RUN = 8;

  /** A bit among the lengths, where no run has its own: shorter runs than 8 are not in it. */
  static final long LONG_ONLY = 1;

  private final ByteBuffer bytes;
  private final int blocks;

  public PageFilter(ByteReader in) {
    if (in.remaining() < 8 + BLOCK || (in.remaining() - 8) % BLOCK != 0) {
      throw in.corrupt("a filter of " + in.remaining() + " bytes");
    }
    bytes = in.slice(in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    blocks = (bytes.capacity() - 8) / BLOCK;
  }

  private static int block(long hash, int blocks) {
    return (int) (((hash >>> 32) * blocks) >>> 32);
  }

  /** False when no run of the page has that hash. */
  boolean mayHave(long hash) {
    int at = 8 + block(hash, blocks) * BLOCK;
    for (int i = 0; i < 4; i++) {
      int bit = (int) (hash >>> (8 * i)) & 0xff;
      if ((bytes.get(at + (bit >>> 3)) >>> (bit & 7) & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether runs of that length are in the filter. */
  boolean knows(int length) {
    return length >= Runs.PREFIX || (bytes.getLong(0) & LONG_ONLY) == 0;
  }

  /** Whether some run that is not loose is longer than this. */
  boolean hasLonger(int length) {
    return length >= 63 || bytes.getLong(0) >>> (length + 1) != 0;
  }

  /** Whether a run that is longer than this, and not one of the long ones, is there. */
  boolean hasBetween(int length) {
    long longer = length >= Runs.LONG ? 0 : bytes.getLong(0) >>> (length + 1);
    return longer << (63 - Runs.LONG + length) << 1 != 0;
  }

  /** Appends a filter of runs, some of which may be there several times. */
  static void put(long lengths, long[] hashes, int count, ByteWriter out) {
    int blocks = Math.max(1, (int) (((long) count * BITS_PER_RUN + 255) / 256));
    out.putLong(lengths);
    int start = out.size();
    out.putZeros(blocks * BLOCK);
    byte[] array = out.array();
    for (int i = 0; i < count; i++) {
      Builder.set(array, start, hashes[i], blocks);
    }
  }

  /** Collects the runs of one page after another. */
  static final class Builder {
    private long[] hashes = new long[1 << 10];
    private int count;
    private boolean zero;
    private long lengths;

    /** Adds all runs of a text whose ends are ends of runs. */
    void add(byte[] text, int from, int to) {
      int at = from;
      while (at < to) {
        if (!Runs.isRun(text[at])) {
          at++;
          continue;
        }
        int end = Runs.end(text, at, to);
        addRun(text, at, end);
        at = end;
      }
    }

    /** Adds one whole run. */
    void addRun(byte[] text, int from, int to) {
      if (Runs.isLoose(text, from, to)) {
        return;
      }
      lengths |= 1L << Math.min(63, to - from);
      addHash(Runs.hash(text, from, to));
      for (int at = from; to - from > Runs.LONG && at + Runs.PREFIX <= to; at++) {
        long gram = Runs.gram(text, at);
        if (gram != 0) {
          addHash(gram);
        }
      }
    }

    private void addHash(long hash) {
      if (hash == 0) {
        zero = true;
        return;
      }
      if (count * 2 >= hashes.length) {
        long[] old = hashes;
        hashes = new long[old.length * 2];
        count = 0;
        for (long one : old) {
          if (one != 0) {
            insert(one);
          }
        }
      }
      insert(hash);
    }

    private void insert(long hash) {
      int mask = hashes.length - 1;
      int at = (int) hash & mask;
      while (hashes[at] != 0) {
        if (hashes[at] == hash) {
          return;
        }
        at = (at + 1) & mask;
      }
      hashes[at] = hash;
      count++;
    }

    /** Appends the filter and forgets what was added. */
    void finish(ByteWriter out) {
      int blocks = Math.max(1, (int) (((long) count * BITS_PER_RUN + 255) / 256));
      out.putLong(lengths);
      int start = out.size();
      out.putBytes(new byte[blocks * BLOCK]);
      byte[] array = out.array();
      for (long hash : hashes) {
        if (hash != 0) {
          set(array, start, hash, blocks);
        }
      }
      if (zero) {
        set(array, start, 0, blocks);
      }
      if (hashes.length > 1 << 16) {
        hashes = new long[1 << 10];
      } else {
        Arrays.fill(hashes, 0);
      }
      count = 0;
      zero = false;
      lengths = 0;
    }

    private static void set(byte[] array, int start, long hash, int blocks) {
      int at = start + block(hash, blocks) * BLOCK;
      for (int i = 0; i < 4; i++) {
        int bit = (int) (hash >>> (8 * i)) & 0xff;
        array[at + (bit >>> 3)] |= (byte) (1 << (bit & 7));
      }
    }
  }
}

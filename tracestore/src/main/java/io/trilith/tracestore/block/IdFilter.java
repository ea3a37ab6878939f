package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.util.Arrays;

/**
 * Which traces a block may have: a Bloom filter of blocks of 256 bits, of which an id sets one bit
 * in each of the eight words of one. Of ids that are not there about one in 250 passes. Immutable.
 */
final class IdFilter {
  private static final int BITS_PER_ID = 12;
  private static final int WORDS = 8;

  /** What each word multiplies the hash with. */
  private static final int[] SALTS = {
    0x2f8a3b1d, 0x6b43a9b5, 0x9c30d539, 0xe2f0c8ab, 0x417f6a0f, 0xb5297a4d, 0x7feb352d, 0xd3a2646d
  };

  private final int[] words;

  private IdFilter(int[] words) {
    this.words = words;
  }

  /** The ids of a block that is being written. Not thread-safe. */
  static final class Builder {
    private long[] hashes = new long[64];
    private int size;

    void add(long high, long low) {
      if (size == hashes.length) {
        hashes = Arrays.copyOf(hashes, size * 2);
      }
      hashes[size++] = hash(high, low);
    }

    void write(ByteWriter out) {
      long blocks = Math.max(1, ((long) size * BITS_PER_ID + 255) / 256);
      int[] words = new int[Math.toIntExact(blocks * WORDS)];
      for (int i = 0; i < size; i++) {
        int first = first(hashes[i], words.length);
        for (int k = 0; k < WORDS; k++) {
          words[first + k] |= bit(hashes[i], k);
        }
      }
      out.putVarint(blocks);
      for (int word : words) {
        out.putInt(word);
      }
    }
  }

  static IdFilter read(ByteReader in) {
    int blocks = in.getCount(4 * WORDS);
    if (blocks == 0) {
      throw in.corrupt("a filter of nothing");
    }
    int[] words = new int[blocks * WORDS];
    for (int i = 0; i < words.length; i++) {
      words[i] = in.getInt();
    }
    return new IdFilter(words);
  }

  /** Whether a trace may be there; never false of one that is. */
  boolean mayHave(long high, long low) {
    long hash = hash(high, low);
    int first = first(hash, words.length);
    for (int i = 0; i < WORDS; i++) {
      if ((words[first + i] & bit(hash, i)) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Part of the format: does not change. */
  private static long hash(long high, long low) {
    long hash = (high * 0x9e3779b97f4a7c15L) ^ low;
    hash = (hash ^ hash >>> 32) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 29) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 32;
  }

  private static int first(long hash, int words) {
    return (int) (((hash >>> 32) * (words / WORDS)) >>> 32) * WORDS;
  }

  private static int bit(long hash, int word) {
    return 1 << (((int) hash * SALTS[word]) >>> 27);
  }
}

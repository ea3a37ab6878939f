package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.model.Labels;
import java.util.Arrays;

/**
 * The series section of a block, decoded into columns: labels as symbol numbers and chunk places,
 * both addressed by a series' first and last position. Immutable once read.
 */
final class BlockSeries {
  private final String[] symbols;
  private final int[] labelStarts;
  private final int[] chunkStarts;
  private int[] labelSymbols = new int[256];
  private byte[] kinds = new byte[64];
  private long[] mins = new long[64];
  private long[] maxs = new long[64];
  private int[] chunkPages = new int[64];
  private int[] offsets = new int[64];
  private int[] lengths = new int[64];
  private final long[] pageOffsets;
  private final int[] pageLengths;
  private long samples;

  BlockSeries(ByteReader in, String[] symbols) {
    this.symbols = symbols;
    int count = in.getCount(2);
    pageOffsets = new long[in.getCount(2)];
    pageLengths = new int[pageOffsets.length];
    for (int i = 0; i < pageOffsets.length; i++) {
      pageOffsets[i] = in.getVarint();
      pageLengths[i] = (int) in.getVarint();
    }
    labelStarts = new int[count + 1];
    chunkStarts = new int[count + 1];
    for (int i = 0; i < count; i++) {
      readLabels(in, i);
      readChunks(in, i);
    }
  }

  private void readLabels(ByteReader in, int series) {
    int at = labelStarts[series];
    int count = in.getCount(2);
    if (at + 2 * count > labelSymbols.length) {
      labelSymbols = Arrays.copyOf(labelSymbols, Math.max(2 * labelSymbols.length, at + 2 * count));
    }
    for (int i = 0; i < 2 * count; i++) {
      labelSymbols[at++] = in.getIndex(symbols.length);
    }
    labelStarts[series + 1] = at;
  }

  private void readChunks(ByteReader in, int series) {
    int at = chunkStarts[series];
    int count = in.getCount(7);
    if (at + count > mins.length) {
      growChunks(Math.max(2 * mins.length, at + count));
    }
    for (int i = 0; i < count; i++, at++) {
      kinds[at] = (byte) in.getByte();
      mins[at] = in.getZigzag();
      maxs[at] = mins[at] + in.getVarint();
      samples += in.getVarint();
      chunkPages[at] = in.getIndex(pageOffsets.length);
      offsets[at] = (int) in.getVarint();
      lengths[at] = (int) in.getVarint();
    }
    chunkStarts[series + 1] = at;
  }

  private void growChunks(int capacity) {
    kinds = Arrays.copyOf(kinds, capacity);
    mins = Arrays.copyOf(mins, capacity);
    maxs = Arrays.copyOf(maxs, capacity);
    chunkPages = Arrays.copyOf(chunkPages, capacity);
    offsets = Arrays.copyOf(offsets, capacity);
    lengths = Arrays.copyOf(lengths, capacity);
  }

  int size() {
    return labelStarts.length - 1;
  }

  long samples() {
    return samples;
  }

  /** Bytes on the heap, roughly: what the cache counts. */
  int weight() {
    return 4 * (labelSymbols.length + 2 * labelStarts.length + 3 * mins.length)
        + 17 * mins.length
        + 12 * pageOffsets.length
        + 48 * symbols.length;
  }

  Labels labels(int series) {
    int from = labelStarts[series];
    String[] pairs = new String[labelStarts[series + 1] - from];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = symbols[labelSymbols[from + i]];
    }
    return Labels.ofSorted(pairs);
  }

  int firstChunk(int series) {
    return chunkStarts[series];
  }

  int endChunk(int series) {
    return chunkStarts[series + 1];
  }

  boolean overlaps(int series, long min, long max) {
    for (int i = chunkStarts[series]; i < chunkStarts[series + 1]; i++) {
      if (overlapsChunk(i, min, max)) {
        return true;
      }
    }
    return false;
  }

  boolean overlapsChunk(int chunk, long min, long max) {
    return mins[chunk] <= max && maxs[chunk] >= min;
  }

  int kind(int chunk) {
    return kinds[chunk];
  }

  int page(int chunk) {
    return chunkPages[chunk];
  }

  int offset(int chunk) {
    return offsets[chunk];
  }

  int length(int chunk) {
    return lengths[chunk];
  }

  long pageOffset(int page) {
    return pageOffsets[page];
  }

  int pageLength(int page) {
    return pageLengths[page];
  }
}

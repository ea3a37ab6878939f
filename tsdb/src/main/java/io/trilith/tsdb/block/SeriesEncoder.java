package io.trilith.tsdb.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import java.nio.ByteBuffer;

/**
 * Writes the SERIES section: per series what differs from the one before, and its chunks. Used
 * once.
 *
 * <pre>
 * section = ( groupLength:varint )* group*
 * group   = dataOffset:varint column:varint series*          16 series, the last group fewer
 * series  = labels chunkCount:varint chunk*
 * labels  = head:varint                                      bit 0 clear: mask of changed labels above it, the last label lowest
 *           ( step:zigzag )*                                 of each changed value, the last label first
 *         | head:varint = 1 shape:varint value:varint*       the first of a group, and where the shape changes
 * chunk   = column:varint length:varint                      column: zigzag distance from the one before plus one
 *                                                            length: above 2 bits of flags
 * </pre>
 */
final class SeriesEncoder {
  private final ByteReader chunks;
  private final ByteWriter entries = new ByteWriter(1 << 12);
  private final ByteWriter groupLengths = new ByteWriter();
  private int[] before = new int[16];
  private int shapeBefore = -1;
  private int groupStart;
  private long dataOffset;
  private long column = -1;

  /** The chunks of all series: count, then column and length with flags of each. */
  SeriesEncoder(ByteBuffer chunks) {
    this.chunks = new ByteReader(chunks, "chunks", 0);
  }

  void encode(LabelCollector labels, ByteWriter out) {
    labels.forEach(this::put);
    endGroup();
    out.putBytes(groupLengths.view());
    out.putBytes(entries.view());
  }

  private void endGroup() {
    if (entries.size() > groupStart) {
      groupLengths.putVarint(entries.size() - groupStart);
      groupStart = entries.size();
    }
  }

  private void put(int number, int shape, int[] values, int count) {
    if (number % MetricBlockFormat.GROUP == 0) {
      endGroup();
      entries.putVarint(dataOffset);
      entries.putVarint(column + 1);
      shapeBefore = -1;
    }
    if (before.length < count) {
      before = new int[count * 2];
    }
    if (shape != shapeBefore || count > MetricBlockFormat.MASK_LABELS) {
      entries.putVarint(1);
      entries.putVarint(shape);
      for (int i = 0; i < count; i++) {
        entries.putVarint(values[i]);
      }
    } else {
      putChanges(values, count);
    }
    System.arraycopy(values, 0, before, 0, count);
    shapeBefore = shape;
    putChunks();
  }

  private void putChanges(int[] values, int count) {
    long mask = 0;
    for (int i = 0; i < count; i++) {
      if (values[i] != before[i]) {
        mask |= 1L << (count - 1 - i);
      }
    }
    entries.putVarint(mask << 1);
    for (int i = count - 1; i >= 0; i--) {
      if (values[i] != before[i]) {
        entries.putZigzag((long) values[i] - before[i]);
      }
    }
  }

  private void putChunks() {
    long count = chunks.getVarint();
    entries.putVarint(count);
    for (long i = 0; i < count; i++) {
      long number = chunks.getVarint();
      long length = chunks.getVarint();
      entries.putZigzag(number - column - 1);
      entries.putVarint(length);
      column = number;
      dataOffset += length >>> MetricBlockFormat.FLAG_BITS;
    }
  }
}

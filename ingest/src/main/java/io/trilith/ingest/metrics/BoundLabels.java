package io.trilith.ingest.metrics;

import io.trilith.storage.text.FloatText;

/**
 * Labels {@code le} or {@code quantile} of the numbers met lately. Bounded: a number may push
 * another out. Not thread-safe.
 */
final class BoundLabels {
  private static final int SIZE = 512;

  private final String name;
  private final byte[] nameBytes;
  private final long[] numbers = new long[SIZE];
  private final byte[][] labels = new byte[SIZE][0];

  BoundLabels(String name) {
    this.name = name;
    this.nameBytes = AttributeNames.bytes(name);
  }

  String name() {
    return name;
  }

  byte[] nameBytes() {
    return nameBytes;
  }

  String text(double value) {
    return FloatText.plain(value);
  }

  /** The whole label as it stands in a series' key. */
  byte[] label(double value) {
    long bits = Double.doubleToRawLongBits(value);
    int slot = (int) ((bits * 0x9E3779B97F4A7C15L) >>> 55);
    if (numbers[slot] != bits || labels[slot].length == 0) {
      numbers[slot] = bits;
      labels[slot] = LabelBytes.label(nameBytes, AttributeNames.bytes(text(value)));
    }
    return labels[slot];
  }
}

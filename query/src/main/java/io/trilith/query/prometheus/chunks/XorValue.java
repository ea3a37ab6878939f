package io.trilith.query.prometheus.chunks;

/** A column of doubles, each as XOR with the one before (Gorilla, section 4.1.2). */
final class XorValue {
  private long before;
  private int leading = -1;
  private int trailing;

  /** The first one, whole. */
  void first(BitStream out, double value) {
    before = Double.doubleToRawLongBits(value);
    leading = -1;
    trailing = 0;
    out.put(before, 64);
  }

  void next(BitStream out, double value) {
    long now = Double.doubleToRawLongBits(value);
    long differing = now ^ before;
    before = now;
    if (differing == 0) {
      out.put(0, 1);
      return;
    }
    int zerosBefore = Math.min(31, Long.numberOfLeadingZeros(differing));
    int zerosAfter = Long.numberOfTrailingZeros(differing);
    if (leading >= 0 && zerosBefore >= leading && zerosAfter >= trailing) {
      out.put(2, 2);
      out.put(differing >>> trailing, 64 - leading - trailing);
      return;
    }
    leading = zerosBefore;
    trailing = zerosAfter;
    out.put(3, 2);
    out.put(leading, 5);
    out.put(64 - leading - trailing & 63, 6);
    out.put(differing >>> trailing, 64 - leading - trailing);
  }
}

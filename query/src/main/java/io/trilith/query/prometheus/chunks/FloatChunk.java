package io.trilith.query.prometheus.chunks;

/** Floats as an XOR chunk. Not thread-safe. */
final class FloatChunk {
  private final BitStream out = new BitStream();
  private final XorValue values = new XorValue();

  /** The samples from one place to before another. */
  byte[] encode(long[] times, double[] samples, int from, int to) {
    out.clear();
    out.put(to - from, 16);
    long step = 0;
    for (int i = from; i < to; i++) {
      if (i == from) {
        out.putSignedBytewise(times[i]);
        values.first(out, samples[i]);
        continue;
      }
      long stepBefore = step;
      step = times[i] - times[i - 1];
      if (i == from + 1) {
        out.putBytewise(step);
      } else {
        change(step - stepBefore);
      }
      values.next(out, samples[i]);
    }
    return out.toBytes();
  }

  private void change(long change) {
    if (change == 0) {
      out.put(0, 1);
    } else if (change > -(1 << 13) && change <= 1 << 13) {
      out.put(0b10, 2);
      out.put(change, 14);
    } else if (change > -(1 << 16) && change <= 1 << 16) {
      out.put(0b110, 3);
      out.put(change, 17);
    } else if (change > -(1 << 19) && change <= 1 << 19) {
      out.put(0b1110, 4);
      out.put(change, 20);
    } else {
      out.put(0b1111, 4);
      out.put(change, 64);
    }
  }
}

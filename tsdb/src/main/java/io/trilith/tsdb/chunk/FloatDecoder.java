package io.trilith.tsdb.chunk;

import io.trilith.tsdb.StaleMarker;

/** Reads what {@link FloatEncoder} wrote. Holds scratch; not thread-safe. */
final class FloatDecoder {
  private final LongDecoder longs;
  private int[] places = new int[16];
  private double[] specials = new double[16];

  FloatDecoder(LongDecoder longs) {
    this.longs = longs;
  }

  /**
   * Fills {@code into[from..from + count)}.
   *
   * @param spare overwritten at the same places
   */
  void decode(ByteCursor in, double[] into, long[] spare, int from, int count) {
    int head = in.getByte();
    int exponent = head & FloatColumn.EXPONENT_MASK;
    int specialCount = 0;
    if ((head & FloatColumn.HAS_SPECIALS) != 0) {
      specialCount = readSpecials(in, count);
    }
    longs.decode(in, spare, from, count);
    int end = from + count;
    if (exponent == FloatColumn.BITS) {
      for (int i = from; i < end; i++) {
        into[i] = Double.longBitsToDouble(FloatColumn.ordered(spare[i]));
      }
    } else if (exponent == 0) {
      for (int i = from; i < end; i++) {
        into[i] = spare[i];
      }
    } else if (exponent <= FloatColumn.EXPONENT_MAX) {
      double power = FloatColumn.power(exponent);
      for (int i = from; i < end; i++) {
        into[i] = spare[i] / power;
      }
    } else {
      throw in.corrupt("a decimal exponent of " + exponent);
    }
    for (int i = 0; i < specialCount; i++) {
      into[from + places[i]] = specials[i];
    }
  }

  private int readSpecials(ByteCursor in, int count) {
    int specialCount = in.getCount(count);
    if (places.length < specialCount) {
      places = new int[specialCount];
      specials = new double[specialCount];
    }
    int place = -1;
    for (int i = 0; i < specialCount; i++) {
      place += in.getCount(count - place - 2) + 1;
      places[i] = place;
      int what = in.getByte();
      specials[i] =
          switch (what) {
            case FloatColumn.STALE -> StaleMarker.VALUE;
            case FloatColumn.OTHER -> Double.longBitsToDouble(in.getLong());
            default -> throw in.corrupt("a special value of kind " + what);
          };
    }
    return specialCount;
  }
}

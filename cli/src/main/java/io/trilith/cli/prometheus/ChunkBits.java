package io.trilith.cli.prometheus;

/** Bits of a chunk, most significant first. Reading beyond the end throws. Not thread-safe. */
final class ChunkBits {
  private static final int[] WIDTHS = {3, 6, 9, 12, 18, 25, 56};

  private final byte[] bytes;
  private long at;

  ChunkBits(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The content ended too soon or makes no sense. */
  @SuppressWarnings("serial") // never serialised
  static final class BadChunkException extends RuntimeException {
    BadChunkException(String message) {
      super(message, null, false, false);
    }
  }

  long read(int width) {
    if (at + width > 8L * bytes.length) {
      throw new BadChunkException("it ends in the middle of a sample");
    }
    long value = 0;
    for (int left = width; left > 0; ) {
      int free = 8 - (int) (at & 7);
      int taken = Math.min(free, left);
      int part = (bytes[(int) (at >>> 3)] & 0xff) >>> (free - taken) & ((1 << taken) - 1);
      value = value << taken | part;
      at += taken;
      left -= taken;
    }
    return value;
  }

  boolean readBit() {
    return read(1) != 0;
  }

  double readDouble() {
    return Double.longBitsToDouble(read(64));
  }

  /** A number of this many bits that lies in (-half, half]. */
  long readSigned(int width) {
    long value = read(width);
    return width < 64 && value > 1L << (width - 1) ? value - (1L << width) : value;
  }

  long readBytewise() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long b = read(8);
      value |= (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new BadChunkException("a number is longer than ten bytes");
  }

  long readSignedBytewise() {
    long value = readBytewise();
    return value >>> 1 ^ -(value & 1);
  }

  /** Ones before a zero, eight at most; eight have none behind them. */
  private int ones() {
    int ones = 0;
    while (ones < 8 && readBit()) {
      ones++;
    }
    return ones;
  }

  /** A signed number in one of nine widths, the width in unary before it. */
  long readVarSigned() {
    int ones = ones();
    return ones == 0 ? 0 : ones == 8 ? read(64) : readSigned(WIDTHS[ones - 1]);
  }

  /** An unsigned number in one of nine widths, the width in unary before it. */
  long readVarUnsigned() {
    int ones = ones();
    return ones == 0 ? 0 : read(ones == 8 ? 64 : WIDTHS[ones - 1]);
  }

  /** A column of doubles, each as XOR with the one before. */
  static final class Xor {
    private long value;
    private int leading;
    private int trailing;

    double first(ChunkBits in) {
      value = in.read(64);
      return Double.longBitsToDouble(value);
    }

    double next(ChunkBits in) {
      if (in.readBit()) {
        if (in.readBit()) {
          leading = (int) in.read(5);
          int significant = (int) in.read(6);
          trailing = 64 - leading - (significant == 0 ? 64 : significant);
          if (trailing < 0) {
            throw new BadChunkException("a value of more than 64 bits");
          }
        }
        value ^= in.read(64 - leading - trailing) << trailing;
      }
      return Double.longBitsToDouble(value);
    }
  }
}

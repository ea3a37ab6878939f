package io.trilith.net;

import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;

/**
 * Decodes raw snappy blocks (no stream framing); never allocates more than its limit nor more than
 * the input can stand for. Thread-safe.
 */
public final class Snappy {
  /** A copy of 64 bytes takes 3 bytes at least. */
  private static final int RATIO_MAX = 22;

  private final long decodedMax;

  /** A decoder that refuses blocks which say they are larger than this many bytes. */
  public Snappy(long decodedMax) {
    this.decodedMax = Math.min(decodedMax, Integer.MAX_VALUE - 16);
  }

  /**
   * The block's content.
   *
   * @throws HttpStatusException 413 when it is longer than the limit
   * @throws InvalidRequestException when it is malformed
   */
  public byte[] decode(byte[] block) {
    long length = decodedLength(block);
    if (length > decodedMax) {
      throw BodyDecoder.tooLarge(decodedMax);
    }
    if (length > (long) block.length * RATIO_MAX) {
      throw malformed(
          0, "it says it holds " + length + " bytes, which " + block.length + " cannot");
    }
    byte[] out = new byte[(int) length];
    fill(block, out);
    return out;
  }

  /** The length that the block's first bytes declare. */
  long decodedLength(byte[] block) {
    long length = 0;
    for (int i = 0; i < 5; i++) {
      if (i == block.length) {
        throw malformed(i, "the length is cut short");
      }
      length |= (long) (block[i] & 0x7f) << (7 * i);
      if (block[i] >= 0) {
        return length;
      }
    }
    throw malformed(0, "the length has more than 32 bits");
  }

  /** The array has the length that the block declares, and the decoder writes no more than that. */
  private static void fill(byte[] block, byte[] out) {
    try {
      int filled = org.xerial.snappy.Snappy.uncompress(block, 0, block.length, out, 0);
      if (filled != out.length) {
        throw malformed(0, "it says it holds " + out.length + " bytes but holds " + filled);
      }
    } catch (IOException e) {
      throw malformed(0, "it does not hold the " + out.length + " bytes it declares");
    }
  }

  private static InvalidRequestException malformed(int offset, String what) {
    return new InvalidRequestException(
        "the body is not a valid snappy block: " + what + " (byte " + offset + ")");
  }
}

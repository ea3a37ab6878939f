package io.trilith.net;

import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Raw snappy blocks (no stream framing). Decoding never allocates more than its limit nor more than
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

  /** The content as a block. */
  public static byte[] encode(byte[] content) {
    try {
      return org.xerial.snappy.Snappy.compress(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The block's content.
   *
   * @throws HttpStatusException 413 when it is longer than the limit
   * @throws InvalidRequestException when it is malformed
   */
  public byte[] decode(byte[] block) {
    byte[] out = new byte[length(block)];
    decode(block, out);
    return out;
  }

  /**
   * The length of the block's content, which the block can really have.
   *
   * @throws HttpStatusException 413 when it is longer than the limit
   * @throws InvalidRequestException when it is malformed
   */
  public int length(byte[] block) {
    long length = decodedLength(block);
    if (length > decodedMax) {
      throw BodyDecoder.tooLarge(decodedMax);
    }
    if (length > (long) block.length * RATIO_MAX) {
      throw malformed(
          0, "it says it holds " + length + " bytes, which " + block.length + " cannot");
    }
    return (int) length;
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
        if (length > 0xffffffffL) {
          break;
        }
        return length;
      }
    }
    throw malformed(0, "the length has more than 32 bits");
  }

  /**
   * Puts the block's content at the start of an array that is {@link #length} long, or longer.
   *
   * @throws InvalidRequestException when it is malformed; the array may have been written to
   */
  public void decode(byte[] block, byte[] out) {
    int length = length(block);
    if (out.length < length) {
      throw new IllegalArgumentException(length + " bytes do not fit into " + out.length);
    }
    try {
      // The decoder writes no more than what the block declares, whatever follows.
      int filled = org.xerial.snappy.Snappy.uncompress(block, 0, block.length, out, 0);
      if (filled != length) {
        throw malformed(0, "it says it holds " + length + " bytes but holds " + filled);
      }
    } catch (IOException e) {
      throw malformed(0, "it does not hold the " + length + " bytes it declares");
    }
  }

  private static InvalidRequestException malformed(int offset, String what) {
    return new InvalidRequestException(
        "the body is not a valid snappy block: " + what + " (byte " + offset + ")");
  }
}

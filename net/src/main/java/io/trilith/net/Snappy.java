package io.trilith.net;

import io.trilith.storage.error.InvalidRequestException;
import java.util.Arrays;

/**
 * Decodes raw snappy blocks (no stream framing), every read and copy bounds-checked; never
 * allocates more than its limit nor more than the input can stand for. Thread-safe.
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

  private static void fill(byte[] in, byte[] out) {
    int at = 0;
    while (in[at] < 0) {
      at++;
    }
    at++;
    int filled = 0;
    while (at < in.length) {
      int tag = in[at] & 0xff;
      int kind = tag & 3;
      int extra = kind == 0 ? Math.max(0, (tag >> 2) - 59) : kind == 3 ? 4 : kind;
      if (in.length - at - 1 < extra) {
        throw malformed(at, "an element is cut short");
      }
      if (kind == 0) {
        int length = (tag >> 2) < 60 ? (tag >> 2) + 1 : littleEndian(in, at + 1, extra) + 1;
        at += 1 + extra;
        if (length <= 0 || length > in.length - at || length > out.length - filled) {
          throw malformed(at, "a literal of " + length + " bytes does not fit");
        }
        System.arraycopy(in, at, out, filled, length);
        at += length;
        filled += length;
      } else {
        int length = kind == 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
        int offset = littleEndian(in, at + 1, extra) + (kind == 1 ? (tag >> 5) << 8 : 0);
        if (offset <= 0 || offset > filled || length > out.length - filled) {
          throw malformed(at, "a copy of " + length + " bytes from -" + offset + " does not fit");
        }
        copy(out, filled, offset, length);
        at += 1 + extra;
        filled += length;
      }
    }
    if (filled != out.length) {
      throw malformed(at, "it says it holds " + out.length + " bytes but holds " + filled);
    }
  }

  private static void copy(byte[] out, int to, int offset, int length) {
    if (offset >= length) {
      System.arraycopy(out, to - offset, out, to, length);
    } else if (offset == 1) {
      Arrays.fill(out, to, to + length, out[to - 1]);
    } else {
      for (int i = 0; i < length; i++) {
        out[to + i] = out[to - offset + i];
      }
    }
  }

  private static int littleEndian(byte[] in, int at, int bytes) {
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in[at + i] & 0xff) << (8 * i);
    }
    return value;
  }

  private static InvalidRequestException malformed(int offset, String what) {
    return new InvalidRequestException(
        "the body is not a valid snappy block: " + what + " (byte " + offset + ")");
  }
}

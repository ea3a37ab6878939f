package io.trilith.storage.encoding;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Compressed bytes.
 *
 * <pre>
 * packed = rawLength:varint  zstd( content )
 * </pre>
 */
public final class Packed {
  private static final int LEVEL = 1;
  private static final int RAW_MAX = 1 << 30;
  private static final int HEADER_MAX = 18;

  private Packed() {}

  /** Appends content, compressed. */
  public static void pack(ByteWriter raw, ByteWriter into) {
    byte[] packed = new byte[Math.toIntExact(Zstd.compressBound(raw.size()))];
    long size = Zstd.compressByteArray(packed, 0, packed.length, raw.array(), 0, raw.size(), LEVEL);
    if (Zstd.isError(size)) {
      throw new IllegalStateException("zstd: " + Zstd.getErrorName(size));
    }
    into.putVarint(raw.size());
    into.putBytes(packed, 0, (int) size);
  }

  /** Reads the rest of the input, which must be what {@link #pack} wrote. */
  public static ByteReader unpack(ByteReader in, String name) {
    ByteBuffer buffer = ByteBuffer.wrap(unpack(in)).order(ByteOrder.LITTLE_ENDIAN);
    return new ByteReader(buffer, name + " (decompressed)", 0);
  }

  /** As above, the content as bytes. */
  public static byte[] unpack(ByteReader in) {
    long length = in.getVarint();
    if (length < 0 || length > RAW_MAX) {
      throw in.corrupt("a content of " + length + " bytes");
    }
    byte[] packed = in.getBytes(in.remaining());
    // The library reads a header of that size without looking whether it is there.
    byte[] header = Arrays.copyOf(packed, HEADER_MAX);
    long said = Zstd.getFrameContentSize(header);
    if (said != length) {
      throw in.corrupt("zstd says " + said + " bytes, " + length + " expected");
    }
    byte[] raw = new byte[(int) length];
    try {
      long size = Zstd.decompressByteArray(raw, 0, raw.length, packed, 0, packed.length);
      if (size != length) {
        throw in.corrupt("zstd: size " + size);
      }
    } catch (ZstdException e) {
      throw in.corrupt("zstd: " + e.getMessage());
    }
    return raw;
  }
}

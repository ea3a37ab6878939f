package io.trilith.storage.encoding;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Compressed bytes.
 *
 * <pre>
 * packed = rawLength:varint  zstd( content )
 * </pre>
 */
public final class Packed {
  private static final int LEVEL = 1;

  /** Takes little more than half the time of level 1, and a third more bytes. */
  private static final int FAST_LEVEL = -1;

  private static final int RAW_MAX = 1 << 30;
  private static final int HEADER_MAX = 18;

  private Packed() {}

  /** Contexts that nobody uses right now, each with a buffer: making one costs more than a page. */
  private static final ArrayBlockingQueue<Packer> PACKERS = new ArrayBlockingQueue<>(8);

  /** Larger buffers are not kept. */
  private static final int KEPT_MAX = 1 << 20;

  private static final class Packer {
    final ZstdCompressCtx context = new ZstdCompressCtx().setContentSize(true).setChecksum(false);
    byte[] buffer = new byte[1 << 16];
  }

  /** Appends content, compressed. */
  public static void pack(ByteWriter raw, ByteWriter into) {
    pack(raw, into, LEVEL);
  }

  /** Appends content that does not stay for long: compressed less, sooner. */
  public static void packFast(ByteWriter raw, ByteWriter into) {
    pack(raw, into, FAST_LEVEL);
  }

  private static void pack(ByteWriter raw, ByteWriter into, int level) {
    Packer pooled = PACKERS.poll();
    Packer packer = pooled == null ? new Packer() : pooled;
    boolean kept = false;
    try {
      int bound = Math.toIntExact(Zstd.compressBound(raw.size()));
      if (packer.buffer.length < bound) {
        packer.buffer = new byte[bound];
      }
      byte[] packed = packer.buffer;
      packer.context.setLevel(level);
      int size =
          packer.context.compressByteArray(packed, 0, packed.length, raw.array(), 0, raw.size());
      into.putVarint(raw.size());
      into.putBytes(packed, 0, size);
      kept = packed.length <= KEPT_MAX && PACKERS.offer(packer);
    } catch (ZstdException e) {
      throw new IllegalStateException("zstd: " + e.getMessage(), e);
    } finally {
      if (!kept) {
        packer.context.close();
      }
    }
  }

  /** Reads the rest of the input, which must be what {@link #pack} wrote. */
  public static ByteReader unpack(ByteReader in, String name) {
    ByteBuffer buffer = ByteBuffer.wrap(unpack(in)).order(ByteOrder.LITTLE_ENDIAN);
    return new ByteReader(buffer, name + " (decompressed)", 0);
  }

  /** As above, the content as bytes. */
  public static byte[] unpack(ByteReader in) {
    return unpack(in, RAW_MAX);
  }

  /**
   * As above.
   *
   * @param max bytes of content; more are refused before anything is allocated
   */
  public static byte[] unpack(ByteReader in, int max) {
    long length = in.getVarint();
    if (length < 0 || length > max) {
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

package io.trilith.net;

import io.netty.buffer.ByteBuf;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A growing body in pieces, so that growth neither copies nor doubles it. Its bytes are taken from
 * a share of the budget as they arrive. Confined to one thread at a time.
 */
final class BodyBuffer {
  private static final int PIECE_MIN = 4 << 10;
  private static final int PIECE_MAX = 256 << 10;

  private final ArrayDeque<byte[]> full = new ArrayDeque<>();
  private final long bytesMax;
  private final MemoryBudget.Share share;
  private byte[] last = new byte[0];
  private int lastSize;
  private long size;

  BodyBuffer(long bytesMax, MemoryBudget.Share share) {
    this.bytesMax = bytesMax;
    this.share = share;
  }

  long size() {
    return size;
  }

  /** Takes so many bytes from the buffer. */
  void append(ByteBuf from, int length) {
    reserve(length);
    int left = length;
    while (left > 0) {
      int part = Math.min(left, room());
      from.readBytes(last, lastSize, part);
      lastSize += part;
      left -= part;
    }
  }

  void append(byte[] from, int length) {
    reserve(length);
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, room());
      System.arraycopy(from, done, last, lastSize, part);
      lastSize += part;
      done += part;
    }
  }

  private void reserve(int length) {
    if (size + length > bytesMax) {
      throw BodyDecoder.tooLarge(bytesMax);
    }
    share.take(length);
    size += length;
  }

  private int room() {
    if (lastSize == last.length) {
      if (lastSize > 0) {
        full.add(last);
      }
      last = new byte[Math.clamp(size, PIECE_MIN, PIECE_MAX)];
      lastSize = 0;
    }
    return last.length - lastSize;
  }

  /** The whole content; the pieces are let go while it is put together. */
  byte[] drain() {
    if (full.isEmpty()) {
      byte[] only = lastSize == last.length ? last : Arrays.copyOf(last, lastSize);
      last = new byte[0];
      lastSize = 0;
      return only;
    }
    byte[] whole = new byte[(int) size];
    int at = 0;
    for (byte[] piece = full.poll(); piece != null; piece = full.poll()) {
      System.arraycopy(piece, 0, whole, at, piece.length);
      at += piece.length;
    }
    System.arraycopy(last, 0, whole, at, lastSize);
    last = new byte[0];
    lastSize = 0;
    return whole;
  }

  /** The content as a stream that lets go of what it has read. */
  InputStream drainingStream() {
    return new InputStream() {
      private byte[] piece = new byte[0];
      private int pieceSize;
      private int at;

      @Override
      public int read() {
        return fill() ? piece[at++] & 0xff : -1;
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        if (length == 0) {
          return 0;
        }
        if (!fill()) {
          return -1;
        }
        int part = Math.min(length, pieceSize - at);
        System.arraycopy(piece, at, into, offset, part);
        at += part;
        return part;
      }

      // InflaterInputStream asks it before it looks for another gzip member
      @Override
      public int available() {
        return fill() ? pieceSize - at : 0;
      }

      private boolean fill() {
        if (at < pieceSize) {
          return true;
        }
        byte[] next = full.poll();
        if (next != null) {
          piece = next;
          pieceSize = next.length;
        } else {
          piece = last;
          pieceSize = lastSize;
          last = new byte[0];
          lastSize = 0;
        }
        at = 0;
        return pieceSize > 0;
      }
    };
  }
}

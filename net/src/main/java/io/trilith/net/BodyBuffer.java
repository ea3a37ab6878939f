package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.trilith.storage.memory.Booking;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A growing body in pieces, so that growth neither copies nor doubles it. Its bytes are taken from
 * a booking before they are held; whoever drains it owns them and their booking. Confined to one
 * thread at a time.
 */
final class BodyBuffer {
  private static final int PIECE_MIN = 4 << 10;
  private static final int PIECE_MAX = 256 << 10;

  /** The part of an announced body that has to be there before all of its memory is given. */
  private static final int TRUSTED_PART = 4;

  private final ArrayDeque<byte[]> full = new ArrayDeque<>();
  private final long bytesMax;
  private final long announced;
  private final Booking memory;
  private byte[] last = new byte[0];
  private int lastSize;
  private long size;

  /** Bytes taken ahead of what came. */
  private long ahead;

  BodyBuffer(long bytesMax, Booking memory) {
    this(bytesMax, -1, memory);
  }

  /**
   * A buffer of nothing yet.
   *
   * @param announced how long the sender says the body will be; -1 when it does not
   */
  BodyBuffer(long bytesMax, long announced, Booking memory) {
    this.bytesMax = bytesMax;
    this.announced = announced;
    this.memory = memory;
  }

  long size() {
    return size;
  }

  /** Takes this many bytes from the buffer. */
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
    long covered = Math.min(ahead, length);
    if (length > covered) {
      memory.take(length - covered);
    }
    ahead -= covered;
    size += length;
    if (announced > PIECE_MAX && ahead == 0 && size < announced) {
      trust();
    }
  }

  /** Once a good part of a large body is there, what is left of it goes where it will stay. */
  private void trust() {
    if (full.isEmpty() || size < announced / TRUSTED_PART || announced > bytesMax) {
      return;
    }
    ahead = announced - size;
    memory.take(ahead);
    byte[] whole = new byte[(int) announced];
    int at = 0;
    for (byte[] piece = full.poll(); piece != null; piece = full.poll()) {
      System.arraycopy(piece, 0, whole, at, piece.length);
      at += piece.length;
    }
    System.arraycopy(last, 0, whole, at, lastSize);
    last = whole;
    lastSize += at;
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
    if (ahead > 0) {
      memory.give(ahead);
      ahead = 0;
    }
    if (full.isEmpty()) {
      byte[] only = lastSize == last.length ? last : Arrays.copyOf(last, lastSize);
      last = new byte[0];
      lastSize = 0;
      return only;
    }
    // For a moment there are the pieces and the whole.
    memory.take(size);
    byte[] whole = new byte[(int) size];
    int at = 0;
    for (byte[] piece = full.poll(); piece != null; piece = full.poll()) {
      System.arraycopy(piece, 0, whole, at, piece.length);
      at += piece.length;
    }
    System.arraycopy(last, 0, whole, at, lastSize);
    last = new byte[0];
    lastSize = 0;
    memory.give(size);
    return whole;
  }

  /** Reads the last four bytes as a little-endian number; 0 when they are not in one piece. */
  long lastInt() {
    if (lastSize < 4) {
      return 0;
    }
    long number = 0;
    for (int i = 1; i <= 4; i++) {
      number = number << 8 | (last[lastSize - i] & 0xff);
    }
    return number;
  }

  /** The first bytes, as many as are in one piece. Not to be changed. */
  byte[] beginning() {
    byte[] first = full.peek();
    return first == null ? Arrays.copyOf(last, Math.min(lastSize, 64)) : first;
  }

  /** The content as a stream that lets go of what it has read and gives its bytes back. */
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
        giveBack(pieceSize);
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

  private void giveBack(long bytes) {
    memory.give(bytes);
    size -= bytes;
  }

  /** Lets go of what was not drained. */
  void drop() {
    giveBack(size);
    memory.give(ahead);
    ahead = 0;
    full.clear();
    last = new byte[0];
    lastSize = 0;
  }
}

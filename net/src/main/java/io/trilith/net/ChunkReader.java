package io.trilith.net;

import io.netty.buffer.ByteBuf;

/** Takes a chunked body apart, strictly. Confined to an event loop. */
final class ChunkReader {
  private static final int LINE_MAX = 256;
  private static final int TRAILERS_MAX = 8 << 10;

  private enum State {
    SIZE,
    DATA,
    DATA_END,
    TRAILER,
    DONE
  }

  private State state = State.SIZE;
  private long left;
  private int trailers;

  /** Moves what is there into the body; true when the body is complete. */
  boolean read(ByteBuf in, BodyBuffer body) {
    while (state != State.DONE) {
      boolean moved =
          switch (state) {
            case SIZE -> size(in);
            case DATA -> data(in, body);
            case DATA_END -> dataEnd(in);
            case TRAILER -> trailer(in);
            case DONE -> false;
          };
      if (!moved) {
        return false;
      }
    }
    return true;
  }

  private boolean size(ByteBuf in) {
    int length = line(in);
    if (length < 0) {
      return false;
    }
    long size = 0;
    int digits = 0;
    int start = in.readerIndex();
    while (digits < length) {
      int digit = Character.digit(in.getByte(start + digits), 16);
      if (digit < 0) {
        break;
      }
      size = size * 16 + digit;
      if (++digits > 15) {
        throw bad("a chunk's size is too large");
      }
    }
    if (digits == 0 || (digits < length && in.getByte(start + digits) != ';')) {
      throw bad("a chunk's size is not a hexadecimal number");
    }
    in.skipBytes(length + 2);
    left = size;
    state = size == 0 ? State.TRAILER : State.DATA;
    return true;
  }

  private boolean data(ByteBuf in, BodyBuffer body) {
    int part = (int) Math.min(left, in.readableBytes());
    if (part == 0) {
      return false;
    }
    body.append(in, part);
    left -= part;
    if (left == 0) {
      state = State.DATA_END;
    }
    return true;
  }

  private boolean dataEnd(ByteBuf in) {
    if (in.readableBytes() < 2) {
      return false;
    }
    if (in.readByte() != '\r' || in.readByte() != '\n') {
      throw bad("a chunk is longer than its size");
    }
    state = State.SIZE;
    return true;
  }

  private boolean trailer(ByteBuf in) {
    int length = line(in);
    if (length < 0) {
      return false;
    }
    in.skipBytes(length + 2);
    trailers += length;
    if (trailers > TRAILERS_MAX) {
      throw new HttpStatusException(431, "the trailers are too large");
    }
    if (length == 0) {
      state = State.DONE;
    }
    return true;
  }

  /** Length of the line at the reader index without its CR LF, -1 when it is not complete. */
  private static int line(ByteBuf in) {
    int start = in.readerIndex();
    int length = in.bytesBefore((byte) '\n');
    if (length < 0) {
      if (in.readableBytes() > LINE_MAX) {
        throw bad("a chunk's line is too long");
      }
      return -1;
    }
    if (length == 0 || in.getByte(start + length - 1) != '\r') {
      throw bad("a chunk's line does not end in CR LF");
    }
    if (length > LINE_MAX) {
      throw bad("a chunk's line is too long");
    }
    for (int i = 0; i < length - 1; i++) {
      if (in.getByte(start + i) == '\r') {
        throw bad("a chunk's line has a bare CR");
      }
    }
    return length - 1;
  }

  private static HttpStatusException bad(String what) {
    return new HttpStatusException(400, "malformed HTTP request: " + what);
  }
}

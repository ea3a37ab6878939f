package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Ends an HTTP/2 connection whose client sends SETTINGS without end: each costs an answer and moves
 * no data. The gRPC server bounds resets and pings itself, settings it answers as long as they
 * come. Reads the heads of frames as they pass; confined to its event loop.
 */
final class FrameFlood extends ChannelInboundHandlerAdapter {
  private static final int PREFACE = 24;
  private static final int HEAD = 9;
  private static final int TYPE = 3;
  private static final int FLAGS = 4;
  private static final int SETTINGS = 4;
  private static final int ACK = 1;
  private static final int FRAMES_MAX = 1000;
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Bytes until the next head begins. */
  private long skip = PREFACE;

  private int inHead;
  private int length;
  private int type;
  private int flags;
  private int frames;
  private long windowBegan = System.nanoTime();

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes && !isFine(bytes)) {
      bytes.release();
      ChannelFuture _ = ctx.close();
      return;
    }
    ctx.fireChannelRead(message);
  }

  private boolean isFine(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (skip > 0) {
        int step = (int) Math.min(skip, end - at);
        skip -= step;
        at += step;
        continue;
      }
      int value = bytes.getByte(at++) & 0xff;
      if (inHead < TYPE) {
        length = length << 8 | value;
      } else if (inHead == TYPE) {
        type = value;
      } else if (inHead == FLAGS) {
        flags = value;
      }
      if (++inHead == HEAD) {
        if (!count()) {
          return false;
        }
        skip = length;
        inHead = 0;
        length = 0;
      }
    }
    return true;
  }

  private boolean count() {
    boolean asks = type == SETTINGS && (flags & ACK) == 0;
    if (!asks) {
      return true;
    }
    long now = System.nanoTime();
    if (now - windowBegan > WINDOW_NANOS) {
      windowBegan = now;
      frames = 0;
    }
    return ++frames <= FRAMES_MAX;
  }
}

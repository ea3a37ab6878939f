package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One half of a pipe: what this channel reads, the other writes. A local channel takes whatever it
 * is given, so HTTP/2's own windows are what bounds the bytes under way; a client that opens huge
 * windows and then reads nothing is cut.
 */
final class Pipe extends ChannelInboundHandlerAdapter {
  private static final long WAITING_MAX = 16 << 20;

  private final Channel other;
  private final AtomicLong waiting = new AtomicLong();

  Pipe(Channel other) {
    this.other = other;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf bytes) || !other.isActive()) {
      ReferenceCountUtil.release(message);
      ChannelFuture _ = ctx.close();
      return;
    }
    int size = bytes.readableBytes();
    if (waiting.addAndGet(size) > WAITING_MAX) {
      bytes.release();
      ChannelFuture _ = other.close();
      ChannelFuture _ = ctx.close();
      return;
    }
    other
        .writeAndFlush(bytes)
        .addListener(
            done -> {
              waiting.addAndGet(-size);
              if (!done.isSuccess()) {
                ChannelFuture _ = ctx.close();
              }
            });
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ChannelFuture _ = ctx.close();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ChannelFuture _ = ctx.close();
  }
}

package io.trilith.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells HTTP/2 from HTTP/1 by the first bytes of a connection and steps aside. HTTP/2 goes through
 * a pipe inside the process to the gRPC server.
 */
final class PortSplitter extends ByteToMessageDecoder {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final NetContext context;
  private final RouteTable routes;
  private final LocalAddress grpc;
  private final EventLoopGroup localLoops;
  private java.util.concurrent.@Nullable Future<?> patience;
  private boolean decided;

  PortSplitter(
      NetContext context, RouteTable routes, LocalAddress grpc, EventLoopGroup localLoops) {
    this.context = context;
    this.routes = routes;
    this.grpc = grpc;
    this.localLoops = localLoops;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    Channel channel = ctx.channel();
    patience =
        ctx.executor()
            .schedule(
                () -> {
                  ChannelFuture _ = channel.close();
                },
                context.config().idleTimeout().toNanos(),
                TimeUnit.NANOSECONDS);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (decided) {
      return;
    }
    int known = Math.min(in.readableBytes(), PREFACE.length);
    for (int i = 0; i < known; i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
        decided = true;
        ctx.pipeline().addLast(new Http1Connection(context, routes, ctx.channel()));
        ctx.pipeline().remove(this);
        return;
      }
    }
    if (known == PREFACE.length) {
      decided = true;
      connect(ctx);
    }
  }

  private void connect(ChannelHandlerContext ctx) {
    Channel front = ctx.channel();
    front.config().setAutoRead(false);
    ChannelFuture connecting =
        new Bootstrap()
            .group(localLoops)
            .channel(LocalChannel.class)
            .handler(
                new ChannelInitializer<LocalChannel>() {
                  @Override
                  protected void initChannel(LocalChannel back) {
                    back.pipeline().addLast(new Pipe(front));
                  }
                })
            .connect(grpc);
    connecting.addListener(
        done ->
            ctx.executor()
                .execute(
                    () -> {
                      if (!done.isSuccess() || ctx.isRemoved() || !front.isActive()) {
                        ChannelFuture _ = front.close();
                        ChannelFuture _ = connecting.channel().close();
                        return;
                      }
                      front.pipeline().addLast(new Pipe(connecting.channel()));
                      front.pipeline().remove(this);
                      front.config().setAutoRead(true);
                    }));
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    if (patience != null) {
      patience.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ChannelFuture _ = ctx.close();
  }
}

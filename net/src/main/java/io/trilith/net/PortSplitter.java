package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
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
  private final GrpcPipes grpc;
  private java.util.concurrent.@Nullable Future<?> patience;
  private boolean decided;

  PortSplitter(NetContext context, RouteTable routes, GrpcPipes grpc) {
    this.context = context;
    this.routes = routes;
    this.grpc = grpc;
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
      grpc.connect(ctx);
    }
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

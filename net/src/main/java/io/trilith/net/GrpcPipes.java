package io.trilith.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Pipes inside the process from connections of our own listeners to a gRPC server. Each has an
 * address of its own, under which the server finds who is at its far end.
 */
final class GrpcPipes {
  private static final AtomicLong ENDS = new AtomicLong();

  private final LocalAddress server;
  private final EventLoopGroup localLoops;
  private final Connections connections;

  GrpcPipes(LocalAddress server, EventLoopGroup localLoops, Connections connections) {
    this.server = server;
    this.localLoops = localLoops;
    this.connections = connections;
  }

  /** Puts a pipe in the place of a handler. What it has read goes through, then all that comes. */
  void connect(ChannelHandlerContext ctx) {
    Channel front = ctx.channel();
    front.config().setAutoRead(false);
    LocalAddress end = new LocalAddress("pipe-" + ENDS.incrementAndGet());
    connections.piped(end, Connections.peer(front));
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
            .connect(server, end);
    connecting.channel().closeFuture().addListener(_ -> connections.forget(end));
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
                      front.pipeline().addLast(new FrameFlood());
                      front.pipeline().addLast(new Pipe(connecting.channel()));
                      front.pipeline().remove(ctx.handler());
                      front.config().setAutoRead(true);
                    }));
  }
}

package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Hands a connection that speaks gRPC alone to the gRPC server. What comes before the pipe is there
 * waits here and goes through first.
 */
final class GrpcEntry extends ByteToMessageDecoder {
  private final GrpcPipes pipes;

  GrpcEntry(GrpcPipes pipes) {
    this.pipes = pipes;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    pipes.connect(ctx);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    // Nothing: the bytes stay until this is removed.
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ChannelFuture _ = ctx.close();
  }
}

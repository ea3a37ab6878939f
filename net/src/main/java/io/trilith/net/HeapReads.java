package io.trilith.net;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;

/**
 * Copies what a gRPC connection reads onto the heap. grpc keeps what it reads until a message is
 * complete: in direct memory that is bounded by nothing we count, and a message of tens of
 * megabytes exhausts it for all connections. Stateless.
 */
@ChannelHandler.Sharable
final class HeapReads extends ChannelInboundHandlerAdapter {
  private static final HeapReads HANDLER = new HeapReads();
  private static final Accepting ACCEPTING = new Accepting();

  private HeapReads() {}

  /** Makes listeners whose connections read so, out of those that the other makes. */
  static ChannelFactory<ServerChannel> of(ChannelFactory<? extends ServerChannel> listeners) {
    return () -> {
      ServerChannel listener = listeners.newChannel();
      listener.pipeline().addFirst(ACCEPTING);
      return listener;
    };
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.channel().config().setAllocator(OnHeap.ALLOCATOR);
    ctx.fireChannelActive();
  }

  /** Has what is put together from reads on the heap; reads themselves are direct and short. */
  private static final class OnHeap extends AbstractByteBufAllocator {
    private static final OnHeap ALLOCATOR = new OnHeap();

    private OnHeap() {
      super(false);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return Unpooled.buffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      return ByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return ByteBufAllocator.DEFAULT.isDirectBufferPooled();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes && bytes.isDirect()) {
      ByteBuf copy = Unpooled.buffer(bytes.readableBytes());
      copy.writeBytes(bytes);
      bytes.release();
      ctx.fireChannelRead(copy);
    } else {
      ctx.fireChannelRead(message);
    }
  }

  /** Sees the connections that a listener accepts before anything else does. */
  @ChannelHandler.Sharable
  private static final class Accepting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      ((Channel) accepted).pipeline().addFirst(HANDLER);
      ctx.fireChannelRead(accepted);
    }
  }
}

package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import io.trilith.net.tls.CertificateNames;
import io.trilith.net.tls.TlsPairs;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a connection where TLS is spoken: the handshake, within ten seconds, then the
 * handlers of the listener. Who speaks plain is told so in plain, and that is the end.
 */
final class TlsStart extends ByteToMessageDecoder {
  private static final long HANDSHAKE_MILLIS = 10_000;
  private static final int CLIENT_HELLO_MAX = 16 << 10;
  private static final int HANDSHAKE_RECORD = 0x16;
  private static final byte[] PLAIN =
      """
      HTTP/1.1 400 Bad Request\r
      content-type: text/plain\r
      content-length: 32\r
      connection: close\r
      \r
      this port speaks TLS: use https
      """
          .getBytes(StandardCharsets.US_ASCII);

  private final TlsPairs pairs;
  private final Consumer<Channel> setup;
  private @Nullable ScheduledFuture<?> patience;
  private boolean answered;

  /**
   * Of one connection.
   *
   * @param setup puts the listener's handlers into a connection whose handshake is done
   */
  TlsStart(TlsPairs pairs, Consumer<Channel> setup) {
    this.pairs = pairs;
    this.setup = setup;
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
                HANDSHAKE_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (answered) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.getUnsignedByte(in.readerIndex()) != HANDSHAKE_RECORD) {
      answered = true;
      in.skipBytes(in.readableBytes());
      ctx.writeAndFlush(Unpooled.wrappedBuffer(PLAIN)).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ctx.pipeline()
        .addLast(new SniHandler(pairs::contextFor, CLIENT_HELLO_MAX, HANDSHAKE_MILLIS))
        .addLast(new Handshake(patience));
    patience = null;
    ctx.pipeline().remove(this);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    cancel(patience);
  }

  private static void cancel(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ChannelFuture _ = ctx.close();
  }

  /** Waits for the handshake and steps aside. */
  private final class Handshake extends ChannelInboundHandlerAdapter {
    private final @Nullable ScheduledFuture<?> timer;

    Handshake(@Nullable ScheduledFuture<?> timer) {
      this.timer = timer;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (!(event instanceof SslHandshakeCompletionEvent done)) {
        ctx.fireUserEventTriggered(event);
        return;
      }
      List<String> names = done.isSuccess() ? certificateNames(ctx.channel()) : List.of();
      if (!done.isSuccess() || (!names.isEmpty() && !pairs.isAllowed(names))) {
        ChannelFuture _ = ctx.close();
        return;
      }
      cancel(timer);
      Connections.identified(ctx.channel(), names);
      setup.accept(ctx.channel());
      ctx.pipeline().remove(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      cancel(timer);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // Handshakes fail by what clients send: it is their affair, and there are many.
      cancel(timer);
      ChannelFuture _ = ctx.close();
    }
  }

  private static List<String> certificateNames(Channel channel) {
    try {
      SslHandler tls = channel.pipeline().get(SslHandler.class);
      return tls.engine().getSession().getPeerCertificates()[0]
              instanceof X509Certificate certificate
          ? CertificateNames.of(certificate)
          : List.of();
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }
}

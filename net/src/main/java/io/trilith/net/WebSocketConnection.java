package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of RFC 6455 after the upgrade, without extensions. Messages of the client are
 * checked and skipped; pings are answered, and sent so that a client that is gone is noticed.
 * Confined to its event loop, but for what {@link WebSocket} says.
 */
final class WebSocketConnection extends ChannelInboundHandlerAdapter implements WebSocket {
  private static final Logger log = LoggerFactory.getLogger(WebSocketConnection.class);
  private static final String ACCEPT_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int CONTROL_MAX = 125;
  private static final int FRAGMENT = 64 << 10;
  private static final long PING_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long GOODBYE_MILLIS = 2000;

  private final Channel channel;
  private final WriteGate gate;
  private final Runnable gone;
  private @Nullable ByteBuf in;
  private volatile boolean open = true;
  private volatile long heard = System.nanoTime();
  private @Nullable ScheduledFuture<?> pings;

  /** Payload of a client's message that is still to be skipped. */
  private long skipping;

  /** The callback is told when the client is gone or the socket closed. */
  WebSocketConnection(Channel channel, WriteGate gate, Runnable gone) {
    this.channel = channel;
    this.gate = gate;
    this.gone = gone;
  }

  /** The answer to an upgrade. Throws HttpStatusException when the request asks for none. */
  static byte[] handshake(RequestHead head) {
    String upgrade = head.header("upgrade");
    String key = head.header("sec-websocket-key");
    if (upgrade == null || !upgrade.equalsIgnoreCase("websocket") || key == null) {
      throw new HttpStatusException(400, "this path speaks WebSocket: send an upgrade request");
    }
    if (!"13".equals(head.header("sec-websocket-version"))) {
      throw new HttpStatusException(426, "only version 13 of WebSocket is spoken here");
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest((key.strip() + ACCEPT_SALT).getBytes(StandardCharsets.ISO_8859_1));
      return ("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
              + "sec-websocket-accept: "
              + Base64.getEncoder().encodeToString(digest)
              + "\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    pings =
        ctx.executor()
            .scheduleWithFixedDelay(this::ping, PING_NANOS, PING_NANOS, TimeUnit.NANOSECONDS);
  }

  private void ping() {
    if (!channel.isActive() || System.nanoTime() - heard > SILENCE_NANOS) {
      release();
      ChannelFuture _ = channel.close();
    } else if (open && channel.isWritable()) {
      ChannelFuture _ = write(PING, new byte[0]);
    }
  }

  private ChannelFuture write(int opcode, byte[] payload) {
    return channel.writeAndFlush(frame(true, opcode, payload, 0, payload.length));
  }

  private static ByteBuf frame(boolean last, int opcode, byte[] payload, int from, int length) {
    ByteBuf head = Unpooled.buffer(10);
    head.writeByte((last ? 0x80 : 0) | opcode);
    if (length <= CONTROL_MAX) {
      head.writeByte(length);
    } else if (length < 1 << 16) {
      head.writeByte(126).writeShort(length);
    } else {
      head.writeByte(127).writeLong(length);
    }
    return Unpooled.wrappedBuffer(head, Unpooled.wrappedBuffer(payload, from, length));
  }

  @Override
  public boolean isOpen() {
    return open && channel.isActive();
  }

  @Override
  public void send(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    do {
      gate.await(WorkQueue.Permit.NONE);
      if (!isOpen()) {
        throw new IOException("the WebSocket is closed");
      }
      int part = Math.min(FRAGMENT, bytes.length - at);
      boolean last = at + part == bytes.length;
      ChannelFuture _ = channel.writeAndFlush(frame(last, at == 0 ? TEXT : 0, bytes, at, part));
      at += part;
    } while (at < bytes.length);
  }

  @Override
  public void close(int code, String reason) {
    if (!claimClose()) {
      return;
    }
    byte[] words = cut(reason.getBytes(StandardCharsets.UTF_8));
    byte[] payload = new byte[words.length + 2];
    payload[0] = (byte) (code >> 8);
    payload[1] = (byte) code;
    System.arraycopy(words, 0, payload, 2, words.length);
    ChannelFuture written = write(CLOSE, payload);
    // The client answers with its own close; one that does not is not waited for.
    written.addListener(
        _ -> {
          ScheduledFuture<?> _ =
              channel
                  .eventLoop()
                  .schedule(
                      () -> {
                        ChannelFuture _ = channel.close();
                      },
                      GOODBYE_MILLIS,
                      TimeUnit.MILLISECONDS);
        });
  }

  private synchronized boolean claimClose() {
    boolean was = open;
    open = false;
    return was;
  }

  /** At most what a close frame takes, and whole characters. */
  private static byte[] cut(byte[] words) {
    int length = words.length;
    if (length > CONTROL_MAX - 2) {
      length = CONTROL_MAX - 2;
      while (length > 0 && (words[length] & 0xC0) == 0x80) {
        length--;
      }
    }
    return Arrays.copyOf(words, length);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    heard = System.nanoTime();
    in = in == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), in, bytes);
    ByteBuf all = in;
    boolean more = true;
    while (more && all.isReadable()) {
      more = readFrame(all);
    }
    if (!all.isReadable()) {
      all.release();
      in = null;
    }
  }

  /** Reads one frame, or nothing when it is not all there; false then. */
  private boolean readFrame(ByteBuf bytes) {
    if (skipping > 0) {
      int part = (int) Math.min(skipping, bytes.readableBytes());
      bytes.skipBytes(part);
      skipping -= part;
      return skipping == 0;
    }
    int available = bytes.readableBytes();
    int start = bytes.readerIndex();
    if (available < 2) {
      return false;
    }
    int first = bytes.getUnsignedByte(start);
    int second = bytes.getUnsignedByte(start + 1);
    int opcode = first & 15;
    int shortLength = second & 127;
    boolean control = opcode >= CLOSE;
    boolean known = opcode <= 2 || (opcode >= CLOSE && opcode <= 10);
    boolean whole = (first & 0x80) != 0 && shortLength <= CONTROL_MAX;
    if ((first & 0x70) != 0 || (second & 0x80) == 0 || !known || (control && !whole)) {
      bytes.skipBytes(available);
      close(PROTOCOL_ERROR, "a frame that RFC 6455 does not allow");
      return false;
    }
    int head = 6 + (shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0);
    if (available < head + (control ? shortLength : 0)) {
      return false;
    }
    if (!control) {
      long length =
          switch (shortLength) {
            case 126 -> bytes.getUnsignedShort(start + 2);
            case 127 -> bytes.getLong(start + 2);
            default -> shortLength;
          };
      bytes.skipBytes(head);
      if (length < 0 || length > FRAGMENT) {
        bytes.skipBytes(bytes.readableBytes());
        close(TOO_BIG, "messages to this socket are not read");
        return false;
      }
      skipping = length;
      return true;
    }
    byte[] payload = new byte[shortLength];
    bytes.getBytes(start + head, payload);
    for (int i = 0; i < shortLength; i++) {
      payload[i] ^= bytes.getByte(start + head - 4 + (i & 3));
    }
    bytes.skipBytes(head + shortLength);
    control(opcode, payload);
    return true;
  }

  private void control(int opcode, byte[] payload) {
    if (opcode == PING && channel.isWritable() && open) {
      ChannelFuture _ = write(PING + 1, payload);
    } else if (opcode == CLOSE) {
      if (claimClose()) {
        byte[] code = payload.length >= 2 ? Arrays.copyOf(payload, 2) : new byte[0];
        ChannelFuture _ = write(CLOSE, code).addListener(ChannelFutureListener.CLOSE);
      } else {
        ChannelFuture _ = channel.close();
      }
      left();
    }
  }

  private void left() {
    open = false;
    gone.run();
    gate.signal();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ChannelFuture _ = channel.close();
    } else if (event == Http1Connection.Stop.DRAIN) {
      close(GOING_AWAY, "the server is stopping");
      left();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    gate.signal();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    left();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    release();
  }

  private void release() {
    if (pings != null) {
      pings.cancel(false);
    }
    if (in != null) {
      in.release();
      in = null;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      log.error("WebSocket failed", cause);
    }
    ChannelFuture _ = ctx.close();
  }
}

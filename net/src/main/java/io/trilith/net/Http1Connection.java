package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.trilith.net.identity.Access;
import io.trilith.net.identity.AccessRefusedException;
import io.trilith.net.identity.Admitted;
import io.trilith.net.identity.Asked;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.TooLargeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1 connection: reads one request at a time, hands it to a virtual thread, reads the next
 * when the answer is out; pipelined requests wait in the buffer. Confined to its event loop, but
 * for the methods that say otherwise.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(Http1Connection.class);
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** What a client may send ahead while its request is handled. */
  private static final int AHEAD_MAX = 64 << 10;

  /** A refused client is read for so long that it sees the refusal and not a reset. */
  private static final long LINGER_BYTES_MAX = 256 << 20;

  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Told to all connections when the server stops. */
  enum Stop {
    /** Finish the request at hand, then close. */
    DRAIN
  }

  private enum State {
    HEAD,
    /** The head is there, and who asks is being found out. */
    IDENTIFYING,
    BODY,
    HANDLING,
    LINGER
  }

  private final NetContext context;
  private final RouteTable routes;
  private final Channel channel;
  private final WriteGate gate;
  private final RequestHeadParser heads = new RequestHeadParser();
  private @Nullable ByteBuf in;
  private State state = State.HEAD;
  private HttpExchange.@Nullable Opening opening;

  /** The head of the request at hand, and how its route words refusals. */
  private @Nullable RequestHead asked;

  private @Nullable RefusalForm refusals;
  private @Nullable BodyBuffer body;
  private @Nullable RequestMemory memory;
  private @Nullable ChunkReader chunks;
  private long bodyLeft;
  private @Nullable HttpExchange exchange;
  private boolean inputEnded;
  private boolean draining;
  private long lingered;
  private long deadline;
  private @Nullable ScheduledFuture<?> tick;

  Http1Connection(NetContext context, RouteTable routes, Channel channel) {
    this.context = context;
    this.routes = routes;
    this.channel = channel;
    this.gate = new WriteGate(channel, context.config().requestTimeout());
  }

  /** The writer of an answer. Thread-safe. */
  AnswerWriter newWriter(RequestHead head) {
    return newWriter(head, List::of);
  }

  /** As above, of an answer that says what it lacks by its first byte. */
  AnswerWriter newWriter(RequestHead head, Supplier<List<String>> warnings) {
    return new AnswerWriter(channel, gate, head, context.cors(), context.clock(), warnings);
  }

  /** Whether the client has left. Thread-safe. */
  boolean gone() {
    return !channel.isActive();
  }

  /** Closes because an answer broke off. Thread-safe. */
  void abort() {
    ChannelFuture _ = channel.close();
  }

  /**
   * Makes the connection a WebSocket; null when the client is gone. Not for the event loop's
   * thread.
   */
  @Nullable WebSocket upgrade(byte[] handshake, Runnable gone) {
    WebSocketConnection socket = new WebSocketConnection(channel, gate, gone);
    try {
      channel
          .eventLoop()
          .submit(
              () -> {
                ChannelFuture _ = channel.writeAndFlush(Unpooled.wrappedBuffer(handshake));
                ByteBuf ahead = in;
                in = null;
                channel.pipeline().replace(this, "websocket", socket);
                channel.config().setAutoRead(true);
                if (ahead != null) {
                  channel.pipeline().fireChannelRead(ahead);
                }
                if (draining) {
                  channel.pipeline().fireUserEventTriggered(Stop.DRAIN);
                }
              })
          .get();
      return socket;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      log.warn("upgrade failed", e);
    }
    ChannelFuture _ = channel.close();
    return null;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (tick != null) {
      tick.cancel(false);
    }
  }

  /** Goes on with the next request once the last byte is out. Thread-safe. */
  void answered(ChannelFuture last, boolean keepAlive) {
    channel
        .eventLoop()
        .execute(
            () -> {
              setDeadline(context.config().requestTimeout());
              last.addListener(
                  future -> {
                    if (future.isSuccess()) {
                      next(keepAlive);
                    } else {
                      ChannelFuture _ = channel.close();
                    }
                  });
            });
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    Duration shorter =
        context.config().requestTimeout().compareTo(context.config().idleTimeout()) < 0
            ? context.config().requestTimeout()
            : context.config().idleTimeout();
    long period = Math.max(1, shorter.toNanos() / 4);
    setDeadline(context.config().idleTimeout());
    tick =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(this::checkDeadline, period, period, TimeUnit.NANOSECONDS);
  }

  private void setDeadline(Duration fromNow) {
    deadline = System.nanoTime() + fromNow.toNanos();
  }

  private void checkDeadline() {
    boolean handling = state == State.IDENTIFYING || (state == State.HANDLING && exchange != null);
    if (handling || System.nanoTime() - deadline < 0) {
      return;
    }
    boolean began = state == State.BODY || (state == State.HEAD && in != null && in.isReadable());
    if (began) {
      refuse(new HttpStatusException(408, "the request was not complete in time"), "");
    } else {
      ChannelFuture _ = channel.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (state == State.LINGER) {
      lingered += bytes.readableBytes();
      bytes.release();
      if (lingered > LINGER_BYTES_MAX) {
        ChannelFuture _ = channel.close();
      }
      return;
    }
    if (state == State.HEAD && (in == null || !in.isReadable())) {
      setDeadline(context.config().requestTimeout());
    }
    in = in == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), in, bytes);
    proceed();
  }

  /** Reads as far as the bytes and the one-at-a-time rule allow. */
  private void proceed() {
    try {
      boolean moved = true;
      while (moved && in != null && channel.isActive()) {
        moved =
            switch (state) {
              case HEAD -> readHead(in);
              case BODY -> readBody(in);
              case HANDLING, IDENTIFYING -> {
                if (in.readableBytes() > AHEAD_MAX) {
                  channel.config().setAutoRead(false);
                }
                yield false;
              }
              case LINGER -> {
                in.skipBytes(in.readableBytes());
                yield false;
              }
            };
      }
    } catch (HttpStatusException
        | AccessRefusedException
        | InvalidRequestException
        | LimitExceededException
        | TooLargeException e) {
      refuse(e, opening == null ? "" : opening.match().route().pattern());
    }
    if (in != null && !in.isReadable()) {
      in.release();
      in = null;
    }
  }

  private boolean readHead(ByteBuf bytes) {
    RequestHead head = heads.parse(bytes);
    if (head == null) {
      return false;
    }
    asked = head;
    RouteTable.Match match = routes.match(head.target());
    RouteTable.Endpoint endpoint = match == null ? null : match.route().endpoint(head.method());
    refusals = endpoint == null ? null : endpoint.refusals();
    if (endpoint == null && head.method().equals("OPTIONS")) {
      return unrouted(head, match);
    }
    Asked question = asked(head, match, endpoint);
    Admitted who = context.access().admitAtOnce(question);
    if (who != null) {
      return admitted(head, match, endpoint, who);
    }
    state = State.IDENTIFYING;
    context.handlers().execute(() -> identify(question, head, match, endpoint));
    return false;
  }

  private Asked asked(
      RequestHead head, RouteTable.@Nullable Match match, RouteTable.@Nullable Endpoint endpoint) {
    Access access = endpoint == null ? new Access.AnyCaller() : endpoint.access();
    return new Asked(
        match == null ? "unknown path" : head.method() + " " + match.route().pattern(),
        access,
        endpoint != null && endpoint.kind() != RouteTable.Kind.OPEN,
        Connections.peer(channel),
        head.headers("authorization"),
        head.headers("x-scope-orgid"),
        head.headers("x-forwarded-for"),
        Origins.isRefused(head, access, context.cors(), context.access().asks()));
  }

  /** Finds out who asks, away from the event loop, and goes on there. */
  private void identify(
      Asked question,
      RequestHead head,
      RouteTable.@Nullable Match match,
      RouteTable.@Nullable Endpoint endpoint) {
    try {
      Admitted who = context.access().admit(question);
      channel.eventLoop().execute(() -> goOn(() -> admitted(head, match, endpoint, who)));
    } catch (RuntimeException e) {
      String route = match == null ? "" : match.route().pattern();
      channel
          .eventLoop()
          .execute(
              () ->
                  goOn(
                      () -> {
                        refuse(e, route);
                        return false;
                      }));
    }
  }

  private void goOn(BooleanSupplier step) {
    if (state != State.IDENTIFYING || !channel.isActive()) {
      return;
    }
    setDeadline(context.config().requestTimeout());
    channel.config().setAutoRead(true);
    try {
      boolean _ = step.getAsBoolean();
    } catch (HttpStatusException
        | InvalidRequestException
        | LimitExceededException
        | TooLargeException e) {
      refuse(e, "");
    }
    ahead();
    if (inputEnded && (state == State.HEAD || state == State.BODY)) {
      inputEnd();
    }
  }

  /** Reads on in what came meanwhile; a request without a body is complete by now. */
  private void ahead() {
    if (in == null && state == State.BODY) {
      in = channel.alloc().buffer(0);
    }
    proceed();
  }

  /** Answers what has no handler. */
  private boolean unrouted(RequestHead head, RouteTable.@Nullable Match match) {
    if (match == null) {
      return answerNow(head, HttpAnswer.text(404, "no such path\n"));
    }
    Map<String, String> allow =
        new HashMap<>(context.cors().preflight(head, match.route().allow()));
    allow.put("allow", match.route().allow());
    return answerNow(
        head,
        new HttpAnswer.Whole(head.method().equals("OPTIONS") ? 204 : 405, allow, new byte[0]));
  }

  /** Makes ready for the body of a request that is let in. */
  private boolean admitted(
      RequestHead head,
      RouteTable.@Nullable Match match,
      RouteTable.@Nullable Endpoint endpoint,
      Admitted who) {
    if (match == null || endpoint == null) {
      return unrouted(head, match);
    }
    if (head.count("content-encoding") > 1) {
      throw new HttpStatusException(415, "several Content-Encoding headers");
    }
    String encoding = head.header("content-encoding");
    opening =
        new HttpExchange.Opening(
            head,
            match,
            endpoint,
            who,
            BodyDecoder.encoding(encoding == null || !head.hasBody() ? "" : encoding));
    long bytesMax = context.config().bodyMax().bytes();
    if (head.contentLength() > bytesMax) {
      throw BodyDecoder.tooLarge(bytesMax);
    }
    RequestMemory opened = context.memory().open();
    memory = opened;
    body = new BodyBuffer(bytesMax, head.contentLength(), opened.body());
    chunks = head.chunked() ? new ChunkReader() : null;
    bodyLeft = Math.max(0, head.contentLength());
    boolean nothingYet = in == null || !in.isReadable();
    if (head.expectsContinue() && head.hasBody() && nothingYet) {
      ChannelFuture _ =
          channel.writeAndFlush(channel.alloc().buffer(CONTINUE.length).writeBytes(CONTINUE));
    }
    state = State.BODY;
    return true;
  }

  private boolean readBody(ByteBuf bytes) {
    if (body == null || opening == null || memory == null) {
      throw new IllegalStateException("a body without a head");
    }
    boolean done;
    if (chunks != null) {
      done = chunks.read(bytes, body);
    } else {
      int part = (int) Math.min(bodyLeft, bytes.readableBytes());
      body.append(bytes, part);
      bodyLeft -= part;
      done = bodyLeft == 0;
    }
    if (!done) {
      return false;
    }
    HttpExchange next = new HttpExchange(context, opening, this, body, memory);
    exchange = next;
    state = State.HANDLING;
    memory = null;
    body = null;
    context.handlers().execute(next);
    return true;
  }

  /** Answers what needs no handler. A body that comes with it is not read: the connection ends. */
  private boolean answerNow(RequestHead head, HttpAnswer answer) {
    AnswerWriter writer = newWriter(head);
    if (head.hasBody() || draining) {
      writer.closeAfter();
    }
    context.metrics().answered("", head.method(), Integer.toString(answer.status()));
    state = State.HANDLING;
    exchange = null;
    setDeadline(context.config().requestTimeout());
    try {
      ChannelFuture last = writer.write(answer, WorkQueue.Permit.NONE);
      if (writer.keepAlive()) {
        last.addListener(_ -> next(true));
      } else {
        linger(last);
      }
    } catch (IOException e) {
      ChannelFuture _ = channel.close();
    }
    return false;
  }

  /** Says why and ends the connection: what follows cannot be trusted or is not wanted. */
  private void refuse(RuntimeException reason, String route) {
    Refusal refusal = Refusal.of(reason, route);
    RequestHead head =
        asked != null
            ? asked
            : new RequestHead("", "", "", false, java.util.List.of(), -1, false, false, false);
    context.metrics().answered(route, head.method(), Integer.toString(refusal.status()));
    AnswerWriter writer = newWriter(head);
    writer.closeAfter();
    dropBody();
    try {
      linger(writer.write(refusal, refusals));
    } catch (IOException e) {
      ChannelFuture _ = channel.close();
    }
  }

  private void linger(ChannelFuture last) {
    state = State.LINGER;
    deadline = System.nanoTime() + LINGER_NANOS;
    if (in != null) {
      in.skipBytes(in.readableBytes());
    }
    channel.config().setAutoRead(true);
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    last.addListener(
        future -> {
          if (inputEnded || !future.isSuccess() || !(channel instanceof DuplexChannel duplex)) {
            ChannelFuture _ = channel.close();
          } else if (tls != null) {
            ChannelFuture _ = tls.closeOutbound();
          } else {
            ChannelFuture _ = duplex.shutdownOutput();
          }
        });
  }

  private void next(boolean keepAlive) {
    exchange = null;
    opening = null;
    asked = null;
    refusals = null;
    if (!keepAlive || draining) {
      ChannelFuture _ = channel.close();
      return;
    }
    state = State.HEAD;
    boolean more = in != null && in.isReadable();
    setDeadline(more ? context.config().requestTimeout() : context.config().idleTimeout());
    channel.config().setAutoRead(true);
    proceed();
    if (inputEnded && state != State.HANDLING) {
      inputEnd();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      inputEnd();
    } else if (event == Stop.DRAIN) {
      draining = true;
      if (state == State.HEAD && in == null) {
        ChannelFuture _ = channel.close();
      }
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  /** Clients that send no more: mostly they are gone, some still read. */
  private void inputEnd() {
    switch (state) {
      case HEAD, BODY -> {
        if (state == State.BODY || (in != null && in.isReadable())) {
          refuse(new HttpStatusException(400, "the request is cut short"), "");
        } else {
          ChannelFuture _ = channel.close();
        }
      }
      case HANDLING -> {
        if (exchange != null && in == null) {
          exchange.cancel();
        }
      }
      case LINGER -> {
        ChannelFuture _ = channel.close();
      }
      case IDENTIFYING -> {
        // Goes on once it is known who asks.
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    gate.signal();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (tick != null) {
      tick.cancel(false);
    }
    if (exchange != null) {
      exchange.cancel();
    }
    gate.signal();
    dropBody();
    if (in != null) {
      in.release();
      in = null;
    }
  }

  private void dropBody() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
    body = null;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException || cause.getCause() instanceof SSLException)) {
      log.error("connection failed", cause);
    }
    ChannelFuture _ = ctx.close();
  }
}

package io.trilith.net;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.AuditConfig;
import io.trilith.config.AuthConfig;
import io.trilith.config.CorsConfig;
import io.trilith.config.HostPort;
import io.trilith.config.ServerConfig;
import io.trilith.net.identity.AccessControl;
import io.trilith.net.identity.AccessMetrics;
import io.trilith.net.identity.AuditLog;
import io.trilith.net.tls.TlsPairs;
import io.trilith.storage.memory.MemoryShare;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The three listeners of the process: HTTP/1.1 and gRPC together, OTLP over gRPC, OTLP over HTTP.
 * Event loops move bytes, virtual threads handle requests. Listens from construction on.
 * Thread-safe.
 */
public final class NetServer implements AutoCloseable {
  private static final int WAITING_PER_RUNNING = 8;
  private static final Duration WAIT_MAX = Duration.ofSeconds(10);
  private static final int METADATA_MAX = 64 << 10;

  /** Resets of one connection in a window; clients that cancel more make work and move nothing. */
  private static final int RESETS_MAX = 200;

  private static final int RESETS_SECONDS = 30;
  private static final int EVENT_LOOPS =
      Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);

  /** The routes of the three listeners, complete before the server is made. */
  public record Listeners(RouteTable http, RouteTable otlpGrpc, RouteTable otlpHttp) {}

  /**
   * What stands between a connection and a route.
   *
   * @param tls null: the listeners speak plain
   */
  public record Protection(AccessControl access, @Nullable TlsPairs tls) {
    /** Everyone may do everything, in clear; refusals show in metrics that nobody reads. */
    public static Protection none(boolean multiTenant, InstantSource clock) {
      AccessMetrics metrics = new AccessMetrics(new PrometheusRegistry());
      AuditLog audit = new AuditLog(new AuditConfig(Path.of("")), metrics);
      return new Protection(
          new AccessControl(AuthConfig.defaults(), null, multiTenant, audit, metrics, clock), null);
    }
  }

  private final NetContext context;
  private final @Nullable TlsPairs tls;
  private final Connections known = new Connections();
  private final EventLoopGroup loops;
  private final EventLoopGroup localLoops;
  private final ExecutorService handlers;
  private final ExecutorService queries;
  private final ChannelGroup listening = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final AtomicInteger open = new AtomicInteger();
  private final List<Server> grpcServers = new ArrayList<>();
  private final int httpPort;
  private final int otlpGrpcPort;
  private final int otlpHttpPort;

  /**
   * Starts listening. Throws IOException naming the address that cannot be bound.
   *
   * @param requests what all requests may take of the heap at once
   */
  public NetServer(
      ServerConfig config,
      CorsConfig cors,
      Protection protection,
      NetMetrics metrics,
      MemoryShare requests,
      Listeners routes,
      InstantSource clock)
      throws IOException {
    handlers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory());
    queries =
        Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("query-", 0).factory());
    loops =
        new MultiThreadIoEventLoopGroup(
            EVENT_LOOPS,
            new DefaultThreadFactory("net", true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    localLoops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("net-local", true), LocalIoHandler.newFactory());
    context =
        new NetContext(
            config,
            new Cors(cors),
            protection.access(),
            new BodyDecoder(config.bodyMax()),
            RequestMemory.Source.of(requests, config.bodiesInFlightMax()),
            queue("server.queries-max", config.queriesMax()),
            queue("server.writes-max", config.writesMax()),
            metrics,
            handlers,
            queries,
            clock);
    tls = protection.tls();
    metrics.watch(context.memory().bodies());
    boolean started = false;
    try {
      GrpcPipes shared = pipes(routes.http());
      httpPort =
          listen(
              config.httpListen(),
              "server.http-listen",
              channel ->
                  channel.pipeline().addLast(new PortSplitter(context, routes.http(), shared)));
      otlpHttpPort =
          listen(
              config.otlpHttpListen(),
              "server.otlp-http-listen",
              channel ->
                  channel
                      .pipeline()
                      .addLast(new Http1Connection(context, routes.otlpHttp(), channel)));
      otlpGrpcPort = listenGrpc(config.otlpGrpcListen(), routes.otlpGrpc());
      started = true;
    } finally {
      if (!started) {
        stop(Duration.ZERO);
      }
    }
  }

  /** Pipes to a gRPC server inside the process. */
  private GrpcPipes pipes(RouteTable routes) throws IOException {
    LocalAddress local = new LocalAddress(NetServer.class);
    int _ = startGrpc(local, LocalServerChannel::new, localLoops, routes);
    return new GrpcPipes(local, localLoops, known);
  }

  /** The gRPC server takes connections itself, or behind our handshake through a pipe. */
  private int listenGrpc(HostPort where, RouteTable routes) throws IOException {
    if (tls == null) {
      return startGrpc(address(where), serverChannels(), loops, routes);
    }
    GrpcPipes pipes = pipes(routes);
    return listen(
        where,
        "server.otlp-grpc-listen",
        channel -> channel.pipeline().addLast(new GrpcEntry(pipes)));
  }

  private static WorkQueue queue(String key, int runningMax) {
    return new WorkQueue(key, runningMax, runningMax * WAITING_PER_RUNNING, WAIT_MAX);
  }

  /** The port of HTTP/1.1 and gRPC together. */
  public int httpPort() {
    return httpPort;
  }

  public int otlpGrpcPort() {
    return otlpGrpcPort;
  }

  public int otlpHttpPort() {
    return otlpHttpPort;
  }

  private static ChannelFactory<ServerChannel> serverChannels() {
    return Epoll.isAvailable() ? EpollServerSocketChannel::new : NioServerSocketChannel::new;
  }

  private static InetSocketAddress address(HostPort listen) {
    return listen.host().isEmpty()
        ? new InetSocketAddress(listen.port())
        : new InetSocketAddress(listen.host(), listen.port());
  }

  /** Puts the handlers into a new connection. */
  private interface Setup {
    void into(Channel channel);
  }

  private int listen(HostPort where, String key, Setup setup) throws IOException {
    try {
      Channel channel =
          new ServerBootstrap()
              .group(loops)
              .channelFactory(serverChannels())
              .option(ChannelOption.SO_BACKLOG, 1024)
              .option(ChannelOption.SO_REUSEADDR, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      accept(channel, setup);
                    }
                  })
              .bind(address(where))
              .sync()
              .channel();
      listening.add(channel);
      return ((InetSocketAddress) channel.localAddress()).getPort();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    } catch (Exception e) {
      throw new IOException(key + ": cannot listen on " + where + ": " + e.getMessage(), e);
    }
  }

  private void accept(Channel channel, Setup setup) {
    if (open.incrementAndGet() > context.config().connectionsMax()) {
      open.decrementAndGet();
      context.metrics().connectionRefused();
      ChannelFuture _ = channel.close();
      return;
    }
    context.metrics().connected();
    connections.add(channel);
    channel
        .closeFuture()
        .addListener(
            _ -> {
              open.decrementAndGet();
              context.metrics().disconnected();
            });
    if (tls == null) {
      setup.into(channel);
    } else {
      channel.pipeline().addLast(new TlsStart(tls, setup::into));
    }
  }

  private int startGrpc(
      SocketAddress where,
      ChannelFactory<ServerChannel> channels,
      EventLoopGroup group,
      RouteTable routes)
      throws IOException {
    ServerConfig config = context.config();
    int messageMax = (int) Math.min(config.bodyMax().bytes(), Integer.MAX_VALUE);
    GrpcBodies arriving = new GrpcBodies(context.memory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(where)
            .channelFactory(HeapReads.of(channels))
            .addStreamTracerFactory(arriving)
            .bossEventLoopGroup(group)
            .workerEventLoopGroup(group)
            .executor(handlers)
            .fallbackHandlerRegistry(new GrpcCalls(context, routes, arriving, known))
            .maxInboundMessageSize(messageMax)
            .maxInboundMetadataSize(METADATA_MAX)
            .maxConcurrentCallsPerConnection(256)
            .maxRstFramesPerWindow(RESETS_MAX, RESETS_SECONDS)
            .maxConnectionIdle(config.idleTimeout().toNanos(), TimeUnit.NANOSECONDS)
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true);
    if (where instanceof LocalAddress) {
      // grpc-netty sets it on every connection; one inside the process would warn each time
      builder.withChildOption(ChannelOption.SO_KEEPALIVE, null);
    }
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException("cannot listen on " + where + " for gRPC: " + e.getMessage(), e);
    }
    grpcServers.add(server);
    return server.getPort();
  }

  /**
   * Stops accepting, lets running requests end within the grace time, cancels the rest and closes.
   */
  public void stop(Duration grace) {
    long end = System.nanoTime() + grace.toNanos();
    listening.close().awaitUninterruptibly();
    grpcServers.forEach(Server::shutdown);
    connections.forEach(
        channel ->
            channel
                .eventLoop()
                .execute(
                    () -> channel.pipeline().fireUserEventTriggered(Http1Connection.Stop.DRAIN)));
    try {
      for (Server server : grpcServers) {
        boolean _ =
            server.awaitTermination(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      }
      boolean _ =
          connections
              .newCloseFuture()
              .await(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    grpcServers.forEach(Server::shutdownNow);
    connections.close().awaitUninterruptibly();
    handlers.shutdownNow();
    queries.shutdownNow();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    localLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Stops at once. */
  @Override
  public void close() {
    stop(Duration.ZERO);
  }
}

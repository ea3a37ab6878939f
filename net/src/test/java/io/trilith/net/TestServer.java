package io.trilith.net;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.AuditConfig;
import io.trilith.config.AuthConfig;
import io.trilith.config.ByteSize;
import io.trilith.config.CorsConfig;
import io.trilith.config.HostPort;
import io.trilith.config.ServerConfig;
import io.trilith.net.identity.Access;
import io.trilith.net.identity.AccessControl;
import io.trilith.net.identity.AccessMetrics;
import io.trilith.net.identity.AuditLog;
import io.trilith.net.identity.Credentials;
import io.trilith.net.tls.TlsPairs;
import io.trilith.storage.memory.MemoryShare;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A server on free ports of the loopback, its routes filled before it starts. */
final class TestServer implements AutoCloseable {
  final RouteTable httpTable = new RouteTable();
  final RouteTable otlpGrpcTable = new RouteTable();
  final RouteTable otlpHttpTable = new RouteTable();

  /** Views of the tables for tests that are not about who may use what. */
  final ScopedRoutes http = httpTable.allowing(new Access.AnyCaller());

  final ScopedRoutes otlpGrpc = otlpGrpcTable.allowing(new Access.AnyCaller());
  final ScopedRoutes otlpHttp = otlpHttpTable.allowing(new Access.AnyCaller());
  final PrometheusRegistry registry = new PrometheusRegistry();
  final NetMetrics metrics = new NetMetrics(registry);
  final AccessMetrics accessMetrics = new AccessMetrics(registry);
  @Nullable Credentials credentials;
  @Nullable AuditLog audit;
  @Nullable TlsPairs tls;
  AuthConfig auth = AuthConfig.defaults();
  CorsConfig cors = CorsConfig.defaults();
  boolean multi;
  Duration requestTimeout = Duration.ofSeconds(30);
  Duration idleTimeout = Duration.ofSeconds(30);
  ByteSize bodyMax = ByteSize.parse("1MiB");
  ByteSize bodiesMax = ByteSize.parse("8MiB");
  int writesMax = 4;
  int queriesMax = 4;
  int connectionsMax = 100;
  private @Nullable NetServer server;

  TestServer start() throws IOException {
    HostPort any = HostPort.parse("127.0.0.1:0");
    ServerConfig config =
        new ServerConfig(
            any,
            any,
            any,
            bodyMax,
            bodiesMax,
            writesMax,
            queriesMax,
            connectionsMax,
            requestTimeout,
            idleTimeout,
            Duration.ofSeconds(60));
    server =
        new NetServer(
            config,
            cors,
            new NetServer.Protection(
                new AccessControl(
                    auth,
                    credentials,
                    multi,
                    audit == null
                        ? new AuditLog(new AuditConfig(Path.of("")), accessMetrics)
                        : audit,
                    accessMetrics,
                    InstantSource.system()),
                tls),
            metrics,
            new MemoryShare("memory.requests", "the requests in flight", 8 * bodiesMax.bytes()),
            new NetServer.Listeners(httpTable, otlpGrpcTable, otlpHttpTable),
            InstantSource.system());
    return this;
  }

  NetServer server() {
    return Objects.requireNonNull(server);
  }

  RawClient connect() throws IOException {
    return new RawClient(server().httpPort());
  }

  /** One request on a connection of its own; everything the server says until it closes. */
  RawClient.Reply ask(String head, byte... body) throws IOException {
    try (RawClient client = connect()) {
      client.send(head);
      client.send(body);
      return client.read();
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}

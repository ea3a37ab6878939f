package io.trilith.net;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.CorsConfig;
import io.trilith.config.HostPort;
import io.trilith.config.ServerConfig;
import io.trilith.config.TenancyConfig;
import io.trilith.storage.memory.MemoryShare;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A server on free ports of the loopback, its routes filled before it starts. */
final class TestServer implements AutoCloseable {
  final RouteTable http = new RouteTable();
  final RouteTable otlpGrpc = new RouteTable();
  final RouteTable otlpHttp = new RouteTable();
  final NetMetrics metrics = new NetMetrics(new PrometheusRegistry());
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
            new TenancyConfig(multi),
            metrics,
            new MemoryShare("memory.requests", "the requests in flight", 8 * bodiesMax.bytes()),
            new NetServer.Listeners(http, otlpGrpc, otlpHttp),
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

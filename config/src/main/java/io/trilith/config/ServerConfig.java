package io.trilith.config;

import java.time.Duration;

/** Where the process listens and how much it takes from one client. */
public record ServerConfig(
    @Key(
            doc =
                "HTTP/1.1 and h2c: the Prometheus, Loki and Tempo APIs, and OTLP below /otlp. :3200 for all interfaces, which needs auth.file, or auth.mode none with auth.open-network.",
            value = "127.0.0.1:3200")
        HostPort httpListen,
    @Key(doc = "OTLP over gRPC.", value = "127.0.0.1:4317") HostPort otlpGrpcListen,
    @Key(doc = "OTLP over HTTP.", value = "127.0.0.1:4318") HostPort otlpHttpListen,
    @Key(doc = "Largest request body after decompression; beyond it: 413.", value = "64MiB")
        ByteSize bodyMax,
    @Key(
            doc =
                "Bytes of request bodies, as they come and decoded, held at once by all clients; beyond"
                    + " it: 429, or 413 when a body could never fit. What is made of them counts in"
                    + " memory.requests, which is at least this large. auto: all of memory.requests.",
            value = "auto")
        ByteSize bodiesInFlightMax,
    @Key(doc = "Writes handled at the same time; more wait, then get 429.", value = "64")
        int writesMax,
    @Key(doc = "Queries handled at the same time; more wait, then get 429.", value = "16")
        int queriesMax,
    @Key(doc = "Connections open at once.", value = "4096") int connectionsMax,
    @Key(doc = "Time a client has to send a complete request once it began.", value = "30s")
        Duration requestTimeout,
    @Key(doc = "Time a connection may stay open without a request.", value = "120s")
        Duration idleTimeout,
    @Key(doc = "Time a query may take before it is cancelled with 503.", value = "60s")
        Duration queryTimeout,
    @Key(
            doc =
                "Time a stop may take to bring everything into committed blocks; what is not by then stays"
                    + " in the log, and the process ends with status 1.",
            value = "20s")
        Duration stopTimeout) {
  /** With the default of {@link #stopTimeout}. */
  public ServerConfig(
      HostPort httpListen,
      HostPort otlpGrpcListen,
      HostPort otlpHttpListen,
      ByteSize bodyMax,
      ByteSize bodiesInFlightMax,
      int writesMax,
      int queriesMax,
      int connectionsMax,
      Duration requestTimeout,
      Duration idleTimeout,
      Duration queryTimeout) {
    this(
        httpListen,
        otlpGrpcListen,
        otlpHttpListen,
        bodyMax,
        bodiesInFlightMax,
        writesMax,
        queriesMax,
        connectionsMax,
        requestTimeout,
        idleTimeout,
        queryTimeout,
        Duration.ofSeconds(20));
  }
}

package io.trilith.cli;

import io.trilith.cli.client.ConfigSource;
import io.trilith.config.ConfigChecks;
import io.trilith.config.TrilithConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that end up in the configuration, shared by the verbs that start a server. */
final class ConfigOptions {
  private static final Logger log = LoggerFactory.getLogger(ConfigOptions.class);

  @Mixin private ConfigSource source = new ConfigSource();

  @Option(
      names = "--http-listen",
      paramLabel = "HOST:PORT",
      description = "Short for --set server.http-listen=…")
  private @Nullable String httpListen;

  @Option(
      names = "--otlp-grpc-listen",
      paramLabel = "HOST:PORT",
      description = "Short for --set server.otlp-grpc-listen=…")
  private @Nullable String otlpGrpcListen;

  @Option(
      names = "--otlp-http-listen",
      paramLabel = "HOST:PORT",
      description = "Short for --set server.otlp-http-listen=…")
  private @Nullable String otlpHttpListen;

  @Option(names = "--multi-tenant", description = "Short for --set tenancy.multi=true.")
  private boolean multiTenant;

  /**
   * Uses, where nothing else is named, loopback and the usual ports or, where they are taken, any.
   */
  void onLoopback(IntPredicate free) {
    httpListen = httpListen != null ? httpListen : loopback(3200, free);
    otlpGrpcListen = otlpGrpcListen != null ? otlpGrpcListen : loopback(4317, free);
    otlpHttpListen = otlpHttpListen != null ? otlpHttpListen : loopback(4318, free);
  }

  private static String loopback(int port, IntPredicate free) {
    return "127.0.0.1:" + (free.test(port) ? port : 0);
  }

  /** Whether the user names a data directory. */
  boolean namesDirectory() {
    return source.namesDirectory();
  }

  /** Uses a directory, whatever the user says. */
  void directory(Path directory) {
    source.directory(directory);
  }

  /** Sets a key unless the user does. */
  void preset(String key, String value) {
    source.preset(key, value);
  }

  /** Listens on loopback, on ports that are free. */
  void anyPort() {
    httpListen = "127.0.0.1:0";
    otlpGrpcListen = "127.0.0.1:0";
    otlpHttpListen = "127.0.0.1:0";
  }

  TrilithConfig read() {
    List<String> all = new ArrayList<>();
    add(all, "server.http-listen", httpListen);
    add(all, "server.otlp-grpc-listen", otlpGrpcListen);
    add(all, "server.otlp-http-listen", otlpHttpListen);
    add(all, "tenancy.multi", multiTenant ? "true" : null);
    TrilithConfig config = source.read(all, CheckConfigCommand::errors);
    ConfigChecks.warnings(config).forEach(warning -> log.warn("configuration: {}", warning));
    return config;
  }

  private static void add(List<String> sets, String key, @Nullable String value) {
    if (value != null) {
      sets.add(key + "=" + value);
    }
  }
}

package io.trilith.cli;

import io.trilith.config.Durations;
import io.trilith.config.TrilithConfig;
import io.trilith.server.TrilithServer;
import io.trilith.server.Version;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs the server until SIGTERM or SIGINT. */
@Command(name = "serve", description = "Run the server.", sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  @Mixin private ConfigOptions options = new ConfigOptions();

  @Override
  public Integer call() {
    TrilithConfig config = options.read();
    TrilithServer server = new TrilithServer(config, InstantSource.system());
    Runnable stop =
        () -> {
          String left = server.stop(config.server().stopTimeout());
          if (left.isEmpty()) {
            log.info("stopped: everything is in committed blocks");
          } else {
            log.error("stopped, and not everything is in committed blocks: {}", left);
          }
          // A signal that was answered in order is no failure: without this the status would be 128
          // + its number.
          Runtime.getRuntime().halt(left.isEmpty() ? 0 : 1);
        };
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(stop));
    log.info(
        "ready version={} http={} otlp-grpc={} otlp-http={} data-dir={} retention={}"
            + " multi-tenant={}",
        Version.text(),
        server.httpPort(),
        server.otlpGrpcPort(),
        server.otlpHttpPort(),
        config.storage().dataDir(),
        config.retention().keep().isZero()
            ? "for ever"
            : Durations.format(config.retention().keep()),
        config.tenancy().multi());
    return 0;
  }
}

package io.trilith.cli;

import io.trilith.cli.demo.Demo;
import io.trilith.server.TrilithServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Starts a server on a temporary directory, or the one that is named and stays, sends it telemetry
 * of all three kinds, asks it and shows the answers.
 */
@Command(
    name = "demo",
    description = "See it work: telemetry in, answers out.",
    sortOptions = false)
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--exit",
      description = "End after the walk; status 0 only if every answer was right.")
  private boolean exit;

  @Mixin private ConfigOptions options = new ConfigOptions();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    Path temporary = options.namesDirectory() ? null : Files.createTempDirectory("trilith-demo");
    if (temporary != null) {
      options.directory(temporary);
    }
    options.onLoopback(DemoCommand::isFree);
    // Nobody wants to wait for the usual 15 s before the service map is there.
    options.preset("metrics-generator.interval", "1s");
    // An SLO comes when its half hour is over, and all of that is counted in one go.
    Path slos = Files.createTempDirectory("trilith-demo-slos");
    options.preset("slos.files", slos.resolve("*.yaml").toString());
    options.preset("slos.late-data", "1h");
    TrilithServer server = new TrilithServer(options.read(), InstantSource.system());
    Runnable end =
        () -> {
          server.close();
          deleteTree(slos);
          if (temporary != null) {
            deleteTree(temporary);
          }
        };
    Demo demo =
        new Demo(
            out,
            server.httpPort(),
            server.otlpGrpcPort(),
            server.otlpHttpPort(),
            slos,
            InstantSource.system());
    boolean right = demo.run();
    if (exit) {
      end.run();
      return right ? 0 : 1;
    }
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(end));
    String base = "http://localhost:" + server.httpPort();
    for (String line :
        List.of(
            "",
            "The server keeps running (Ctrl-C ends it). Data sources for Grafana:",
            "  prometheus  " + base + "/prometheus",
            "  loki        " + base,
            "  tempo       " + base + "/tempo",
            "or use the provisioning in config/grafana. OTLP: gRPC %d, HTTP %d."
                .formatted(server.otlpGrpcPort(), server.otlpHttpPort()))) {
      out.println(line);
    }
    return 0;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void deleteTree(Path directory) {
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot delete " + directory, e);
    }
  }
}

package io.trilith.cli;

import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** A server in this process, and the command line, for tests in other packages. */
public final class TestServer {
  private TestServer() {}

  /** Serves a directory for one tenant, with data of any age, on free ports. */
  public static void with(Path directory, IntConsumer port) {
    List<String> sets = new ArrayList<>(SmallBucket.settings(directory));
    sets.remove("tenancy.multi=true");
    try (TrilithServer server =
        new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system())) {
      port.accept(server.httpPort());
    }
  }

  /** Fills an empty directory with this many flushed blocks of each signal of tenants a and b. */
  public static void fill(Path directory, int rounds) {
    SmallBucket.fill(directory, rounds);
  }

  /**
   * Runs the command line; what it says of errors is part of the failure when the status is not 0.
   */
  public static int run(String... arguments) {
    SmallBucket.Ran ran = SmallBucket.run(arguments);
    if (ran.status() != 0) {
      throw new AssertionError(ran.out() + ran.err());
    }
    return ran.status();
  }
}

package io.trilith.server;

import io.trilith.config.ConfigReader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads a configuration file and says whether a server would start with it. */
@Command(name = "check-config", description = "Check a configuration file.")
final class CheckConfigCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The file to check.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    RowRules.check(new ConfigReader(System.getenv()).read(file, List.of()));
    if (spec != null) {
      spec.commandLine().getOut().println(file + ": fine");
    }
    return 0;
  }
}

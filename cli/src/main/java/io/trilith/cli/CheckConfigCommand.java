package io.trilith.cli;

import io.trilith.config.AuthFile;
import io.trilith.config.ConfigChecks;
import io.trilith.config.ConfigException;
import io.trilith.config.ConfigReader;
import io.trilith.config.ConfigReference;
import io.trilith.config.TrilithConfig;
import io.trilith.server.node.RowRules;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads a configuration and says whether a server would start with it. */
@Command(
    name = "check-config",
    description = "Check a configuration: all that is wrong, and what may not be meant.",
    footer = {
      "",
      "Errors are what a server does not start with; all of them are told. Sizes are held against"
          + " the heap of this",
      "process, which is a server's when both get the same TRILITH_JAVA_OPTS.",
      "Status: 0 fine, perhaps with warnings; 2 wrong."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CheckConfigCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The file to check. Default: none, all keys at their defaults")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key, over the file. Repeatable.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--print",
      description = "Show every key with its value in force, and where that comes from.")
  private boolean print;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    ConfigReader reader = new ConfigReader(System.getenv());
    TrilithConfig config = reader.read(file, sets, CheckConfigCommand::errors);
    if (spec != null) {
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      ConfigChecks.warnings(config).forEach(warning -> err.println("warning: " + warning));
      if (print) {
        print(config, reader.origins(file, sets), out);
      } else {
        out.println((file == null ? "the configuration" : file) + ": fine");
      }
    }
    return 0;
  }

  /** What a server of this process could not hold or read. */
  static List<String> errors(TrilithConfig config) {
    List<String> errors =
        new ArrayList<>(ConfigChecks.heap(config, Runtime.getRuntime().maxMemory()));
    errors.addAll(RowRules.errors(config));
    if (config.auth().hasFile()) {
      try {
        AuthFile _ = AuthFile.read(config.auth().file());
      } catch (ConfigException e) {
        errors.add(String.valueOf(e.getMessage()));
      }
    }
    return errors;
  }

  private static void print(
      TrilithConfig config, SortedMap<String, String> origins, PrintWriter out) {
    ConfigReference.settings(config)
        .forEach((key, value) -> out.println(key + " = " + value + "  # " + origin(key, origins)));
  }

  private static String origin(String key, SortedMap<String, String> origins) {
    return origins.entrySet().stream()
        .filter(
            one ->
                one.getKey().equals(key)
                    || one.getKey().equals(key + "-file")
                    || one.getKey().startsWith(key + "["))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("default");
  }
}

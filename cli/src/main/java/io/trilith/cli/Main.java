package io.trilith.cli;

import io.trilith.cli.access.TokenCommand;
import io.trilith.cli.access.UserCommand;
import io.trilith.cli.bucket.AnalyzeCommand;
import io.trilith.cli.bucket.BlocksCommand;
import io.trilith.cli.bucket.CatalogCommand;
import io.trilith.cli.bucket.CompactCommand;
import io.trilith.cli.bucket.CopyCommand;
import io.trilith.cli.bucket.ExportCommand;
import io.trilith.cli.bucket.ImportCommand;
import io.trilith.cli.bucket.RestoreSnapshotCommand;
import io.trilith.cli.bucket.SnapshotCommand;
import io.trilith.cli.bucket.StorageCommand;
import io.trilith.cli.query.QueryCommand;
import io.trilith.cli.removal.DeleteCommand;
import io.trilith.cli.removal.RestoreCommand;
import io.trilith.cli.removal.RetentionCommand;
import io.trilith.cli.rules.RedactCommand;
import io.trilith.cli.rules.RulesCommand;
import io.trilith.cli.rules.SloCommand;
import io.trilith.config.ConfigException;
import io.trilith.server.Version;
import io.trilith.storage.error.StorageException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The command line: {@code trilith VERB …}. Exit status 0 for done, 1 for failed, 2 for a wrong
 * call.
 */
@Command(
    name = "trilith",
    description = "Metrics, logs and traces in one process and one bucket.",
    subcommands = {
      ServeCommand.class,
      DemoCommand.class,
      QueryCommand.class,
      RulesCommand.class,
      SloCommand.class,
      RedactCommand.class,
      BlocksCommand.class,
      CatalogCommand.class,
      CompactCommand.class,
      RetentionCommand.class,
      DeleteCommand.class,
      RestoreCommand.class,
      AnalyzeCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      CopyCommand.class,
      SnapshotCommand.class,
      RestoreSnapshotCommand.class,
      StorageCommand.class,
      TokenCommand.class,
      UserCommand.class,
      CheckConfigCommand.class,
      TrainCommand.class,
      VersionCommand.class,
      HelpCommand.class
    })
public final class Main {
  private Main() {}

  /** Runs one verb and ends the process with its status. */
  public static void main(String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    CommandLine line = commandLine();
    int status = args.length == 0 ? line.execute("help") : line.execute(args);
    if (status != 0 || !line.getParseResult().hasSubcommand()) {
      System.exit(status);
    }
  }

  /** All verbs, with what a user may have done wrong told in one line. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    line.setHelpFactory(SortedHelp::new);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          PrintWriter err = command.getErr();
          if (failure instanceof ConfigException) {
            err.println("trilith: " + failure.getMessage());
            return 2;
          }
          if (failure instanceof StorageException || failure instanceof UncheckedIOException) {
            err.println("trilith: " + failure.getMessage());
            return 1;
          }
          throw failure;
        });
    helpEverywhere(line);
    return line;
  }

  /** {@code --help} and {@code --version} are answered at every level. */
  private static void helpEverywhere(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    boolean help = line.getCommand() instanceof HelpCommand;
    if (!help && spec.findOption("--help") == null) {
      spec.mixinStandardHelpOptions(true);
    }
    spec.version("trilith " + Version.text());
    line.getSubcommands().values().forEach(Main::helpEverywhere);
  }
}

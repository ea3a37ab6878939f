package io.trilith.cli.bucket;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verbs that bring data from elsewhere. */
@Command(
    name = "import",
    description = "Import data of other systems.",
    subcommands = {
      ImportPrometheusCommand.class,
      ImportOpenMetricsCommand.class,
      ImportLokiCommand.class,
      ImportOtlpCommand.class,
      HelpCommand.class
    })
public final class ImportCommand {}

package io.trilith.cli.query;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verb under which there is one verb per signal. */
@Command(
    name = "query",
    description = "Ask a running server.",
    subcommands = {
      QueryMetricsCommand.class,
      QueryLogsCommand.class,
      QueryTracesCommand.class,
      QueryTraceCommand.class,
      HelpCommand.class
    })
public final class QueryCommand {}

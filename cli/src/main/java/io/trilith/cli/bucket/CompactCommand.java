package io.trilith.cli.bucket;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verbs about merges. */
@Command(
    name = "compact",
    description = "Show, plan and run the merges of blocks.",
    subcommands = {
      CompactStatusCommand.class,
      CompactPlanCommand.class,
      CompactRunCommand.class,
      HelpCommand.class
    })
public final class CompactCommand {}

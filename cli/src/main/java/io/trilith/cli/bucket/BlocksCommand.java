package io.trilith.cli.bucket;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verbs about blocks. */
@Command(
    name = "blocks",
    description = "List, inspect, verify and show the blocks of a bucket.",
    subcommands = {
      BlocksListCommand.class,
      BlocksInspectCommand.class,
      BlocksVerifyCommand.class,
      BlocksDropCommand.class,
      BlocksCatCommand.class,
      HelpCommand.class
    })
public final class BlocksCommand {}

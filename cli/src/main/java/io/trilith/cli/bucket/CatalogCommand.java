package io.trilith.cli.bucket;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verbs about the chain of commits. */
@Command(
    name = "catalog",
    description = "Show the commits that say which blocks are live.",
    subcommands = {CatalogLogCommand.class, CatalogShowCommand.class, HelpCommand.class})
public final class CatalogCommand {}

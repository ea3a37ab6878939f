package io.trilith.cli.bucket;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verbs about the object store itself. */
@Command(
    name = "storage",
    description = "Check what an object store promises.",
    subcommands = {StorageCheckCommand.class, HelpCommand.class})
public final class StorageCommand {}

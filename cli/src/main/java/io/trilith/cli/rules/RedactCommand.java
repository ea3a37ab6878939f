package io.trilith.cli.rules;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verb under which there is one for each thing that is done with rules of redaction. */
@Command(
    name = "redact",
    description = "Try rules of redaction before they are put in force.",
    subcommands = {RedactTestCommand.class, HelpCommand.class})
public final class RedactCommand {}

package io.trilith.cli.rules;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verb under which there is one for each thing that is done with rules. */
@Command(
    name = "rules",
    description = "Check and test rules, and set those of a running server.",
    subcommands = {
      RulesCheckCommand.class,
      RulesTestCommand.class,
      RulesLintCommand.class,
      RulesListCommand.class,
      RulesGetCommand.class,
      RulesLoadCommand.class,
      RulesDeleteCommand.class,
      RulesDiffCommand.class,
      RulesEvalCommand.class,
      RulesBackfillCommand.class,
      HelpCommand.class
    })
public final class RulesCommand {}

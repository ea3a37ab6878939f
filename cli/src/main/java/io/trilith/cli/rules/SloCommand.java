package io.trilith.cli.rules;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The verb under which there is one for each thing that is done with SLOs. */
@Command(
    name = "slo",
    description = "Check SLOs, show the rules that follow from them, and what is left of budgets.",
    subcommands = {
      SloCheckCommand.class,
      SloPlanCommand.class,
      SloReportCommand.class,
      HelpCommand.class
    })
public final class SloCommand {}

package io.trilith.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;

/** The reference of the command line as Markdown, from the verbs' own help. */
final class CliReference {
  private static final int WIDTH = 110;

  private CliReference() {}

  /** What {@code docs/cli.md} has to be. */
  static String text() {
    StringBuilder text = new StringBuilder();
    text.append("# Command line\n\n");
    text.append("Made of the verbs' own help (`trilith help VERB`); a test holds it to that.\n\n");
    text.append(
        "- Status: 0 done, 1 failed or something was found, 2 a wrong call, 3 answered (`query`)"
            + " and something that stderr names is missing.\n"
            + "- What is typed wins over the environment. `-h` and `--version` work at every"
            + " level.\n");
    text.append(
        "- Verbs on a bucket (`blocks`, `catalog`, `compact`, `analyze`, `export`, `copy`,"
            + " `snapshot`, `storage check`) need no server and may run beside one;\n"
            + "  they find the bucket by the options that `serve` has. What changes it goes through"
            + " a server that owns the directory, or says what to type.\n");
    text.append("- `-o json` gives programs what `-o table` gives people.\n");
    CommandLine line = Main.commandLine();
    add("trilith", line, text);
    return text.toString();
  }

  private static void add(String name, CommandLine line, StringBuilder text) {
    if (line.getCommandSpec().usageMessage().hidden()
        || line.getCommandSpec().userObject() instanceof HelpCommand) {
      return;
    }
    line.getCommandSpec().usageMessage().width(WIDTH);
    text.append("\n## ").append(name).append("\n\n```\n");
    line.getUsageMessage(Ansi.OFF)
        .lines()
        .forEach(one -> text.append(one.stripTrailing()).append('\n'));
    text.append("```\n");
    for (Map.Entry<String, CommandLine> verb : line.getSubcommands().entrySet()) {
      add(name + " " + verb.getKey(), verb.getValue(), text);
    }
  }
}

package io.trilith.cli;

import java.util.Comparator;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Help with options by their long names: picocli's own order looks at first letters only and leaves
 * the rest to the order of reflection.
 */
final class SortedHelp extends Help {
  private static final Comparator<OptionSpec> BY_NAME =
      Comparator.comparing(OptionSpec::longestName);

  SortedHelp(CommandSpec spec, ColorScheme colours) {
    super(spec, colours);
  }

  @Override
  public String synopsis(int headingLength) {
    return detailedSynopsis(headingLength, BY_NAME, true);
  }

  @Override
  public String optionList() {
    return optionList(createDefaultLayout(), BY_NAME, parameterLabelRenderer());
  }
}

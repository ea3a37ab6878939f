package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CliReferenceTest {
  @Test
  void theReferenceFileSaysWhatTheVerbsSay() throws Exception {
    Path reference = Path.of(System.getProperty("trilith.root", ".."), "docs", "cli.md");
    if (Boolean.getBoolean("trilith.regenerate")) {
      Files.writeString(reference, CliReference.text());
    }
    assertThat(reference).hasContent(CliReference.text());
  }

  @Test
  void everyVerbDescribesItselfAndItsOptions() {
    check(Main.commandLine());
  }

  private static void check(CommandLine line) {
    String name = line.getCommandSpec().qualifiedName();
    assertThat(line.getCommandSpec().usageMessage().description()).as(name).isNotEmpty();
    line.getCommandSpec()
        .options()
        .forEach(
            option ->
                assertThat(option.description())
                    .as(name + " " + option.longestName())
                    .isNotEmpty());
    line.getSubcommands().values().stream()
        .filter(verb -> !verb.getCommandSpec().usageMessage().hidden())
        .forEach(CliReferenceTest::check);
  }
}

package io.trilith.cli.rules;

import io.trilith.config.ConfigException;
import io.trilith.ingest.pipeline.RedactionTrial;
import io.trilith.server.LogqlConditions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what rules would find in lines, never what that is. */
@Command(
    name = "test",
    description = "Say what each rule of a pipeline file finds in lines, by numbers only.",
    footer = {
      "",
      "Rules are asked in their order, each of what those before it have left. Selectors and tenants are not looked at.",
      "Status: 0 read to the end, 1 a file is wrong or cannot be read, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RedactTestCommand implements Callable<Integer> {
  private static final int DEPTH_MAX = 100;

  @Option(
      names = "--pipeline",
      required = true,
      paramLabel = "FILE",
      description = "The file of pipeline.file.")
  private Path pipeline = Path.of("");

  @Parameters(paramLabel = "FILE", description = "The lines; - for stdin.")
  private Path file = Path.of("-");

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (BufferedReader lines = lines()) {
      RedactionTrial trial = RedactionTrial.of(pipeline, new LogqlConditions(DEPTH_MAX));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        trial.line(line);
      }
      out.println("lines\t" + trial.lines());
      trial
          .counts()
          .forEach(
              count ->
                  out.println(
                      count.rule()
                          + "\t"
                          + count.pieces()
                          + " found in "
                          + count.lines()
                          + " lines"));
      out.flush();
      return 0;
    } catch (ConfigException | IOException e) {
      err.println("trilith: " + e.getMessage());
      err.flush();
      return 1;
    }
  }

  private BufferedReader lines() throws IOException {
    return file.toString().equals("-")
        ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
        : Files.newBufferedReader(file, StandardCharsets.UTF_8);
  }
}

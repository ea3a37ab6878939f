package io.trilith.cli.rules;

import io.trilith.regex.Regex;
import io.trilith.rules.unittest.UnitTestResult;
import io.trilith.rules.unittest.UnitTests;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.RegexText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs tests of rules. */
@Command(
    name = "test",
    description = "Run tests of rules: promtool's files, unchanged.",
    footer = {"", "Status: 0 all passed, 1 something failed, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesTestCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files of tests.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--run",
      paramLabel = "REGEX",
      description = "Only tests whose name the expression finds something in. Repeatable.")
  private List<String> run = new ArrayList<>();

  @Option(names = "--junit", paramLabel = "FILE", description = "Write what came of it as XML.")
  private @Nullable Path junit;

  @Option(names = "--diff", description = "Show what is missing (-) and what is too much (+).")
  private boolean diff;

  @Option(
      names = "--ignore-unknown-fields",
      description = "Pass over keys that are not known, as other tools write them.")
  private boolean unknownAllowed;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    List<Regex> chosen = new ArrayList<>();
    for (String expression : run) {
      try {
        chosen.add(RegexText.compile(expression));
      } catch (InvalidRequestException e) {
        throw new ParameterException(
            spec.commandLine(), "--run '" + expression + "': " + e.getMessage(), e);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    UnitTests tests = new UnitTests(chosen, unknownAllowed);
    List<UnitTestResult> results = new ArrayList<>();
    for (Path file : files) {
      UnitTestResult result = tests.run(file);
      results.add(result);
      tell(result, out);
      out.flush();
    }
    if (junit != null) {
      JunitReport.write(junit, results);
    }
    return results.stream().allMatch(UnitTestResult::passed) ? 0 : 1;
  }

  private void tell(UnitTestResult result, PrintWriter out) {
    out.println("Unit Testing:  " + result.file());
    result.warnings().forEach(warning -> out.println("  WARNING: " + warning));
    if (result.passed()) {
      out.println("  SUCCESS");
      return;
    }
    out.println("  FAILED:");
    result.errors().forEach(error -> out.println("    " + error));
    for (UnitTestResult.TestResult test : result.tests()) {
      for (UnitTestResult.Failure failure : test.failures()) {
        String name = test.name().isEmpty() ? "" : "name: " + test.name() + ", ";
        out.println("    " + name + failure.what());
        if (!failure.expected().isEmpty() || !failure.got().isEmpty()) {
          tell(failure, out);
        }
      }
    }
  }

  private void tell(UnitTestResult.Failure failure, PrintWriter out) {
    if (!diff) {
      list("exp:", failure.expected(), out);
      list("got:", failure.got(), out);
      return;
    }
    List<String> extra = new ArrayList<>(failure.got());
    for (String expected : failure.expected()) {
      out.println("        " + (extra.remove(expected) ? "  " : "- ") + expected);
    }
    extra.forEach(line -> out.println("        + " + line));
  }

  private static void list(String head, List<String> lines, PrintWriter out) {
    out.println("        " + head + (lines.isEmpty() ? " nothing" : ""));
    lines.forEach(line -> out.println("            " + line));
  }
}

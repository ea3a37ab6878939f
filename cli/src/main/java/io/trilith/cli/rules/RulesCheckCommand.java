package io.trilith.cli.rules;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says whether a server would take rule files. */
@Command(
    name = "check",
    description = "Check rule files: all that is wrong, with line, group and rule.",
    footer = {"", "Status: 0 fine, 1 something is wrong, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesCheckCommand implements Callable<Integer> {
  /** How deep expressions may nest: more than a server takes by default. */
  static final int DEPTH_MAX = 1000;

  /** What is looked for beside errors. */
  enum Lint {
    ALL,
    DUPLICATE_RULES,
    NONE
  }

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Rule files, with * in names. None, or -, reads standard input.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--lint",
      paramLabel = "WHAT",
      defaultValue = "duplicate-rules",
      description = "all, duplicate-rules or none. Default: ${DEFAULT-VALUE}")
  private String lint = "";

  @Option(names = "--lint-fatal", description = "Status 1 when something of that is found.")
  private boolean lintFatal;

  @Option(
      names = "--ignore-unknown-fields",
      description = "Pass over keys that are not known, as other tools write them.")
  private boolean unknownAllowed;

  @Spec private @Nullable CommandSpec spec;

  private final RuleFileReader reader = new RuleFileReader(new QueryLanguages(DEPTH_MAX));

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Lint wanted = lint(spec);
    boolean good = true;
    boolean clean = true;
    if (files.isEmpty() || files.equals(List.of("-"))) {
      String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
      RuleFileReader.Content content = reader.file("standard input", text, unknownAllowed);
      good = tell("standard input", content, out, err);
      clean = lint(wanted, content.groups(), out);
    }
    for (String pattern : files) {
      if (pattern.equals("-")) {
        continue;
      }
      List<Path> found = FileGlobs.find(pattern);
      if (found.isEmpty()) {
        err.println(pattern + ": no such file");
        good = false;
      }
      for (Path file : found) {
        RuleFileReader.Content content = read(file, err);
        boolean taken = content != null && tell(file.toString(), content, out, err);
        good &= taken;
        clean &= !taken || content == null || lint(wanted, content.groups(), out);
      }
    }
    out.flush();
    err.flush();
    return good && (clean || !lintFatal) ? 0 : 1;
  }

  private Lint lint(CommandSpec command) {
    return switch (lint) {
      case "all" -> Lint.ALL;
      case "duplicate-rules" -> Lint.DUPLICATE_RULES;
      case "none" -> Lint.NONE;
      default ->
          throw new ParameterException(
              command.commandLine(),
              "--lint is '" + lint + "'; it must be all, duplicate-rules or none");
    };
  }

  private RuleFileReader.@Nullable Content read(Path file, PrintWriter err) {
    try {
      return reader.file(file.toString(), Files.readString(file), unknownAllowed);
    } catch (IOException e) {
      err.println(file + ": no such file, or it cannot be read: " + e);
      return null;
    }
  }

  private static boolean tell(
      String file, RuleFileReader.Content content, PrintWriter out, PrintWriter err) {
    out.println("Checking " + file);
    content.warnings().forEach(warning -> err.println("warning: " + warning));
    if (content.problems().isEmpty()) {
      int rules = content.groups().stream().mapToInt(group -> group.rules().size()).sum();
      out.println("  SUCCESS: " + rules + " rules found");
      return true;
    }
    err.println("  FAILED:");
    for (Problem problem : content.problems()) {
      err.println(problem);
    }
    return false;
  }

  /** Tells rules that have the same name and labels; whether there are none. */
  private static boolean lint(Lint wanted, List<RuleGroup> groups, PrintWriter out) {
    if (wanted == Lint.NONE) {
      return true;
    }
    Map<String, Integer> seen = new TreeMap<>();
    for (RuleGroup group : groups) {
      for (Rule rule : group.rules()) {
        seen.merge(rule.name() + " " + new TreeMap<>(rule.labels()), 1, Integer::sum);
      }
    }
    long duplicates = seen.values().stream().filter(count -> count > 1).count();
    if (duplicates == 0) {
      return true;
    }
    out.println(duplicates + " duplicate rule(s) found.");
    seen.forEach(
        (rule, count) -> {
          if (count > 1) {
            out.println("  " + rule + ": " + count + " times");
          }
        });
    out.println("  The series of one overwrite those of the other.");
    return false;
  }
}

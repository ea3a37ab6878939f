package io.trilith.rules.unittest;

import io.trilith.logql.LogqlEngine;
import io.trilith.promql.PromqlEngine;
import io.trilith.regex.Regex;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.storage.text.RegexText;
import io.trilith.traceql.metrics.MetricsEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs files of tests of rules, as promtool does. Thread-safe. */
public final class UnitTests {
  private static final int DEPTH_MAX = 1000;
  private static final long LOOKBACK_MILLIS = 300_000;
  private static final long SUBQUERY_STEP_MILLIS = 60_000;
  private static final int SERIES_MAX = 1_000_000;

  private final List<Regex> chosen;
  private final boolean unknownAllowed;
  private final QueryLanguages languages = new QueryLanguages(DEPTH_MAX);
  private final LanguageEngines engines =
      new LanguageEngines(
          new PromqlEngine(DEPTH_MAX, LOOKBACK_MILLIS, SUBQUERY_STEP_MILLIS),
          new LogqlEngine(DEPTH_MAX, SERIES_MAX),
          new MetricsEngine.Limits(SERIES_MAX, 0, Integer.MAX_VALUE, Long.MAX_VALUE));

  /**
   * Of tests.
   *
   * @param chosen expressions of which a test's name must contain one; empty for all tests
   * @param unknownAllowed whether keys that nobody knows are passed over
   */
  public UnitTests(List<Regex> chosen, boolean unknownAllowed) {
    this.chosen = List.copyOf(chosen);
    this.unknownAllowed = unknownAllowed;
  }

  /** Runs a file. */
  public UnitTestResult run(Path file) throws InterruptedException {
    List<String> warnings = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    List<UnitTestResult.TestResult> results = new ArrayList<>();
    UnitTestFile tests = read(file, errors);
    if (tests != null) {
      List<Located> groups = groups(file, tests, warnings, errors);
      if (errors.isEmpty()) {
        List<RuleGroup> ordered = ordered(groups, tests.order());
        for (UnitTestFile.Test test : tests.tests()) {
          if (isChosen(test.name())) {
            results.add(new TestRun(tests, test, ordered, engines, languages).run());
          }
        }
      }
    }
    return new UnitTestResult(file.toString(), warnings, errors, results);
  }

  private boolean isChosen(String name) {
    return chosen.isEmpty()
        || chosen.stream().anyMatch(regex -> RegexText.captures(regex).matcher(name).find());
  }

  private @Nullable UnitTestFile read(Path file, List<String> errors) {
    try {
      UnitTestFile.Content content =
          UnitTestFile.read(file.toString(), Files.readString(file), unknownAllowed);
      content.problems().forEach(problem -> errors.add(problem.toString()));
      return content.file();
    } catch (IOException e) {
      errors.add(file + ": no such file, or it cannot be read: " + e);
      return null;
    }
  }

  /** A group, and the file it is from. */
  private record Located(Path file, RuleGroup group) {}

  private List<Located> groups(
      Path file, UnitTestFile tests, List<String> warnings, List<String> errors) {
    List<Located> groups = new ArrayList<>();
    RuleFileReader reader = new RuleFileReader(languages);
    for (String pattern : tests.ruleFiles()) {
      Path parent = file.getParent();
      Path full = parent == null ? Path.of(pattern) : parent.resolve(pattern);
      try {
        List<Path> found = FileGlobs.find(full.toString());
        if (found.isEmpty()) {
          warnings.add("no file match pattern " + full);
        }
        for (Path one : found) {
          RuleFileReader.Content content =
              reader.file(one.toString(), Files.readString(one), unknownAllowed);
          for (Problem problem : content.problems()) {
            errors.add(problem.toString());
          }
          content.groups().forEach(group -> groups.add(new Located(one, group)));
        }
      } catch (IOException e) {
        errors.add(full + ": no such file, or it cannot be read: " + e);
      }
    }
    groups.sort(Comparator.comparing((Located one) -> one.file().toString()));
    return groups;
  }

  /** Those that are named in the order, in it; the others with the first of them. */
  private static List<RuleGroup> ordered(List<Located> groups, List<String> order) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      places.put(order.get(i), i);
    }
    return groups.stream()
        .map(Located::group)
        .sorted(Comparator.comparing((RuleGroup group) -> places.getOrDefault(group.name(), 0)))
        .toList();
  }
}

package io.trilith.rules.lint;

import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Notes what is wrong with one rule, if it is looked for. Not thread-safe. */
final class RuleFindings {
  private final RuleLint.Source source;
  private final int place;
  private final Set<Check> checks;
  private final List<Finding> findings;

  RuleFindings(RuleLint.Source source, int place, Set<Check> checks, List<Finding> findings) {
    this.source = source;
    this.place = place;
    this.checks = checks;
    this.findings = findings;
  }

  String file() {
    return source.file();
  }

  RuleGroup group() {
    return source.group();
  }

  Rule rule() {
    return source.group().rules().get(place);
  }

  /** From 1 on. */
  int number() {
    return place + 1;
  }

  boolean wants(Check check) {
    return checks.contains(check);
  }

  /** Where the rule is, for people. */
  String place() {
    String line = rule().line() > 0 ? ":" + rule().line() : "";
    return file() + line + " (group \"" + group().name() + "\", rule " + number() + ")";
  }

  void add(Check check, String reason, Map<String, String> details) {
    if (wants(check)) {
      findings.add(
          new Finding(
              file(),
              rule().line(),
              group().name(),
              number(),
              rule().name(),
              check,
              reason,
              details));
    }
  }
}

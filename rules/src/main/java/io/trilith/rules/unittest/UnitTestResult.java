package io.trilith.rules.unittest;

import java.util.List;

/**
 * What came of a file of tests.
 *
 * @param warnings what may not be meant, such as patterns that find nothing
 * @param errors what kept the file from being run at all
 */
public record UnitTestResult(
    String file, List<String> warnings, List<String> errors, List<TestResult> tests) {

  /** What came of one test; nothing failed when there are no failures. */
  public record TestResult(String name, List<Failure> failures) {}

  /**
   * Something is not as it is expected.
   *
   * @param what the check, or what went wrong when nothing was expected
   * @param expected one thing a line
   * @param got one thing a line
   */
  public record Failure(String what, List<String> expected, List<String> got) {}

  public boolean passed() {
    return errors.isEmpty() && tests.stream().allMatch(test -> test.failures().isEmpty());
  }
}

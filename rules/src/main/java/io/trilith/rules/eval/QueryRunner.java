package io.trilith.rules.eval;

import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import java.util.List;

/** Evaluates expressions of one tenant, at one tick's view of the data. */
public interface QueryRunner {
  /**
   * The result at a time, milliseconds since 1970; a number is one sample without labels.
   *
   * @param open what the tick has made so far; seen beside what is stored
   * @throws RuntimeException for whatever is wrong with the expression or the data
   */
  List<RuleSample> run(RuleQuery query, long millis, MemorySeries open) throws InterruptedException;
}

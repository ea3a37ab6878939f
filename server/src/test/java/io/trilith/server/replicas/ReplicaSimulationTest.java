package io.trilith.server.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Several processes over one log and one bucket lose nothing and show nothing twice, at any step,
 * whatever fails. {@code -Dtests.iters=10000} for a night, {@code -Dtests.seed} for one of them.
 */
class ReplicaSimulationTest {
  private static final int STEPS = 250;

  /** Seeds until a rule that does not hold is noticed. */
  private static final int NOTICED_WITHIN = 200;

  @Test
  void eachRowIsInExactlyOnePlaceOfEachReplicaAtEachStep() {
    Map<String, Integer> events = new TreeMap<>();
    Long fixed = Long.getLong("tests.seed");
    long first = fixed == null ? 0 : fixed;
    int seeds = fixed == null ? Integer.getInteger("tests.iters", 200) : 1;
    for (long seed = first; seed < first + seeds; seed++) {
      try {
        new World(seed, null, events).run(STEPS);
      } catch (RuntimeException e) {
        throw new AssertionError("replay with -Dtests.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    System.out.println(seeds + " seeds of " + STEPS + " steps: " + events);
    assertThat(events)
        .containsKeys("sent", "followed", "killed", "race", "commit answer lost", "commit failed");
  }

  @ParameterizedTest
  @EnumSource(Rule.class)
  void aRuleThatDoesNotHoldIsNoticed(Rule rule) {
    for (long seed = 0; seed < NOTICED_WITHIN; seed++) {
      try {
        new World(seed, rule, new TreeMap<>()).run(STEPS);
      } catch (RuntimeException e) {
        System.out.println(rule + " is noticed with seed " + seed + ": " + e.getMessage());
        return;
      }
    }
    throw new AssertionError("nothing notices that this does not hold: " + rule);
  }
}

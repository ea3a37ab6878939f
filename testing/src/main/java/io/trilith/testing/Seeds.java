package io.trilith.testing;

import java.util.SplittableRandom;

/** Seeds of randomised tests: printed always, replayed with {@code -Dtests.seed=N}. */
public final class Seeds {
  private Seeds() {}

  /** A generator from a fresh seed, or from {@code -Dtests.seed}; the seed is printed. */
  public static SplittableRandom random(String test) {
    Long fixed = Long.getLong("tests.seed");
    long seed = fixed != null ? fixed : new SplittableRandom().nextLong() & 0xffffffffL;
    System.out.println(test + ": replay with -Dtests.seed=" + seed);
    return new SplittableRandom(seed);
  }

  /** How often a randomised test repeats: {@code -Dtests.iters}, else the given default. */
  public static int iterations(int normal) {
    return Integer.getInteger("tests.iters", normal);
  }
}

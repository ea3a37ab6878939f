package io.trilith.bench;

import io.trilith.regex.Regex;
import io.trilith.regex.SortedValues;
import io.trilith.regex.ValueBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A regular expression over 100,000 sorted label values: the walk, and value by value as before.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx512m", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RegexDictionaryBenchmark {
  private static final int VALUES = 100_000;
  private static final String[] APPS = {
    "checkout", "cart", "search", "payment", "frontend", "catalog", "shipping", "auth", "ads"
  };
  private static final String[] STAGES = {"prod", "staging", "dev"};
  private static final String[] REGIONS = {"eu", "us", "ap"};

  @Param({"prefix", "infix", "literals", "hex", "digits", "parts"})
  private String kind = "";

  private final byte[][] bytes = new byte[VALUES][];
  private final String[] texts = new String[VALUES];
  private Regex regex = Regex.compile("");
  private Predicate<String> re2j = text -> false;
  private Predicate<String> backtracking = text -> false;

  private final SortedValues values =
      new SortedValues() {
        @Override
        public int size() {
          return VALUES;
        }

        @Override
        public void read(int ordinal, ValueBytes into) {
          into.set(bytes[ordinal], 0, bytes[ordinal].length);
        }

        @Override
        public int find(byte[] utf8) {
          return Arrays.binarySearch(bytes, utf8, Arrays::compareUnsigned);
        }
      };

  /** Makes values and the expression of the kind. */
  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    TreeSet<String> all = new TreeSet<>();
    while (all.size() < VALUES) {
      all.add(
          APPS[random.nextInt(APPS.length)]
              + '-'
              + STAGES[random.nextInt(3)]
              + '-'
              + REGIONS[random.nextInt(3)]
              + '-'
              + Integer.toHexString(random.nextInt(1 << 20))
              + '-'
              + Integer.toHexString(random.nextInt(1 << 14)));
    }
    int at = 0;
    for (String one : all) {
      texts[at] = one;
      bytes[at++] = one.getBytes(StandardCharsets.UTF_8);
    }
    StringBuilder literals = new StringBuilder(texts[0]);
    for (int i = 1; i < 50; i++) {
      literals.append('|').append(texts[i * (VALUES / 50)]);
    }
    String text =
        switch (kind) {
          case "prefix" -> "checkout-.*";
          case "infix" -> ".*-prod-(eu|us)-.*";
          case "literals" -> literals.toString();
          case "hex" -> "(cart|search)-staging-.+-[0-9a-f]{3,4}";
          case "digits" -> ".*5[0-9]{2}.*";
          default -> ".*payment.*eu.*a.*";
        };
    regex = Regex.compile(text, true);
    com.google.re2j.Pattern other =
        com.google.re2j.Pattern.compile(text, com.google.re2j.Pattern.DOTALL);
    re2j = other::matches;
    java.util.regex.Pattern third =
        java.util.regex.Pattern.compile(text, java.util.regex.Pattern.DOTALL);
    backtracking = third.asMatchPredicate();
  }

  @Benchmark
  public int[] walk() {
    return regex.matching(values);
  }

  @Benchmark
  public int automatonPerValue() {
    return count(regex::matches);
  }

  @Benchmark
  public int re2jPerValue() {
    return count(re2j);
  }

  @Benchmark
  public int backtrackingPerValue() {
    return count(backtracking);
  }

  private int count(Predicate<String> test) {
    int count = 0;
    for (String text : texts) {
      count += test.test(text) ? 1 : 0;
    }
    return count;
  }
}

package io.trilith.regex;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RegexMatchingTest {
  /** Values in the order of their bytes, which need not be UTF-8. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record ByteValues(byte[][] values) implements SortedValues {
    @Override
    public int size() {
      return values.length;
    }

    @Override
    public void read(int ordinal, ValueBytes into) {
      into.set(values[ordinal], 0, values[ordinal].length);
    }

    @Override
    public int find(byte[] utf8) {
      return Arrays.binarySearch(values, utf8, Arrays::compareUnsigned);
    }
  }

  @Test
  void walkOfADictionaryEqualsMatchingEachValue() {
    SplittableRandom random = Seeds.random("walkOfADictionary");
    RandomRegex make = new RandomRegex(random);
    for (int i = 0; i < Seeds.iterations(200); i++) {
      boolean broken = random.nextInt(4) == 0;
      TreeSet<byte[]> set = new TreeSet<>(Arrays::compareUnsigned);
      for (int k = random.nextInt(300); k > 0; k--) {
        byte[] value = make.text().getBytes(StandardCharsets.UTF_8);
        if (broken && value.length > 0) {
          value = Arrays.copyOf(value, 1 + random.nextInt(value.length));
        }
        set.add(value);
      }
      byte[][] values = set.toArray(byte[][]::new);
      for (int k = 0; k < 10; k++) {
        Regex regex = Regex.compile(make.regex(), random.nextBoolean());
        int[] expected =
            java.util.stream.IntStream.range(0, values.length)
                .filter(n -> regex.matches(values[n], 0, values[n].length))
                .toArray();
        assertThat(regex.matching(new ByteValues(values))).as("/%s/", regex).isEqualTo(expected);
      }
    }
  }

  @Test
  void whatWouldExplodeStaysLinearAndSmall() {
    String line = "a".repeat(20_000);
    for (String regex :
        List.of("((a*)*)*b", "(a|a)*b", "(a|aa)+b", "(a?){500}a{500}b", "(.*)(.*)(.*)(.*)b")) {
      assertThat(Regex.compile(regex).matches(line)).as(regex).isFalse();
      assertThat(Regex.compile(regex).contains(line)).as(regex).isFalse();
    }
    // A table for all of its states would need 2^1000 rows.
    Regex wide = Regex.compile("x.{1000}y");
    SplittableRandom random = Seeds.random("whatWouldExplode");
    int found = 0;
    for (int i = 0; i < 20; i++) {
      byte[] bytes = new byte[3000];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) "xyz".charAt(random.nextInt(3));
      }
      boolean expected = false;
      for (int k = 0; k + 1001 < bytes.length; k++) {
        expected |= bytes[k] == 'x' && bytes[k + 1001] == 'y';
      }
      boolean contains = wide.contains(bytes, 0, bytes.length);
      assertThat(contains).isEqualTo(expected);
      found += contains ? 1 : 0;
    }
    assertThat(found).isPositive();
  }

  @Test
  void aFullTableIsSimulatedAndThenMadeAnew() {
    Automaton automaton = new Automaton(ProgramBuilder.search(Parser.parse("x.{14}y", false)));
    final Dfa first = automaton.dfa();
    SplittableRandom random = Seeds.random("aFullTable");
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[300];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) (random.nextInt(3) > 0 ? 'x' : 'z');
      }
      assertThat(automaton.matches(bytes, 0, bytes.length)).isFalse();
      bytes[299] = 'y';
      assertThat(automaton.matches(bytes, 0, bytes.length)).isEqualTo(bytes[284] == 'x');
      assertThat(automaton.bytes()).isLessThan(3 << 20);
    }
    assertThat(automaton.dfa()).isNotSameAs(first);
  }

  @Test
  void threadsShareOneExpression() throws Exception {
    SplittableRandom random = Seeds.random("threadsShare");
    RandomRegex make = new RandomRegex(random);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < Seeds.iterations(100); i++) {
        String text = i % 10 == 0 ? "[ab].{12}[ks](?i)" + make.regex() : make.regex();
        List<String> texts = new ArrayList<>();
        for (int k = 0; k < 300; k++) {
          texts.add(make.text() + make.text() + make.text());
        }
        Regex regex = Regex.compile(text + "|(?:" + i + ")x", true);
        List<Future<String>> answers = new ArrayList<>();
        Callable<String> job =
            () -> {
              StringBuilder answer = new StringBuilder();
              for (String one : texts) {
                answer.append(regex.matches(one)).append(regex.contains(one));
              }
              return answer.toString();
            };
        for (int k = 0; k < 4; k++) {
          answers.add(threads.submit(job));
        }
        String expected = answers.getFirst().get();
        for (Future<String> answer : answers) {
          assertThat(answer.get()).as("/%s/", regex).isEqualTo(expected);
        }
        assertThat(job.call()).isEqualTo(expected);
      }
    }
  }

  @Test
  void knowsWhatToPruneWith() {
    RegexFacts set = Regex.compile("foo-(a|b)[01]", true).facts();
    assertThat(set.exact()).containsExactly("foo-a0", "foo-a1", "foo-b0", "foo-b1");
    assertThat(set.prefix()).isEqualTo("foo-");
    RegexFacts parts = Regex.compile("^api-.*-prod-(eu|us)-.+end$", true).facts();
    assertThat(parts.exact()).isNull();
    assertThat(parts.prefix()).isEqualTo("api-");
    assertThat(parts.required()).containsExactlyInAnyOrder("api-", "-prod-", "end");
    assertThat(parts.matchesEmpty()).isFalse();
    RegexFacts choice = Regex.compile("(ab.*x|abc.*x)?|", true).facts();
    assertThat(choice.required()).isEmpty();
    assertThat(choice.matchesEmpty()).isTrue();
    assertThat(Regex.compile("(ab.*xy|abc.*zxy)", true).facts().required()).contains("ab", "xy");
    assertThat(Regex.compile("(?i)ab", true).facts().exact()).contains("aB", "AB").hasSize(4);
  }
}

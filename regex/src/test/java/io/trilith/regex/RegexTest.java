package io.trilith.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RegexTest {
  @Test
  void matchesAsRe2Does() {
    assertThat(Regex.compile("a|b", true).matches("b")).isTrue();
    assertThat(Regex.compile("a|b", true).matches("xb")).isFalse();
    assertThat(Regex.compile("(?i)ab{2,3}[]x]", false).matches("ABB]")).isTrue();
    assertThat(Regex.compile("a.b", true).matches("a\nb")).isTrue();
    assertThat(Regex.compile("a.b", false).matches("a\nb")).isFalse();
    assertThat(Regex.compile("x{,2}", false).matches("x{,2}")).isTrue();
    assertThat(Regex.compile("(api|web)-[0-9]{1,5}\\.(\\d+)", true).matches("api-77.1")).isTrue();
  }

  @Test
  void refusesWhatWouldExhaustTheCompiler() {
    for (String bad :
        List.of(
            "((a{1000}){1000}){1000}",
            "(".repeat(100_000) + "a" + ")".repeat(100_000),
            "(((a{100}){100}){100}){100}",
            "(x+x+)".repeat(100_000),
            "a{1000}{1000}")) {
      assertThatThrownBy(() -> Regex.compile(bad, true))
          .isInstanceOf(RegexException.class)
          .hasMessageStartingWith("error parsing regexp: ");
    }
  }

  /** Lists of a dashboard's values, as variables with "All" become: how they are joined differs. */
  @Test
  void thousandsOfAlternativesMatchWhatEachOfThemDoes() {
    String dots =
        IntStream.range(0, 6000)
            .mapToObj("host-%05d\\.example\\.com:9100"::formatted)
            .collect(Collectors.joining("|"));
    String numbers =
        IntStream.range(0, 6000).mapToObj("%05d"::formatted).collect(Collectors.joining("|"));
    for (String regex :
        List.of(
            dots,
            "(" + dots + ")",
            "^(?:" + dots + ")$",
            dots + "|odd-[0-9]+",
            "odd-.*|" + dots + "|x{3}y*",
            "(odd-.+|" + dots + ")",
            "host-(" + numbers + ")[.]example[.]com:9100",
            "host-(" + numbers + ").*",
            "(?i)" + dots)) {
      Regex compiled = Regex.compile(regex, true);
      String told = regex.substring(0, 20);
      for (String text : List.of("host-00003.example.com:9100", "host-05999.example.com:9100")) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(compiled.matches(text)).as(told).isTrue();
        assertThat(compiled.matches(bytes, 0, bytes.length)).as(told).isTrue();
        assertThat(compiled.contains("<" + text + ">")).as(told).isEqualTo(!regex.startsWith("^"));
      }
      for (String text : List.of("", "host-06000.example.com:9100", "host-00003xexample.com:910")) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean loose = regex.endsWith(".*") && text.contains("00003");
        assertThat(compiled.matches(text)).as(told).isEqualTo(loose);
        assertThat(compiled.matches(bytes, 0, bytes.length)).as(told).isEqualTo(loose);
      }
      assertThat(compiled.matches("odd-7")).isEqualTo(regex.contains("odd"));
      byte[] odd = "odd-7".getBytes(StandardCharsets.UTF_8);
      assertThat(compiled.matches(odd, 0, odd.length)).isEqualTo(regex.contains("odd"));
      int[] found =
          compiled.matching(values("host-00003.example.com:9100", "host-9", "odd-1", "zzz"));
      assertThat(found)
          .as(told)
          .isEqualTo(regex.contains("odd") ? new int[] {0, 2} : new int[] {0});
    }
  }

  private static SortedValues values(String... sorted) {
    return new SortedValues() {
      @Override
      public int size() {
        return sorted.length;
      }

      @Override
      public void read(int ordinal, ValueBytes into) {
        byte[] bytes = sorted[ordinal].getBytes(StandardCharsets.UTF_8);
        into.set(bytes, 0, bytes.length);
      }

      @Override
      public int find(byte[] utf8) {
        return Arrays.binarySearch(sorted, new String(utf8, StandardCharsets.UTF_8));
      }
    };
  }

  @Test
  void refusesWhatIsNoRegexInRe2sWords() {
    for (String bad : List.of("(", "[", "a**", "\\", "(?P<n>a)(?P<n>b)", "a{2,1}", "*")) {
      assertThatThrownBy(() -> Regex.compile(bad, true)).as(bad).isInstanceOf(RegexException.class);
    }
  }
}

package io.trilith.storage.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.InvalidRequestException;
import java.util.List;
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
            "(x+x+)".repeat(20_000),
            "a{1000}{1000}")) {
      assertThatThrownBy(() -> Regex.compile(bad, true))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageStartingWith("error parsing regexp: ");
    }
  }

  @Test
  void refusesWhatIsNoRegexInRe2sWords() {
    for (String bad : List.of("(", "[", "a**", "\\", "(?P<n>a)(?P<n>b)", "a{2,1}", "*")) {
      assertThatThrownBy(() -> Regex.compile(bad, true))
          .as(bad)
          .isInstanceOf(InvalidRequestException.class);
    }
  }
}

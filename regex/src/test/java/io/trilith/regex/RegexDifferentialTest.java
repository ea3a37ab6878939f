package io.trilith.regex;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The automaton against re2j, which serves as the oracle. */
class RegexDifferentialTest {
  private static final int EXPRESSIONS = 3_000;
  private static final int TEXTS = 25;

  @Test
  void agreesWithRe2jOnWholeTextsAndOnFinding() {
    SplittableRandom random = Seeds.random("agreesWithRe2j");
    RandomRegex make = new RandomRegex(random);
    for (int i = 0; i < Seeds.iterations(EXPRESSIONS); i++) {
      String text = make.regex();
      boolean dotAll = random.nextBoolean();
      Pattern oracle = Pattern.compile(text, dotAll ? Pattern.DOTALL : 0);
      Regex regex = Regex.compile(text, dotAll);
      for (int k = 0; k < TEXTS; k++) {
        compare(regex, oracle, make.text());
      }
      compare(regex, oracle, "");
    }
  }

  /** The oracle does not end when it folds a range that has U+1C80 to U+1C88. */
  private static boolean foldsCase(String regex) {
    return regex.contains("(?") && regex.contains("i");
  }

  private static boolean escapesBeyondAscii(String regex) {
    for (int at = regex.indexOf('\\'); at >= 0; at = regex.indexOf('\\', at + 1)) {
      if (at + 1 < regex.length() && regex.charAt(at + 1) >= 0x80) {
        return true;
      }
    }
    return false;
  }

  private static void compare(Regex regex, Pattern oracle, String text) {
    boolean whole = oracle.matches(text);
    boolean found = oracle.matcher(text).find();
    byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.UTF_8);
    assertThat(regex.matches(text)).as("/%s/ is <%s>", regex, text).isEqualTo(whole);
    assertThat(regex.matches(bytes, 1, bytes.length - 1))
        .as("/%s/ is bytes of <%s>", regex, text)
        .isEqualTo(whole);
    assertThat(regex.contains(text)).as("/%s/ in <%s>", regex, text).isEqualTo(found);
    assertThat(regex.contains(bytes, 1, bytes.length - 1))
        .as("/%s/ in bytes of <%s>", regex, text)
        .isEqualTo(found);
    assertThat(regex.captures().matches(text)).as("captures of /%s/", regex).isEqualTo(whole);
    assertThat(regex.captures().matcher(text).find())
        .as("captures of /%s/ in <%s>", regex, text)
        .isEqualTo(found);
    checkFacts(regex, text, whole, found);
  }

  private static void checkFacts(Regex regex, String text, boolean whole, boolean found) {
    RegexFacts facts = regex.facts();
    if (text.isEmpty()) {
      assertThat(facts.matchesEmpty()).as("/%s/ matches nothing", regex).isEqualTo(whole);
    }
    if (facts.exact() != null && !text.contains("\uFFFD")) {
      assertThat(facts.exact().contains(text)).as("/%s/ is %s", regex, text).isEqualTo(whole);
    }
    if (whole) {
      assertThat(text).as("/%s/", regex).startsWith(facts.prefix());
    }
    if (whole || found) {
      assertThat(facts.required()).as("/%s/ in %s", regex, text).allMatch(text::contains);
    }
  }

  @Test
  void whatIsNoExpressionIsAnErrorForBoth() {
    SplittableRandom random = Seeds.random("whatIsNoExpression");
    String letters = "()[]{}*+?|^$.\\-:=!<>P,0123abimsUQEpLdwxz&é\n";
    RandomRegex make = new RandomRegex(random);
    int accepted = 0;
    for (int i = 0; i < Seeds.iterations(30_000); i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? make.regex() : "");
      for (int edits = 1 + random.nextInt(8); edits > 0; edits--) {
        char letter = letters.charAt(random.nextInt(letters.length()));
        text.insert(random.nextInt(text.length() + 1), letter);
      }
      String regex = text.toString();
      String error = null;
      try {
        Regex.compile(regex).captures();
        accepted++;
      } catch (RegexException e) {
        error = e.getMessage();
        assertThat(error).startsWith("error parsing regexp: ");
      }
      if (regex.contains("(?<")
          || regex.contains("\\p")
          || regex.contains("\\P")
          || regex.contains("[:]")
          || foldsCase(regex)
          || escapesBeyondAscii(regex)) {
        continue; // newer than the oracle, or looser in it
      }
      String other = null;
      try {
        Pattern _ = Pattern.compile(regex);
      } catch (com.google.re2j.PatternSyntaxException e) {
        other = "error parsing regexp: " + e.getDescription() + ": `" + e.getPattern() + "`";
      }
      if (other != null && other.contains("internal error")) {
        assertThat(error).as("/%s/", regex).isNotNull(); // the oracle's own error
      } else if (other == null || !other.contains("operator: `{")) {
        // The oracle takes a brace that is an ordinary letter for a repetition, as Go does not.
        assertThat(error).as("/%s/", regex).isEqualTo(other);
      }
    }
    assertThat(accepted).isPositive();
  }
}

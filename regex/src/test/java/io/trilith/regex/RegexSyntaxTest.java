package io.trilith.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.testing.Seeds;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RegexSyntaxTest {
  /** Expression, what it matches as a whole, what it does not; texts are separated by commas. */
  private static final @Nullable String[][] TABLE = {
    {"", "", "a"},
    {"a|", ",a", "b"},
    {"(|a)+", ",a,aa", "b"},
    {"\\141\\x62\\x{63}\\012", "abc\n", "abc"},
    {"\\0\\a\\f\\n\\r\\t\\v", "\0\u0007\f\n\r\t\u000b", null},
    {"\\Qa.b*\\E+", "a.b*,a.b***", "a.b,axb*"},
    {"\\Q\\\\E", "\\", "\\\\"},
    {"[]-a]", "],^,_,a", "b,-"},
    {"[a-]", "a,-", "b"},
    {"[^-a]", "b", "-,a"},
    {"[a\\]b]", "a,],b", "\\"},
    {"[[:alpha:][:^space:]]", "x,1", " "},
    {"[[:word:]]+", "a_1", "-"},
    {"[\\d\\pL]+", "1é", "-"},
    {"\\p{Greek}\\p{^Greek}\\P{Greek}\\PL\\pN", "λab 7,λab-Ⅷ", "aab 7"},
    {"\\p{Uppercase_Letter}\\p{lu}\\p{any}\\p{ASCII}", "AB\nz", "AB\né,aBcd"},
    {"(?i)straße", "STRAßE,STRAẞE,ſtraße", "STRASSE"},
    {"(?i)k[^k]", "Ka,\u212Aa,ka", "kK,k\u212A"},
    {"(?i)\\W", "-", "k,\u212A,ſ"},
    {"(?i:a)b", "Ab,ab", "aB"},
    {"a(?i)b|c", "aB,C", "AB"},
    {"(?s).", "\n", ""},
    {".", "a,é,😀", "\n,ab"},
    {"(?s:.)(?-s:.)", "\na", "\n\n"},
    {"(?m)a$\\n^b", "a\nb", "ab"},
    {"(?m)\\Aa\\z", "a", "a\na"},
    {"a$b", null, "a\nb,ab"},
    {"x{2}", "xx", "x,xxx"},
    {"x{2,}", "xx,xxx", "x"},
    {"x{0,1}y{0}", ",x", "y"},
    {"x{,2}", null, "x,xx"},
    {"x{01}{a", "x{01}{a", "x{a"},
    {"\\bfoo\\b.*", "foo,foo bar,fooé1", "foobar,foo_"},
    {".*\\Boo\\b", "foo", "oo"},
    {"(?P<n>a)(?<m>b)", "ab", "a"},
    {"(?U)a+b??", "a,aab", "b"},
    {"\\_\\-\\:\\/", "_-:/", null},
    {"[^\\x00-\\x{10FFFF}]", null, ",a"},
    {"\\x{D800}", null, "?,\uFFFD,\uD800"},
    {"\\x{FFFD}.", "\uFFFDa,\uD800a", "?a"},
    {"\\pZ\\s", "\u00A0\t", "\u00A0\u000b"},
  };

  /** Expression and what Go says of it. */
  private static final String[][] ERRORS = {
    {"(", "missing closing ): `(`"},
    {"a)", "unexpected ): `a)`"},
    {"(a|b))", "unexpected ): `(a|b))`"},
    {"a)(b", "unexpected ): `a)(b`"},
    {"[a", "missing closing ]: `[a`"},
    {"x[]a", "missing closing ]: `[]a`"},
    {"[z-a]", "invalid character class range: `z-a`"},
    {"[[:foo:]]", "invalid character class range: `[:foo:]`"},
    {"\\p{Foo}", "invalid character class range: `\\p{Foo}`"},
    {"\\pX", "invalid character class range: `\\pX`"},
    {"\\p{L", "invalid character class range: `\\p{L`"},
    {"\\8", "invalid escape sequence: `\\8`"},
    {"(a)\\1", "invalid escape sequence: `\\1`"},
    {"\\Z", "invalid escape sequence: `\\Z`"},
    {"\\C", "invalid escape sequence: `\\C`"},
    {"\\xZ1", "invalid escape sequence: `\\xZ1`"},
    {"\\x{110000}", "invalid escape sequence: `\\x{110000`"},
    {"a\\", "trailing backslash at end of expression: ``"},
    {"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
    {"(?!a)", "invalid or unsupported Perl syntax: `(?!`"},
    {"(?<=a)", "invalid named capture: `(?<=a)`"},
    {"(?>a)", "invalid or unsupported Perl syntax: `(?>`"},
    {"(?P=n)", "invalid or unsupported Perl syntax: `(?P`"},
    {"(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`"},
    {"(?P<n", "invalid named capture: `(?P<n`"},
    {"(?P<x y>a)", "invalid named capture: `(?P<x y>`"},
    {"(?P<n>a)(?P<n>b)", "duplicate capture group name: `n`"},
    {"*a", "missing argument to repetition operator: `*`"},
    {"a|+", "missing argument to repetition operator: `+`"},
    {"(?i)*", "missing argument to repetition operator: `*`"},
    {"a**", "invalid nested repetition operator: `**`"},
    {"a*+", "invalid nested repetition operator: `*+`"},
    {"a{2}{3}?", "invalid nested repetition operator: `{2}{3}?`"},
    {"a{1001}", "invalid repeat count: `{1001}`"},
    {"a{2,1}", "invalid repeat count: `{2,1}`"},
    {"(a{100}){11}", "invalid repeat count: `{11}`"},
    {"\uD800", "invalid UTF-8: `\uD800`"},
  };

  @Test
  void meansWhatRe2Means() {
    for (String[] row : TABLE) {
      Regex regex = Regex.compile(row[0], false);
      for (String text : split(row[1])) {
        assertThat(regex.matches(text)).as("/%s/ is <%s>", row[0], text).isTrue();
        assertThat(regex.contains(text)).as("/%s/ in <%s>", row[0], text).isTrue();
      }
      for (String text : split(row[2])) {
        assertThat(regex.matches(text)).as("/%s/ is not <%s>", row[0], text).isFalse();
      }
    }
  }

  private static String[] split(@Nullable String texts) {
    return texts == null ? new String[0] : texts.split(",", -1);
  }

  @Test
  void saysWhatIsWrongInGosWords() {
    for (String[] row : ERRORS) {
      assertThatThrownBy(() -> Regex.compile(row[0]))
          .as(row[0])
          .isInstanceOf(RegexException.class)
          .hasMessage("error parsing regexp: " + row[1]);
    }
  }

  @Test
  void readsBytesThatAreNotUtf8AsReplacements() {
    byte[] cut = {'a', (byte) 0xE2, (byte) 0x82, 'b'};
    assertThat(Regex.compile("a..b").matches(cut, 0, 4)).isTrue();
    assertThat(Regex.compile("a\\x{FFFD}{2}b").matches(cut, 0, 4)).isTrue();
    assertThat(Regex.compile("a.b").matches(cut, 0, 4)).isFalse();
    assertThat(Regex.compile("\\x{FFFD}b$").contains(cut, 0, 4)).isTrue();
    assertThat(Regex.compile("^[a-z]+$").contains(cut, 0, 4)).isFalse();
    assertThat(Regex.compile(".").matches(cut, 1, 2)).isTrue();
    byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
    assertThat(Regex.compile("...").matches(surrogate, 0, 3)).isTrue();
    assertThat(Regex.compile("a.b").matches("a\uD800b")).isTrue();
  }

  @Test
  void foldsCaseInOrbits() {
    for (String orbit : List.of("kK\u212A", "sSſ", "ßẞ", "θϑΘϴ", "ǄǅǆǄ", "µμΜ", "åÅ\u212B", "ᾀᾈ")) {
      for (int a : orbit.codePoints().toArray()) {
        Regex regex = Regex.compile("(?i)" + Character.toString(a));
        for (int b : orbit.codePoints().toArray()) {
          assertThat(regex.matches(Character.toString(b))).as("%x %x", a, b).isTrue();
        }
      }
    }
    // re2j alone would not come back from this.
    assertThat(Regex.compile("(?i)(\u1C80)").captures().matches("\u0412")).isTrue();
    assertThat(Regex.compile("(?i)i").matches("\u0131")).isFalse();
    assertThat(Regex.compile("(?i)\u0130").matches("i")).isFalse();
  }

  @Test
  void limitsHoldAtTheirEdges() {
    Regex deep = Regex.compile("(".repeat(249) + ")".repeat(249));
    assertThat(deep.matches("")).isTrue();
    assertThat(Regex.compile("(?:".repeat(249) + ")*".repeat(249)).matches("")).isTrue();
    assertThat(Regex.compile("(?:[a-z]{4}){0,250}").matches("abcdefgh")).isTrue();
    assertThat(Regex.compile("(" + "|".repeat(12_345) + ")").matches("")).isTrue();
    assertThat(Regex.compile("(" + "()".repeat(10_000) + "){1000}").matches("")).isTrue();
    for (String bad :
        List.of(
            "(".repeat(250) + ")".repeat(250),
            "(?:".repeat(250) + ")*".repeat(250),
            "(?:[a-z]{4}){0,251}",
            "(xx?){1000}".repeat(200),
            "\\pL{1000}")) {
      assertThatThrownBy(() -> Regex.compile(bad))
          .isInstanceOf(RegexException.class)
          .hasMessageStartingWith("error parsing regexp: ");
    }
  }

  @Test
  void anyTextIsAnExpressionOrTheDocumentedError() {
    SplittableRandom random = Seeds.random("anyText");
    for (int i = 0; i < Seeds.iterations(10_000); i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(24); length > 0; length--) {
        boolean wild = random.nextInt(8) == 0;
        text.append((char) (wild ? random.nextInt(0x10000) : 32 + random.nextInt(95)));
      }
      try {
        Regex regex = Regex.compile(text.toString());
        boolean _ = regex.contains(text.toString());
        boolean _ = regex.captures().matches("");
      } catch (RegexException e) {
        assertThat(e).hasMessageStartingWith("error parsing regexp: ");
      }
    }
  }
}

package io.trilith.regex;

import java.util.SplittableRandom;

/** Makes expressions, and texts that have a chance to match them. */
final class RandomRegex {
  private static final String[] ATOMS = {
    "a",
    "b",
    "c",
    "k",
    "0",
    "-",
    "_",
    " ",
    "\\n",
    ".",
    "\\.",
    "é",
    "ß",
    "s",
    "\\x{1F600}",
    "K",
    "[ab]",
    "[^a]",
    "[a-c0]",
    "[^\\n]",
    "[é-ü]",
    "[^é]",
    "[[:alpha:]]",
    "[^[:word:]]",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\pL",
    "\\PL",
    "\\p{Greek}",
    "[\\d\\-x]",
    "[]a]",
    "\\x41",
    "\\141",
    "\\Qa.b\\E",
    "λ",
    "foo",
    "ab",
    "(?s:.)",
    "[^\\x00-\\x{10FFFF}]",
    "\\x{FFFD}",
    "日本"
  };

  private static final String[] PLACES = {"^", "$", "\\A", "\\z", "\\b", "\\B"};

  private static final String[] REPEATS = {
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0}", "{0,2}?", "{3}?"
  };

  private static final String[] OPENINGS = {
    "(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?-s:", "(?im-s:", "(?i)(?:"
  };

  private static final String[] PIECES = {
    "a", "b", "c", "A", "B", "k", "K", "\u212A", "s", "ſ", "S", "0", "7", "-", "_", " ", "\n", ".",
    "é", "É", "ß", "ẞ", "λ", "Λ", "😀", "foo", "ab", "日本", "日", "\uFFFD", "x", "]"
  };

  private final SplittableRandom random;

  RandomRegex(SplittableRandom random) {
    this.random = random;
  }

  private String one(String[] of) {
    return of[random.nextInt(of.length)];
  }

  String regex() {
    return regex(3);
  }

  private String regex(int depth) {
    StringBuilder out = new StringBuilder();
    int choices = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
    for (int i = 0; i < choices; i++) {
      out.append(i == 0 ? "" : "|");
      int parts = random.nextInt(5);
      for (int k = 0; k < parts; k++) {
        part(out, depth);
      }
    }
    return out.toString();
  }

  private void part(StringBuilder out, int depth) {
    int kind = random.nextInt(12);
    if (kind == 0) {
      out.append(one(PLACES));
      return;
    }
    if (kind < 4 && depth > 0) {
      out.append(one(OPENINGS)).append(regex(depth - 1)).append(')');
    } else {
      out.append(one(ATOMS));
    }
    if (random.nextInt(3) == 0) {
      out.append(one(REPEATS));
    }
  }

  String text() {
    StringBuilder out = new StringBuilder();
    int pieces = random.nextInt(8);
    for (int i = 0; i < pieces; i++) {
      out.append(one(PIECES));
    }
    return out.toString();
  }
}

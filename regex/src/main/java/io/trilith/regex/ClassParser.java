package io.trilith.regex;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The part of the syntax that makes sets of code points: escapes and bracketed classes. */
final class ClassParser {
  private static final Map<Character, CharSet> PERL =
      Map.of(
          'd', CharSet.of('0', '9'),
          's', CharSet.of('\t', '\n', '\f', '\r', ' ', ' '),
          'w', CharSet.of('0', '9', 'A', 'Z', '_', '_', 'a', 'z'));

  private static final Map<String, CharSet> POSIX =
      Map.ofEntries(
          Map.entry("alnum", CharSet.of('0', '9', 'A', 'Z', 'a', 'z')),
          Map.entry("alpha", CharSet.of('A', 'Z', 'a', 'z')),
          Map.entry("ascii", CharSet.of(0, 0x7F)),
          Map.entry("blank", CharSet.of('\t', '\t', ' ', ' ')),
          Map.entry("cntrl", CharSet.of(0, 0x1F, 0x7F, 0x7F)),
          Map.entry("digit", CharSet.of('0', '9')),
          Map.entry("graph", CharSet.of('!', '~')),
          Map.entry("lower", CharSet.of('a', 'z')),
          Map.entry("print", CharSet.of(' ', '~')),
          Map.entry("punct", CharSet.of('!', '/', ':', '@', '[', '`', '{', '~')),
          Map.entry("space", CharSet.of('\t', '\r', ' ', ' ')),
          Map.entry("upper", CharSet.of('A', 'Z')),
          Map.entry("word", CharSet.of('0', '9', 'A', 'Z', '_', '_', 'a', 'z')),
          Map.entry("xdigit", CharSet.of('0', '9', 'A', 'F', 'a', 'f')));

  private final String regex;

  /** Where the next character is; the caller sets it and takes it back. */
  int at;

  ClassParser(String regex) {
    this.regex = regex;
  }

  private boolean more() {
    return at < regex.length();
  }

  private boolean looking(char c) {
    return more() && regex.charAt(at) == c;
  }

  private int next() {
    int c = regex.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  /** A class from its bracket on. */
  CharSet bracketed(boolean fold) {
    int start = at++;
    boolean negated = looking('^');
    if (negated) {
      at++;
    }
    CharSet.Builder builder = new CharSet.Builder();
    boolean first = true;
    while (!looking(']') || first) {
      first = false;
      CharSet named = posix(fold);
      if (named == null) {
        named = escapedSet(fold);
      }
      if (named != null) {
        builder.add(named);
      } else {
        range(start, fold, builder);
      }
    }
    at++;
    CharSet set = builder.build();
    return negated ? set.negated() : set;
  }

  private void range(int start, boolean fold, CharSet.Builder builder) {
    int from = at;
    int lo = classChar(start);
    int hi = lo;
    if (at + 1 < regex.length() && regex.charAt(at) == '-' && regex.charAt(at + 1) != ']') {
      at++;
      hi = classChar(start);
      if (hi < lo) {
        throw SyntaxError.of(SyntaxError.CHAR_RANGE, regex.substring(from, at));
      }
    }
    builder.add(lo, hi);
    if (fold) {
      CaseFolds.addFolds(CharSet.of(lo, hi), builder);
    }
  }

  private int classChar(int start) {
    if (!more()) {
      throw SyntaxError.of(SyntaxError.MISSING_BRACKET, regex.substring(start));
    }
    return looking('\\') ? escape() : next();
  }

  /** {@code [:name:]}, null when there is none here. */
  private @Nullable CharSet posix(boolean fold) {
    if (!regex.startsWith("[:", at)) {
      return null;
    }
    int end = regex.indexOf(":]", at + 2);
    if (end < 0) {
      return null;
    }
    boolean negated = regex.charAt(at + 2) == '^';
    CharSet set = POSIX.get(regex.substring(at + (negated ? 3 : 2), end));
    if (set == null) {
      throw SyntaxError.of(SyntaxError.CHAR_RANGE, regex.substring(at, end + 2));
    }
    at = end + 2;
    return finished(set, fold, negated);
  }

  /** {@code \d}, {@code \pL} and the like, null when none is here. */
  @Nullable CharSet escapedSet(boolean fold) {
    if (!looking('\\') || at + 1 >= regex.length()) {
      return null;
    }
    char c = regex.charAt(at + 1);
    if (c == 'p' || c == 'P') {
      return unicode(fold);
    }
    CharSet set = PERL.get(Character.toLowerCase(c));
    if (set == null) {
      return null;
    }
    at += 2;
    return finished(set, fold, Character.isUpperCase(c));
  }

  private CharSet unicode(boolean fold) {
    int start = at;
    boolean negated = regex.charAt(at + 1) == 'P';
    at += 2;
    String name;
    if (looking('{')) {
      int end = regex.indexOf('}', at);
      if (end < 0) {
        throw SyntaxError.of(SyntaxError.CHAR_RANGE, regex.substring(start));
      }
      name = regex.substring(at + 1, end);
      at = end + 1;
    } else {
      name = more() ? Character.toString(next()) : "";
    }
    if (name.startsWith("^")) {
      negated = !negated;
      name = name.substring(1);
    }
    CharSet set = UnicodeClasses.find(name);
    if (set == null) {
      throw SyntaxError.of(SyntaxError.CHAR_RANGE, regex.substring(start, at));
    }
    return finished(set, fold, negated);
  }

  private static CharSet finished(CharSet set, boolean fold, boolean negated) {
    CharSet folded = fold ? set.folded() : set;
    return negated ? folded.negated() : folded;
  }

  /** An escape that stands for one code point. */
  int escape() {
    int start = at++;
    if (!more()) {
      throw SyntaxError.of(SyntaxError.TRAILING_BACKSLASH, "");
    }
    int c = next();
    int value =
        switch (c) {
          case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(c);
          case 'x' -> hex();
          case 'a' -> 7;
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'v' -> 0x0B;
          default -> c < 0x80 && !Character.isLetterOrDigit(c) ? c : -1;
        };
    if (value < 0) {
      throw SyntaxError.of(SyntaxError.ESCAPE, regex.substring(start, at));
    }
    return value;
  }

  private boolean octalDigit() {
    return more() && regex.charAt(at) >= '0' && regex.charAt(at) <= '7';
  }

  private int octal(int first) {
    // A single digit other than 0 would be a backreference.
    if (first != '0' && !octalDigit()) {
      return -1;
    }
    int value = first - '0';
    for (int i = 1; i < 3 && octalDigit(); i++) {
      value = value * 8 + regex.charAt(at++) - '0';
    }
    return value;
  }

  private static int hexDigit(int c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  private int hex() {
    if (!more()) {
      return -1;
    }
    int c = next();
    if (c != '{') {
      if (!more()) {
        return -1;
      }
      int high = hexDigit(c);
      int low = hexDigit(next());
      return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
    int value = 0;
    for (int digits = 0; more(); digits++) {
      c = next();
      if (c == '}') {
        return digits > 0 ? value : -1;
      }
      int digit = hexDigit(c);
      if (digit < 0 || value * 16 + digit > CharSet.MAX) {
        return -1;
      }
      value = value * 16 + digit;
    }
    return -1;
  }
}

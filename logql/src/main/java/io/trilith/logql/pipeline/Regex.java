package io.trilith.logql.pipeline;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.trilith.storage.error.InvalidRequestException;

/** Compiles user regexes: RE2, bounded in length and nesting, {@code .} without newlines. */
public final class Regex {
  private static final int LENGTH_MAX = 64 << 10;
  private static final int DEPTH_MAX = 250;
  private static final int REPEATS_MAX = 1000;

  private Regex() {}

  /** Throws InvalidRequestException. */
  public static Pattern compile(String pattern) {
    guard(pattern);
    try {
      return Pattern.compile(goSyntax(pattern));
    } catch (PatternSyntaxException e) {
      throw new InvalidRequestException(
          "error parsing regexp: " + e.getDescription() + ": `" + e.getPattern() + "`", e);
    }
  }

  /** Refuses what {@link #compile} refuses. */
  public static void check(String pattern) {
    Pattern unused = compile(pattern);
    if (unused.groupCount() < 0) {
      throw new IllegalStateException(pattern);
    }
  }

  /**
   * Refuses what would be too deep or too large: the compiler recurses into groups and copies what
   * is repeated, so depth and repeats within repeats are counted first.
   */
  private static void guard(String pattern) {
    if (pattern.length() > LENGTH_MAX) {
      throw refused("expression is longer than " + LENGTH_MAX + " characters");
    }
    int[] copies = new int[DEPTH_MAX + 1];
    int depth = 0;
    int last = 1;
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at++);
      switch (c) {
        case '\\' -> {
          at++;
          last = 1;
        }
        case '[' -> {
          at = classEnd(pattern, at);
          last = 1;
        }
        case '(' -> {
          if (++depth > DEPTH_MAX) {
            throw refused("expression nests too deeply, more than " + DEPTH_MAX);
          }
          copies[depth] = 1;
        }
        case ')' -> {
          last = copies[depth];
          depth = Math.max(0, depth - 1);
          copies[depth] = Math.max(copies[depth], last);
        }
        case '{' -> {
          int repeats = repeats(pattern, at);
          if ((long) last * repeats > REPEATS_MAX) {
            throw refused("invalid repeat count: more than " + REPEATS_MAX + " in all");
          }
          last *= repeats;
          copies[depth] = Math.max(copies[depth], last);
        }
        case '*', '+', '?' -> {}
        default -> last = 1;
      }
    }
  }

  private static InvalidRequestException refused(String why) {
    return new InvalidRequestException("error parsing regexp: " + why);
  }

  private static int classEnd(String pattern, int from) {
    int at = from;
    if (at < pattern.length() && pattern.charAt(at) == '^') {
      at++;
    }
    if (at < pattern.length() && pattern.charAt(at) == ']') {
      at++;
    }
    while (at < pattern.length() && pattern.charAt(at) != ']') {
      at += pattern.charAt(at) == '\\' ? 2 : 1;
    }
    return Math.min(at + 1, pattern.length());
  }

  /** How often what stands before is repeated at most; 1 when this is no repetition. */
  private static int repeats(String pattern, int from) {
    int most = 0;
    int number = 0;
    for (int i = from; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c >= '0' && c <= '9') {
        number = Math.min(number * 10 + c - '0', REPEATS_MAX + 1);
        most = Math.max(most, number);
      } else if (c == ',') {
        number = 0;
      } else {
        return c == '}' ? Math.max(1, most) : 1;
      }
    }
    return 1;
  }

  /** {@code (?<name>} is Go's newer spelling of {@code (?P<name>}. */
  private static String goSyntax(String pattern) {
    int at = pattern.indexOf("(?<");
    if (at < 0) {
      return pattern;
    }
    StringBuilder text = new StringBuilder(pattern.length() + 8);
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\' && i + 1 < pattern.length()) {
        text.append(c).append(pattern.charAt(++i));
      } else if (pattern.startsWith("(?<", i)
          && i + 3 < pattern.length()
          && Character.isLetter(pattern.charAt(i + 3))) {
        text.append("(?P<");
        i += 2;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}

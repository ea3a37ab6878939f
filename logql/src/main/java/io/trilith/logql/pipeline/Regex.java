package io.trilith.logql.pipeline;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.trilith.storage.error.InvalidRequestException;

/** Compiles user regexes: RE2, bounded in length and nesting, {@code .} without newlines. */
public final class Regex {
  private static final int LENGTH_MAX = 64 << 10;
  private static final int DEPTH_MAX = 250;

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

  /** The compiler recurses into groups, so their depth is counted first. */
  private static void guard(String pattern) {
    if (pattern.length() > LENGTH_MAX) {
      throw new InvalidRequestException(
          "error parsing regexp: expression is longer than " + LENGTH_MAX + " characters");
    }
    int depth = 0;
    for (int i = 0; i < pattern.length(); i++) {
      switch (pattern.charAt(i)) {
        case '\\' -> i++;
        case '(' -> depth++;
        case ')' -> depth--;
        default -> {}
      }
      if (depth > DEPTH_MAX) {
        throw new InvalidRequestException(
            "error parsing regexp: expression nests too deeply, more than " + DEPTH_MAX);
      }
    }
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

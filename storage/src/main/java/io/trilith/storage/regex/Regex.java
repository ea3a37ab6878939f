package io.trilith.storage.regex;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.trilith.storage.error.InvalidRequestException;

/**
 * The one door for users' regular expressions: RE2 syntax, linear time, and a program whose size
 * and depth are bounded before it is compiled.
 */
public final class Regex {
  /** Instructions a program may have, repetitions multiplied out. */
  private static final long SIZE_MAX = 50_000;

  private static final int LENGTH_MAX = 64 << 10;

  /** How deep groups may nest; the compiler is recursive. */
  private static final int DEPTH_MAX = 200;

  private Regex() {}

  /**
   * Compiles an expression, not anchored.
   *
   * @param dotAll whether {@code .} matches a newline
   * @throws InvalidRequestException in RE2's words
   */
  public static Pattern compile(String regex, boolean dotAll) {
    return compile(regex, regex, dotAll);
  }

  /**
   * Compiles an expression that must match the whole input. Throws InvalidRequestException in RE2's
   * words.
   */
  public static Pattern compileAnchored(String regex, boolean dotAll) {
    return compile(regex, "^(?:" + regex + ")$", dotAll);
  }

  /** As above, {@code .} without newlines: what LogQL and TraceQL want. */
  public static Pattern compile(String regex) {
    return compile(regex, false);
  }

  private static Pattern compile(String regex, String wrapped, boolean dotAll) {
    if (regex.length() > LENGTH_MAX) {
      throw new InvalidRequestException(
          "error parsing regexp: expression is longer than the limit of "
              + LENGTH_MAX
              + " characters");
    }
    new Bounds(regex).check();
    try {
      return Pattern.compile(goSyntax(wrapped), dotAll ? Pattern.DOTALL : 0);
    } catch (PatternSyntaxException e) {
      throw new InvalidRequestException(
          "error parsing regexp: " + e.getDescription() + ": `" + e.getPattern() + "`", e);
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

  /**
   * Estimates size and depth of an expression without building anything. What is not well-formed is
   * left to RE2.
   */
  private static final class Bounds {
    private final String regex;
    private final long[] outer = new long[DEPTH_MAX + 1];
    private int depth;
    private long size;
    private long last;
    private int at;

    Bounds(String regex) {
      this.regex = regex;
    }

    void check() {
      while (at < regex.length()) {
        step(regex.charAt(at));
        if (size > SIZE_MAX) {
          throw new InvalidRequestException(
              "error parsing regexp: expression is larger than the limit of "
                  + SIZE_MAX
                  + " instructions");
        }
      }
    }

    private void step(char c) {
      switch (c) {
        case '(' -> open();
        case ')' -> close();
        case '[' -> atom(classEnd());
        case '{' -> repeat();
        case '\\' -> atom(at + 2);
        case '*', '+', '?' -> {
          size++;
          at++;
        }
        default -> atom(at + 1);
      }
    }

    private void atom(int end) {
      at = end;
      size++;
      last = 1;
    }

    private void open() {
      if (++depth > DEPTH_MAX) {
        throw new InvalidRequestException(
            "error parsing regexp: expression nests deeper than the limit of " + DEPTH_MAX);
      }
      outer[depth] = size;
      size = 0;
      at++;
    }

    private void close() {
      if (depth > 0) {
        last = size + 2;
        size = outer[depth--] + last;
      }
      at++;
    }

    private int classEnd() {
      int end = at + 1;
      if (end < regex.length() && regex.charAt(end) == '^') {
        end++;
      }
      if (end < regex.length() && regex.charAt(end) == ']') {
        end++;
      }
      while (end < regex.length() && regex.charAt(end) != ']') {
        end += regex.charAt(end) == '\\' ? 2 : 1;
      }
      return end + 1;
    }

    /**
     * {@code {n}}, {@code {n,}}, {@code {n,m}}: the last atom counts as often as it may be copied.
     */
    private void repeat() {
      int close = regex.indexOf('}', at);
      long times = 0;
      long number = 0;
      boolean digits = false;
      for (int i = at + 1; i < close; i++) {
        char c = regex.charAt(i);
        if (c >= '0' && c <= '9' && number < SIZE_MAX) {
          number = number * 10 + (c - '0');
          digits = true;
        } else if (c == ',') {
          times = Math.max(times, number);
          number = 0;
        } else {
          digits = false;
          break;
        }
      }
      if (!digits) {
        atom(at + 1);
        return;
      }
      times = Math.max(1, Math.max(times, number));
      size += last * (times - 1);
      last *= times;
      at = close + 1;
    }
  }
}

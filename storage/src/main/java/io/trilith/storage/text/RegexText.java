package io.trilith.storage.text;

import com.google.re2j.Pattern;
import io.trilith.regex.Regex;
import io.trilith.regex.RegexException;
import io.trilith.storage.error.InvalidRequestException;

/** Regular expressions as users write them; what is wrong with one is a wrong request. */
public final class RegexText {
  private static volatile int lengthMax = 512 << 10;

  private RegexText() {}

  /** Sets how many characters an expression of this process may have. Called before the first. */
  public static void limitLength(int charactersMax) {
    lengthMax = charactersMax;
  }

  /**
   * Compiles an expression.
   *
   * @param dotAll whether {@code .} matches a newline
   * @throws InvalidRequestException in RE2's words
   */
  public static Regex compile(String text, boolean dotAll) {
    if (text.length() > lengthMax) {
      throw new InvalidRequestException(
          "error parsing regexp: expression too large: it has "
              + text.length()
              + " characters, the limit is "
              + lengthMax
              + " (query.regex-length-max)");
    }
    try {
      return Regex.compile(text, dotAll);
    } catch (RegexException e) {
      throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
    }
  }

  /** As above, {@code .} without newlines: what LogQL and TraceQL want. */
  public static Regex compile(String text) {
    return compile(text, false);
  }

  /**
   * The expression for finding where its groups match: see {@link Regex#captures}.
   *
   * @throws InvalidRequestException when it is too large for that
   */
  public static Pattern captures(Regex regex) {
    try {
      return regex.captures();
    } catch (RegexException e) {
      throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Whether an expression is found anywhere in the bytes {@code from <= i < to}.
   *
   * @throws InvalidRequestException when it is too large for being searched
   */
  public static boolean contains(Regex regex, byte[] bytes, int from, int to) {
    try {
      return regex.contains(bytes, from, to);
    } catch (RegexException e) {
      throw new InvalidRequestException(String.valueOf(e.getMessage()), e);
    }
  }
}

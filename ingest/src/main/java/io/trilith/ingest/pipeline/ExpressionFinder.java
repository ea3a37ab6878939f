package io.trilith.ingest.pipeline;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.RegexText;
import java.util.Arrays;

/** Finds what an RE2 expression matches; never an empty text. */
final class ExpressionFinder implements Finder {
  private final Regex regex;
  private final Pattern pattern;

  /** Throws InvalidRequestException saying what is wrong with the expression. */
  ExpressionFinder(String expression) {
    regex = RegexText.compile(expression);
    pattern = RegexText.captures(regex);
    if (regex.contains("")) {
      throw new InvalidRequestException(
          "'" + expression + "' matches an empty text: everything would be replaced");
    }
  }

  @Override
  public boolean mayFind(byte[] text, int from, int to) {
    return regex.contains(text, from, to);
  }

  @Override
  public Search search(byte[] text, int from, int to) {
    Matcher matcher = pattern.matcher(Arrays.copyOfRange(text, from, to));
    return new Search() {
      @Override
      public boolean next() {
        while (matcher.find()) {
          if (matcher.end() > matcher.start()) {
            return true;
          }
        }
        return false;
      }

      @Override
      public int start(int group) {
        int start = matcher.start(group);
        return start < 0 ? -1 : from + start;
      }

      @Override
      public int end(int group) {
        int end = matcher.end(group);
        return end < 0 ? -1 : from + end;
      }

      @Override
      public int groups() {
        return matcher.groupCount();
      }
    };
  }
}

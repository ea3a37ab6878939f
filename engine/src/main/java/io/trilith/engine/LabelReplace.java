package io.trilith.engine;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.RegexText;

/** The function {@code label_replace} on one label set at a time. Thread-safe. */
public final class LabelReplace {
  /** Longest value that is made, in characters. */
  private static final int VALUE_MAX = 1 << 16;

  private static final Pattern WHOLE = RegexText.captures(RegexText.compile(".*", true));

  private final String target;
  private final String replacement;
  private final String source;
  private final Regex regex;
  private final Pattern pattern;

  /** Throws InvalidRequestException when the regular expression is not one. */
  public LabelReplace(String target, String replacement, String source, String regex) {
    this.target = target;
    this.replacement = replacement;
    this.source = source;
    try {
      this.regex = RegexText.compile(regex, true);
      // Without groups there is nothing to find but the whole value.
      this.pattern = this.regex.isCapturing() ? RegexText.captures(this.regex) : WHOLE;
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(
          "invalid regular expression in label_replace(): " + regex, e);
    }
  }

  /** Whether the target of a series with these labels is set, be it to what it was. */
  public boolean matches(Labels labels) {
    return regex.matches(labels.get(source));
  }

  /** The labels with the target replaced, or the same ones when the source does not match. */
  public Labels apply(Labels labels) {
    String value = labels.get(source);
    if (!regex.matches(value)) {
      return labels;
    }
    Matcher matcher = pattern.matcher(value);
    if (!matcher.matches()) {
      return labels; // the value is no text: it has half of a surrogate pair
    }
    return labels.toBuilder().set(target, expand(matcher)).build();
  }

  /** Go's template: {@code $1}, {@code ${1}}, {@code $name}, {@code $$}. */
  private String expand(Matcher matcher) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < replacement.length()) {
      char c = replacement.charAt(at);
      if (c != '$' || at + 1 == replacement.length()) {
        text.append(c);
        at++;
        continue;
      }
      if (replacement.charAt(at + 1) == '$') {
        text.append('$');
        at += 2;
        continue;
      }
      boolean braced = replacement.charAt(at + 1) == '{';
      int from = braced ? at + 2 : at + 1;
      int to = from;
      while (to < replacement.length() && word(replacement.charAt(to))) {
        to++;
      }
      if (to == from || (braced && (to == replacement.length() || replacement.charAt(to) != '}'))) {
        text.append('$');
        at++;
        continue;
      }
      text.append(group(matcher, replacement.substring(from, to)));
      if (text.length() > VALUE_MAX) {
        throw new InvalidRequestException(
            "label_replace makes a value longer than the limit of " + VALUE_MAX + " characters");
      }
      at = braced ? to + 1 : to;
    }
    return text.toString();
  }

  private static boolean word(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static String group(Matcher matcher, String name) {
    String value = null;
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int number = GoNumber.digits(name, 0, name.length(), 10);
      if (number >= 0 && number <= matcher.groupCount()) {
        value = matcher.group(number);
      }
    } else if (matcher.pattern().namedGroups().containsKey(name)) {
      value = matcher.group(name);
    }
    return value == null ? "" : value;
  }
}

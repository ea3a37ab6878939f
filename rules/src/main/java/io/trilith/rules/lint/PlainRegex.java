package io.trilith.rules.lint;

import io.trilith.storage.model.Matcher;
import org.jspecify.annotations.Nullable;

/** Knows regular expressions that say no more than a comparison does. */
final class PlainRegex {
  private static final String META = ".+*?()|[]{}^$";

  private PlainRegex() {}

  /** What could be written instead, in words; null when the matcher is best as it is. */
  static @Nullable String instead(Matcher matcher) {
    boolean matches = matcher.op() == Matcher.Op.MATCH;
    if (!matches && matcher.op() != Matcher.Op.NOT_MATCH) {
      return null;
    }
    if (matcher.value().equals(".*")) {
      return matches ? "it is true of every series; leave it out" : "it is true of no series";
    }
    if (matcher.value().equals(".+")) {
      return "write " + matcher.name() + (matches ? "!=\"\"" : "=\"\"");
    }
    String inner = matcher.value();
    boolean anchored = inner.startsWith("^") || (inner.endsWith("$") && !inner.endsWith("\\$"));
    inner = inner.startsWith("^") ? inner.substring(1) : inner;
    inner = anchored && inner.endsWith("$") ? inner.substring(0, inner.length() - 1) : inner;
    String literal = literal(inner);
    if (literal != null) {
      return "write " + matcher.name() + (matches ? "=" : "!=") + '"' + literal + '"';
    }
    return anchored ? "it is anchored at both ends as it is; leave ^ and $ out" : null;
  }

  /** The only text that an expression matches; null when there may be others. */
  private static @Nullable String literal(String regex) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < regex.length(); i++) {
      char c = regex.charAt(i);
      if (c == '\\') {
        i++;
        if (i == regex.length() || (META + "\\-").indexOf(regex.charAt(i)) < 0) {
          return null;
        }
        text.append(regex.charAt(i));
      } else if (META.indexOf(c) >= 0) {
        return null;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}

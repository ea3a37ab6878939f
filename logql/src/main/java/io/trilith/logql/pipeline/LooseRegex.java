package io.trilith.logql.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A regex of a label filter that is only literals with {@code .*} beside them, and alternatives of
 * such. Loki takes {@code a.*} for "contains a" there, although a label filter is anchored
 * otherwise; queries are to give what they give in Loki. Immutable.
 */
final class LooseRegex {
  private record Part(String literal, boolean contains) {
    boolean matches(String value) {
      return contains ? value.contains(literal) : value.equals(literal);
    }
  }

  private final List<Part> parts;

  private LooseRegex(List<Part> parts) {
    this.parts = parts;
  }

  /** Null when the regex is any other. */
  static @Nullable LooseRegex of(String regex) {
    List<Part> parts = new ArrayList<>();
    boolean any = false;
    for (String alternative : regex.split("\\|", -1)) {
      boolean before = alternative.startsWith(".*");
      boolean after = alternative.length() > 2 && alternative.endsWith(".*");
      int to = alternative.length() - (after ? 2 : 0);
      String literal = alternative.substring(before ? 2 : 0, to);
      if (literal.isEmpty() || !plain(literal)) {
        return null;
      }
      any |= before || after;
      parts.add(new Part(literal, before || after));
    }
    return any ? new LooseRegex(List.copyOf(parts)) : null;
  }

  private static boolean plain(String literal) {
    for (int i = 0; i < literal.length(); i++) {
      if ("\\.+*?()[]{}^$".indexOf(literal.charAt(i)) >= 0) {
        return false;
      }
    }
    return true;
  }

  boolean matches(String value) {
    for (Part part : parts) {
      if (part.matches(value)) {
        return true;
      }
    }
    return false;
  }
}

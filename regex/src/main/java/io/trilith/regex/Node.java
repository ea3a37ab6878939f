package io.trilith.regex;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A parsed expression: flags are resolved, so a node means the same wherever it stands. */
sealed interface Node {
  /** The empty text. */
  record Empty() implements Node {}

  /** One code point. */
  record Literal(int codePoint) implements Node {}

  /** One code point of a set, which may be empty. */
  record Chars(CharSet set) implements Node {}

  /** A place between code points. */
  record Place(Assertion assertion) implements Node {}

  record Concat(List<Node> parts) implements Node {}

  record Alternate(List<Node> choices) implements Node {}

  /** From min to max times, max -1 for any number. */
  record Repeat(Node body, int min, int max, boolean greedy) implements Node {}

  /** A capturing group. */
  record Group(Node body, @Nullable String name) implements Node {}

  /** What a place may be. */
  enum Assertion {
    BEGIN_TEXT("\\A"),
    END_TEXT("\\z"),
    BEGIN_LINE("(?m:^)"),
    END_LINE("(?m:$)"),
    WORD_BOUNDARY("\\b"),
    NO_WORD_BOUNDARY("\\B");

    private final String text;

    Assertion(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  Node EMPTY = new Empty();

  static Node concat(List<Node> parts) {
    return switch (parts.size()) {
      case 0 -> EMPTY;
      case 1 -> parts.getFirst();
      default -> new Concat(List.copyOf(parts));
    };
  }

  static Node alternate(List<Node> choices) {
    return choices.size() == 1 ? choices.getFirst() : new Alternate(List.copyOf(choices));
  }
}

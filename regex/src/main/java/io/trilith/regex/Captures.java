package io.trilith.regex;

/** What an expression costs that is to find where its groups match. */
final class Captures {
  /** Instructions, repetitions multiplied out. */
  private static final int SIZE_MAX = 250_000;

  private Captures() {}

  static boolean any(Node node) {
    return switch (node) {
      case Node.Group _ -> true;
      case Node.Concat concat -> concat.parts().stream().anyMatch(Captures::any);
      case Node.Alternate alternate -> alternate.choices().stream().anyMatch(Captures::any);
      case Node.Repeat repeat -> any(repeat.body());
      case Node.Empty _, Node.Literal _, Node.Chars _, Node.Place _ -> false;
    };
  }

  static void checkSize(Node node) {
    if (size(node) > SIZE_MAX) {
      throw SyntaxError.tooLarge(SIZE_MAX, "instructions where groups are captured");
    }
  }

  private static long size(Node node) {
    return switch (node) {
      case Node.Group group -> 2 + size(group.body());
      case Node.Concat concat -> concat.parts().stream().mapToLong(Captures::size).sum();
      case Node.Alternate alternate ->
          alternate.choices().stream().mapToLong(Captures::size).sum() + alternate.choices().size();
      case Node.Repeat repeat ->
          Math.max(1, Math.max(repeat.min(), repeat.max())) * (1 + size(repeat.body()));
      case Node.Chars chars -> Math.max(1, chars.set().size() / 4);
      case Node.Empty _, Node.Literal _, Node.Place _ -> 1;
    };
  }
}

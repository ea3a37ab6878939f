package io.trilith.regex;

/**
 * Writes a parsed expression so that any RE2 reads it alike: no flags, no named classes. What finds
 * captures is given this text, so that it has no opinion of its own on syntax or Unicode.
 */
final class Printer {
  private final StringBuilder out = new StringBuilder();

  private Printer() {}

  static String print(Node node) {
    Printer printer = new Printer();
    printer.write(node);
    return printer.out.toString();
  }

  private void write(Node node) {
    switch (node) {
      case Node.Empty _ -> out.append("(?:)");
      case Node.Literal literal -> write(literal.codePoint());
      case Node.Chars chars -> write(chars.set());
      case Node.Place place -> out.append(place.assertion().text());
      case Node.Concat concat -> concat.parts().forEach(this::write);
      case Node.Alternate alternate -> {
        out.append("(?:");
        for (int i = 0; i < alternate.choices().size(); i++) {
          out.append(i == 0 ? "" : "|");
          write(alternate.choices().get(i));
        }
        out.append(')');
      }
      case Node.Repeat repeat -> write(repeat);
      case Node.Group group -> {
        out.append(group.name() == null ? "(" : "(?P<" + group.name() + ">");
        write(group.body());
        out.append(')');
      }
    }
  }

  private void write(Node.Repeat repeat) {
    out.append("(?:");
    write(repeat.body());
    out.append(')');
    if (repeat.max() < 0 && repeat.min() <= 1) {
      out.append(repeat.min() == 0 ? '*' : '+');
    } else if (repeat.min() == 0 && repeat.max() == 1) {
      out.append('?');
    } else {
      out.append('{').append(repeat.min());
      out.append(repeat.max() == repeat.min() ? "" : repeat.max() < 0 ? "," : "," + repeat.max());
      out.append('}');
    }
    out.append(repeat.greedy() ? "" : "?");
  }

  private void write(CharSet set) {
    if (set.equals(CharSet.ANY)) {
      out.append("(?s:.)");
      return;
    }
    if (set.size() == 0) {
      out.append("[^\\x00-\\x{10FFFF}]");
      return;
    }
    out.append('[');
    for (int i = 0; i < set.size(); i++) {
      write(set.lo(i));
      if (set.hi(i) > set.lo(i)) {
        out.append('-');
        write(set.hi(i));
      }
    }
    out.append(']');
  }

  private void write(int codePoint) {
    boolean plain =
        codePoint < 0x80 ? Character.isLetterOrDigit(codePoint) : Character.isLetter(codePoint);
    if (plain) {
      out.appendCodePoint(codePoint);
    } else {
      out.append("\\x{").append(Integer.toHexString(codePoint)).append('}');
    }
  }
}

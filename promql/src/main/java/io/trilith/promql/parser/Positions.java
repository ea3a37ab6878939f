package io.trilith.promql.parser;

/** Places in a query. */
public final class Positions {
  private Positions() {}

  /** {@code line:column}, both from 1, of a code point offset. */
  public static String lineAndColumn(String query, int position) {
    int line = 1;
    int column = 1;
    int seen = 0;
    for (int i = 0; i < query.length() && seen < position; seen++) {
      int c = query.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
    return line + ":" + column;
  }
}

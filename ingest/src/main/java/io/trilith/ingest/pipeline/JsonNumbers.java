package io.trilith.ingest.pipeline;

/** Tells numbers of JSON: what stands instead of one has to be a string there. */
final class JsonNumbers {
  private JsonNumbers() {}

  /** Whether a piece of a text that looks like JSON is a whole value that is a number. */
  static boolean isOne(byte[] text, int from, int to, int start, int end) {
    int first = skip(text, from, to);
    if (first >= to || (text[first] != '{' && text[first] != '[')) {
      return false;
    }
    int before = start - 1;
    while (before >= from && isBlank(text[before])) {
      before--;
    }
    int after = skip(text, end, to);
    if (before < from || after >= to) {
      return false;
    }
    boolean begins = text[before] == ':' || text[before] == '[' || text[before] == ',';
    boolean ends = text[after] == ',' || text[after] == '}' || text[after] == ']';
    return begins && ends && !isInString(text, first, start);
  }

  private static int skip(byte[] text, int from, int to) {
    int at = from;
    while (at < to && isBlank(text[at])) {
      at++;
    }
    return at;
  }

  private static boolean isInString(byte[] text, int from, int place) {
    boolean inside = false;
    for (int i = from; i < place; i++) {
      if (text[i] == '\\' && inside) {
        i++;
      } else if (text[i] == '"') {
        inside = !inside;
      }
    }
    return inside;
  }

  private static boolean isBlank(byte c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }
}

package io.trilith.regex;

/** What is wrong with an expression, in Go's words. */
final class SyntaxError {
  static final String CHAR_RANGE = "invalid character class range";
  static final String ESCAPE = "invalid escape sequence";
  static final String NAMED_CAPTURE = "invalid named capture";
  static final String PERL = "invalid or unsupported Perl syntax";
  static final String REPEAT_OP = "invalid nested repetition operator";
  static final String REPEAT_SIZE = "invalid repeat count";
  static final String UTF8 = "invalid UTF-8";
  static final String MISSING_BRACKET = "missing closing ]";
  static final String MISSING_PAREN = "missing closing )";
  static final String MISSING_ARGUMENT = "missing argument to repetition operator";
  static final String TRAILING_BACKSLASH = "trailing backslash at end of expression";
  static final String UNEXPECTED_PAREN = "unexpected )";
  static final String DUPLICATE_NAME = "duplicate capture group name";

  /** Characters of an expression that an error repeats. */
  private static final int QUOTED_MAX = 1000;

  private SyntaxError() {}

  static RegexException of(String what, String where) {
    return new RegexException("error parsing regexp: " + what + ": `" + shortened(where) + "`");
  }

  static RegexException tooDeep(int max, String regex) {
    return of("expression nests too deeply, the limit is " + max + " levels", regex);
  }

  static RegexException tooLarge(int max, String unit) {
    return new RegexException(
        "error parsing regexp: expression too large, the limit is " + max + " " + unit);
  }

  private static String shortened(String text) {
    return text.length() <= QUOTED_MAX ? text : text.substring(0, QUOTED_MAX) + "...";
  }
}

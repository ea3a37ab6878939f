package io.trilith.engine.template;

import java.util.ArrayList;
import java.util.List;

/** The tokens of one action. Not thread-safe. */
final class ActionLexer {
  /** What a token is. SPACE parts the words of a command. */
  enum Kind {
    SPACE,
    WORD,
    FIELD,
    VARIABLE,
    STRING,
    NUMBER,
    CHARACTER,
    SYMBOL
  }

  /**
   * A token.
   *
   * @param source as it was written
   * @param offset of it in the template
   */
  record Token(Kind kind, String text, String source, int offset) {}

  private final List<Token> tokens = new ArrayList<>();
  private final String action;
  private final int offset;
  private int at;

  /** Where the action's {@code }}} stands, -1 when nowhere. Quoted text is passed over. */
  static int end(String text, int from) {
    int at = from;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '}' && text.startsWith("}}", at)) {
        return at;
      }
      if (c == '`' || c == '"' || c == '\'') {
        at = quoteEnd(text, at);
        if (at < 0) {
          return -1;
        }
      }
      at++;
    }
    return -1;
  }

  private static int quoteEnd(String text, int open) {
    char quote = text.charAt(open);
    for (int i = open + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == quote) {
        return i;
      }
      if (c == '\\' && quote != '`') {
        i++;
      }
    }
    return -1;
  }

  /** Reads an action that stands at an offset of the template. */
  ActionLexer(String text, int offset) throws TemplateException {
    this.action = text;
    this.offset = offset;
    int i = 0;
    while (i < text.length()) {
      i = token(text, i);
    }
    skipSpace();
  }

  private int token(String text, int from) throws TemplateException {
    char c = text.charAt(from);
    int to = from + 1;
    if (Character.isWhitespace(c)) {
      while (to < text.length() && Character.isWhitespace(text.charAt(to))) {
        to++;
      }
      return add(Kind.SPACE, " ", from, to);
    }
    if (c == '"' || c == '`') {
      to = quoteEnd(text, from) + 1;
      return add(Kind.STRING, text.substring(from, to), from, to);
    }
    if (c == '\'') {
      to = quoteEnd(text, from) + 1;
      return add(Kind.CHARACTER, text.substring(from + 1, to - 1), from, to);
    }
    boolean sign = (c == '+' || c == '-') && to < text.length();
    char next = to < text.length() ? text.charAt(to) : ' ';
    if (digit(c) || ((sign || c == '.') && digit(next))) {
      while (to < text.length() && numberPart(text, to)) {
        to++;
      }
      return add(Kind.NUMBER, text.substring(from, to), from, to);
    }
    if (c == '.' || c == '$' || word(c)) {
      while (to < text.length() && word(text.charAt(to))) {
        to++;
      }
      Kind kind = c == '.' ? Kind.FIELD : c == '$' ? Kind.VARIABLE : Kind.WORD;
      return add(kind, text.substring(from, to), from, to);
    }
    if (text.startsWith(":=", from)) {
      return add(Kind.SYMBOL, ":=", from, from + 2);
    }
    if ("|(),=".indexOf(c) >= 0) {
      return add(Kind.SYMBOL, String.valueOf(c), from, to);
    }
    throw new TemplateException("unexpected \"" + c + "\" in action");
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean numberPart(String text, int at) {
    char c = text.charAt(at);
    boolean exponentSign = (c == '+' || c == '-') && "eE".indexOf(text.charAt(at - 1)) >= 0;
    return word(c) || c == '.' || exponentSign;
  }

  private static boolean word(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private int add(Kind kind, String text, int from, int to) {
    tokens.add(new Token(kind, text, action.substring(from, to), offset + from));
    return to;
  }

  private void skipSpace() {
    while (at < tokens.size() && tokens.get(at).kind() == Kind.SPACE) {
      at++;
    }
  }

  boolean done() {
    skipSpace();
    return at >= tokens.size();
  }

  /** The next token, spaces included. */
  Token peek() {
    return at < tokens.size()
        ? tokens.get(at)
        : new Token(Kind.SPACE, "", "", offset + action.length());
  }

  Token next() {
    Token token = peek();
    at++;
    return token;
  }

  boolean symbol(String text) {
    Token token = peek();
    return token.kind() == Kind.SYMBOL && token.text().equals(text);
  }

  /** The next word, empty when something else comes. */
  String peekWord() {
    skipSpace();
    return peek().kind() == Kind.WORD ? peek().text() : "";
  }

  String stringLiteral() throws TemplateException {
    skipSpace();
    Token token = next();
    if (token.kind() != Kind.STRING) {
      throw new TemplateException("unexpected \"" + token.text() + "\", expected a string");
    }
    return GoValues.unquote(token.text());
  }

  void space() {
    skipSpace();
  }

  /** The tokens since a mark, written as Go writes a command. */
  String since(int mark) {
    StringBuilder text = new StringBuilder();
    for (Token token : tokens.subList(mark, Math.min(at, tokens.size()))) {
      boolean tight = text.isEmpty() || " (".indexOf(text.charAt(text.length() - 1)) >= 0;
      if (token.kind() == Kind.SPACE) {
        text.append(tight ? "" : " ");
      } else if (token.kind() == Kind.SYMBOL && !token.text().equals("(")) {
        text.setLength(text.toString().stripTrailing().length());
        text.append(token.text().equals("|") ? " | " : token.text());
      } else {
        text.append(token.source());
      }
    }
    return text.toString().stripTrailing();
  }

  int mark() {
    return at;
  }

  void reset(int mark) {
    at = mark;
  }
}

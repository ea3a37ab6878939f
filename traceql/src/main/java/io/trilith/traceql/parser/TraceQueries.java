package io.trilith.traceql.parser;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.TraceQuery;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** Reads TraceQL. Thread-safe. */
public final class TraceQueries {
  private static final int DEPTH_MAX = 128;
  private static final int TOKENS_MAX = 40_000;

  private TraceQueries() {}

  /**
   * Parses and checks a text.
   *
   * @throws InvalidRequestException with the place of the error
   */
  public static TraceQuery parse(String text) {
    TraceQlLexer lexer = new TraceQlLexer(CharStreams.fromString(text));
    lexer.removeErrorListeners();
    CommonTokenStream tokens = new CommonTokenStream(lexer);
    tokens.fill();
    checkSize(tokens);
    TraceQlParser parser = new TraceQlParser(tokens);
    parser.removeErrorListeners();
    parser.addErrorListener(
        new BaseErrorListener() {
          @Override
          public void syntaxError(
              Recognizer<?, ?> recognizer,
              @Nullable Object symbol,
              int line,
              int column,
              String message,
              @Nullable RecognitionException cause) {
            String found = symbol instanceof Token token ? describe(token) : message;
            throw error(line, column, "syntax error: unexpected " + found);
          }
        });
    return new AstBuilder().query(parser.query());
  }

  private static String describe(Token token) {
    if (token.getType() == Token.EOF) {
      return "$end";
    }
    String text = token.getText();
    return "'" + (text.length() > 60 ? text.substring(0, 60) + "…" : text) + "'";
  }

  /** Nesting is bounded before the parser recurses over it. */
  private static void checkSize(CommonTokenStream tokens) {
    if (tokens.size() > TOKENS_MAX) {
      throw new InvalidRequestException(
          "invalid TraceQL query: it has more than " + TOKENS_MAX + " words and signs");
    }
    int open = 0;
    int prefixes = 0;
    int powers = 0;
    for (Token token : tokens.getTokens()) {
      switch (token.getText()) {
        case "(", "{" -> open++;
        case ")", "}" -> open--;
        case "^" -> powers++;
        default -> {}
      }
      boolean prefix = token.getText().equals("!") || token.getText().equals("-");
      prefixes = prefix ? prefixes + 1 : 0;
      if (open + prefixes + powers > DEPTH_MAX) {
        throw error(
            token.getLine(), token.getCharPositionInLine(), "nested deeper than " + DEPTH_MAX);
      }
    }
  }

  static InvalidRequestException error(int line, int column, String message) {
    return new InvalidRequestException(
        "invalid TraceQL query: parse error at line "
            + line
            + ", col "
            + (column + 1)
            + ": "
            + message);
  }

  static InvalidRequestException error(@Nullable Token at, String message) {
    return at == null
        ? new InvalidRequestException("invalid TraceQL query: " + message)
        : error(at.getLine(), at.getCharPositionInLine(), message);
  }
}

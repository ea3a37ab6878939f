package io.trilith.logql.parser;

import io.trilith.logql.ast.Expr;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.GoText;
import java.util.List;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;
import org.jspecify.annotations.Nullable;

/** Turns text into checked trees. Thread-safe. */
public final class QueryParser {
  private static final int LENGTH_MAX = 131_072;

  private final int depthMax;

  /** A parser of queries nested up to this deep; a few hundred fit any thread's stack. */
  public QueryParser(int depthMax) {
    this.depthMax = depthMax;
  }

  /** The tree of a query. Throws InvalidRequestException with line and column. */
  public Expr parse(String query) {
    if (query.length() > LENGTH_MAX) {
      throw new InvalidRequestException(
          "parse error : input size too long (" + query.length() + " > " + LENGTH_MAX + ")");
    }
    CommonTokenStream tokens = tokens(query);
    return new TreeBuilder().build(tree(tokens));
  }

  /** A query for log entries. */
  public Expr.Logs parseLogs(String query) {
    if (parse(query) instanceof Expr.Logs logs) {
      return logs;
    }
    throw new InvalidRequestException("only log queries are supported here, not metric queries");
  }

  /** The matchers of a plain selector. Pipelines are refused. */
  public List<Matcher> parseSelector(String text) {
    Expr.Logs logs = parseLogs(text);
    if (!logs.stages().isEmpty()) {
      throw new InvalidRequestException("only label matchers are supported");
    }
    return logs.matchers();
  }

  private CommonTokenStream tokens(String query) {
    LogqlLexer lexer = new LogqlLexer(CharStreams.fromString(query));
    lexer.removeErrorListeners();
    CommonTokenStream tokens = new CommonTokenStream(lexer);
    tokens.fill();
    checkDepth(tokens);
    return tokens;
  }

  /** How deep the tree is at most: open brackets. Chains of operators are not deep. */
  private void checkDepth(CommonTokenStream tokens) {
    int depth = 0;
    for (Token token : tokens.getTokens()) {
      switch (token.getType()) {
        case LogqlLexer.OPEN_PAREN -> depth++;
        case LogqlLexer.CLOSE_PAREN -> depth--;
        case LogqlLexer.UNTERMINATED -> throw error(token, "literal not terminated");
        case LogqlLexer.UNKNOWN ->
            throw error(
                token, "syntax error: unexpected character " + GoText.quote(token.getText()));
        default -> {}
      }
      if (depth > depthMax) {
        throw error(token, "expression is nested deeper than " + depthMax + " (query.depth-max)");
      }
    }
  }

  static InvalidRequestException error(Token token, String message) {
    return new InvalidRequestException(
        "parse error at line "
            + token.getLine()
            + ", col "
            + (token.getCharPositionInLine() + 1)
            + ": "
            + message);
  }

  private static LogqlParser.QueryContext tree(CommonTokenStream tokens) {
    LogqlParser parser = new LogqlParser(tokens);
    parser.removeErrorListeners();
    parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
    parser.setErrorHandler(new BailErrorStrategy());
    try {
      return parser.query();
    } catch (ParseCancellationException e) {
      // The quick mode may fail where the full one does not; only the full one reports.
      tokens.seek(0);
      parser.reset();
      parser.getInterpreter().setPredictionMode(PredictionMode.LL);
      parser.setErrorHandler(new DefaultErrorStrategy());
      parser.addErrorListener(new Reporter());
      return parser.query();
    }
  }

  private static final class Reporter extends BaseErrorListener {
    @Override
    public void syntaxError(
        Recognizer<?, ?> recognizer,
        @Nullable Object offending,
        int line,
        int column,
        String message,
        @Nullable RecognitionException cause) {
      if (offending instanceof Token token) {
        boolean end = token.getType() == Token.EOF;
        throw error(
            token, "syntax error: unexpected " + (end ? "$end" : GoText.quote(token.getText())));
      }
      throw new InvalidRequestException("parse error: " + message);
    }
  }
}

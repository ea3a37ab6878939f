package io.trilith.promql.parser;

import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
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
  /** Tokens of one query at most; each takes some hundred bytes until the query is read. */
  private static final int TOKENS_MAX = 50_000;

  private final int depthMax;

  /** A parser of queries nested up to this deep; a few hundred fit any thread's stack. */
  public QueryParser(int depthMax) {
    this.depthMax = depthMax;
  }

  /** The typed tree of a query. Throws InvalidRequestException with line and column. */
  public Expr parse(String query) {
    if (query.isBlank()) {
      throw new InvalidRequestException("1:1: parse error: no expression found in input");
    }
    CommonTokenStream tokens = tokens(query);
    Expr expr = new TreeBuilder(query).build(tree(query, tokens));
    new TypeChecker(query).check(expr);
    return expr;
  }

  /** The matchers of a plain selector, as {@code match[]} gives them. */
  public List<Matcher> parseSelector(String text) {
    Expr expr = parse(text).unwrapped();
    if (expr instanceof Expr.VectorSelector selector
        && selector.shift().equals(Expr.Shift.NONE)
        && selector.edge() == Expr.Edge.PLAIN) {
      return selector.matchers();
    }
    throw new InvalidRequestException("1:1: parse error: " + text + " is not a series selector");
  }

  /** All selectors of a query, as the exemplar API wants them. */
  public List<List<Matcher>> selectors(String query) {
    List<List<Matcher>> found = new ArrayList<>();
    Trees.preOrder(
        parse(query),
        expr -> {
          if (expr instanceof Expr.VectorSelector selector) {
            found.add(selector.matchers());
          }
        });
    return found;
  }

  private CommonTokenStream tokens(String query) {
    PromqlLexer lexer = new CountedLexer(query);
    lexer.removeErrorListeners();
    CommonTokenStream tokens = new CommonTokenStream(lexer);
    tokens.fill();
    checkDepth(query, tokens);
    return tokens;
  }

  /** Ends a query of too many tokens before they are all in memory, and a tree of them. */
  private static final class CountedLexer extends PromqlLexer {
    private final String query;
    private int count;

    CountedLexer(String query) {
      super(CharStreams.fromString(query));
      this.query = query;
    }

    @Override
    public Token nextToken() {
      Token token = super.nextToken();
      if (++count > TOKENS_MAX) {
        throw ParseErrors.at(
            query,
            token.getStartIndex(),
            "the query has more than " + TOKENS_MAX + " names, values and signs; ask for less");
      }
      return token;
    }
  }

  /** Refuses what nests too deep before anything recurses over it, and what is no token. */
  private void checkDepth(String query, CommonTokenStream tokens) {
    NestingDepth depth = new NestingDepth();
    for (Token token : tokens.getTokens()) {
      switch (token.getType()) {
        case PromqlLexer.UNTERMINATED ->
            throw ParseErrors.at(query, token.getStartIndex(), "unterminated quoted string");
        case PromqlLexer.UNKNOWN ->
            throw ParseErrors.at(
                query, token.getStartIndex(), "unexpected character: '" + token.getText() + "'");
        default -> {}
      }
      if (depth.with(token.getType()) > depthMax) {
        throw ParseErrors.at(
            query,
            token.getStartIndex(),
            "expression is nested deeper than " + depthMax + " (query.depth-max)");
      }
    }
  }

  private static PromqlParser.QueryContext tree(String query, CommonTokenStream tokens) {
    PromqlParser parser = new PromqlParser(tokens);
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
      parser.addErrorListener(new Reporter(query));
      return parser.query();
    }
  }

  private static final class Reporter extends BaseErrorListener {
    private final String query;

    Reporter(String query) {
      this.query = query;
    }

    @Override
    public void syntaxError(
        Recognizer<?, ?> recognizer,
        @Nullable Object offending,
        int line,
        int column,
        String message,
        @Nullable RecognitionException cause) {
      if (offending instanceof Token token && token.getType() != Token.EOF) {
        throw ParseErrors.at(
            query, token.getStartIndex(), "unexpected " + Literals.quote(token.getText()));
      }
      throw ParseErrors.at(
          query, query.codePointCount(0, query.length()), "unexpected end of input");
    }
  }
}

package io.trilith.promql.parser;

import io.trilith.promql.ast.DurationExpr;
import io.trilith.storage.error.InvalidRequestException;
import org.antlr.v4.runtime.Token;

/** Durations and numbers from ANTLR's tree. Confined to one thread. */
final class DurationBuilder {
  private final String query;

  DurationBuilder(String query) {
    this.query = query;
  }

  /** The value of a number, or the seconds of a duration. */
  double seconds(Token token) {
    try {
      return token.getType() == PromqlParser.DURATION
          ? Literals.durationMillis(token.getText()) / 1000.0
          : Literals.number(token.getText());
    } catch (InvalidRequestException e) {
      throw ParseErrors.at(query, token.getStartIndex(), String.valueOf(e.getMessage()));
    } catch (NumberFormatException e) {
      throw ParseErrors.at(
          query, token.getStartIndex(), "error parsing number: " + Literals.quote(token.getText()));
    }
  }

  /** A range or step: a literal must be above 0 already here. */
  DurationExpr positive(PromqlParser.DurationContext context) {
    DurationExpr duration = duration(context);
    boolean tooSmall = duration instanceof DurationExpr.Literal literal && !(literal.seconds() > 0);
    if (tooSmall || duration instanceof DurationExpr.Negated(DurationExpr.Literal _)) {
      throw ParseErrors.at(
          query, context.getStart().getStartIndex(), "duration must be greater than 0");
    }
    return duration;
  }

  DurationExpr offset(PromqlParser.OffsetDurationContext context) {
    DurationExpr duration = atom(context.durationAtom());
    boolean negative = context.sign != null && context.sign.getType() == PromqlParser.MINUS;
    return negative ? new DurationExpr.Negated(duration) : duration;
  }

  private DurationExpr duration(PromqlParser.DurationContext context) {
    return switch (context) {
      case PromqlParser.DurationLeafContext c -> atom(c.durationAtom());
      case PromqlParser.DurationUnaryContext c ->
          c.op.getType() == PromqlParser.MINUS
              ? new DurationExpr.Negated(duration(c.duration()))
              : duration(c.duration());
      case PromqlParser.DurationBinaryContext c ->
          new DurationExpr.Operation(
              c.op.getText().charAt(0), duration(c.duration(0)), duration(c.duration(1)));
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }

  private DurationExpr atom(PromqlParser.DurationAtomContext context) {
    return switch (context) {
      case PromqlParser.DurationLiteralContext c ->
          new DurationExpr.Literal(seconds(c.getStart()), c.getText());
      case PromqlParser.DurationQueryContext c ->
          c.which.getType() == PromqlParser.STEP
              ? new DurationExpr.Step()
              : new DurationExpr.Range();
      case PromqlParser.DurationPickContext c ->
          new DurationExpr.Pick(
              c.which.getType() == PromqlParser.MIN_OF,
              duration(c.duration(0)),
              duration(c.duration(1)));
      case PromqlParser.DurationParenContext c ->
          new DurationExpr.Parenthesized(duration(c.duration()));
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }
}

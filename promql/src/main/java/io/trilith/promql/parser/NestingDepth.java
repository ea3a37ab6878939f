package io.trilith.promql.parser;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How deep the tree of a query is at a token, chains of binary operators not counted: an upper
 * bound, found without recursion.
 */
final class NestingDepth {
  /** An open bracket: what was nested outside of it, and whether it is that of a modifier. */
  private record Open(int nested, boolean modifier) {}

  private final Deque<Open> open = new ArrayDeque<>();
  private int depth;

  /** Signs before and modifiers behind the operand that is read, within the innermost bracket. */
  private int nested;

  private boolean afterOperand;

  /** The depth with the next token. */
  int with(int token) {
    switch (token) {
      case PromqlLexer.OPEN_PAREN, PromqlLexer.OPEN_BRACKET, PromqlLexer.OPEN_BRACE -> {
        open.push(new Open(nested, modifier));
        nested = 0;
        depth++;
        afterOperand = false;
      }
      case PromqlLexer.CLOSE_PAREN, PromqlLexer.CLOSE_BRACKET, PromqlLexer.CLOSE_BRACE ->
          close(token);
      case PromqlLexer.COMMA, PromqlLexer.COLON -> {
        forget();
        afterOperand = false;
      }
      case PromqlLexer.PLUS, PromqlLexer.MINUS -> {
        if (afterOperand) {
          forget();
        } else {
          nest();
        }
        afterOperand = false;
      }
      case PromqlLexer.OFFSET, PromqlLexer.AT, PromqlLexer.ANCHORED, PromqlLexer.SMOOTHED -> {
        nest();
        // What follows @ and offset may have a sign; the others may be names of metrics.
        afterOperand = token == PromqlLexer.ANCHORED || token == PromqlLexer.SMOOTHED;
      }
      // The operand of a sign before it takes in what is behind it.
      case PromqlLexer.POWER, PromqlLexer.BOOL -> afterOperand = false;
      default -> other(token);
    }
    modifier = isModifier(token);
    return depth;
  }

  private boolean modifier;

  private void other(int token) {
    if (isModifier(token)) {
      afterOperand = false;
    } else if (isBinary(token)) {
      forget();
      afterOperand = false;
    } else {
      afterOperand = true;
    }
  }

  private void close(int token) {
    forget();
    if (open.isEmpty()) {
      return;
    }
    Open begun = open.pop();
    depth--;
    nested = begun.nested();
    // What was closed is an operand now, and may get brackets of its own.
    if (token == PromqlLexer.CLOSE_BRACKET) {
      nest();
    }
    afterOperand = !begun.modifier();
  }

  private void nest() {
    nested++;
    depth++;
  }

  private void forget() {
    depth -= nested;
    nested = 0;
  }

  private static boolean isModifier(int token) {
    return switch (token) {
      case PromqlLexer.ON,
          PromqlLexer.IGNORING,
          PromqlLexer.GROUP_LEFT,
          PromqlLexer.GROUP_RIGHT,
          PromqlLexer.FILL,
          PromqlLexer.FILL_LEFT,
          PromqlLexer.FILL_RIGHT ->
          true;
      default -> false;
    };
  }

  private static boolean isBinary(int token) {
    return switch (token) {
      case PromqlLexer.TIMES,
          PromqlLexer.DIVIDE,
          PromqlLexer.MODULO,
          PromqlLexer.ATAN2,
          PromqlLexer.EQUALS,
          PromqlLexer.NOT_EQUALS,
          PromqlLexer.LESS,
          PromqlLexer.LESS_EQUALS,
          PromqlLexer.GREATER,
          PromqlLexer.GREATER_EQUALS,
          PromqlLexer.TRIM_LOWER,
          PromqlLexer.TRIM_UPPER,
          PromqlLexer.AND,
          PromqlLexer.OR,
          PromqlLexer.UNLESS ->
          true;
      default -> false;
    };
  }
}

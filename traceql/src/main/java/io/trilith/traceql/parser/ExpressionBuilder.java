package io.trilith.traceql.parser;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.RegexText;
import io.trilith.traceql.ast.ArithmeticOperator;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import io.trilith.traceql.ast.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** Builds expressions and checks their types on the way. */
final class ExpressionBuilder {
  private static final String SERVICE_NAME = "service.name";

  /** What is asked in turn, and not as one list, is asked by recursion. */
  private static final int LEVELS_MAX = 1000;

  /** Left-deep chains, which may be long, are walked without recursion. */
  Expression build(TraceQlParser.ExpressionContext context) {
    Deque<TraceQlParser.BinaryContext> chain = new ArrayDeque<>();
    TraceQlParser.ExpressionContext leftmost = context;
    while (leftmost instanceof TraceQlParser.BinaryContext binary) {
      chain.push(binary);
      leftmost = binary.expression(0);
    }
    Expression result = single(leftmost);
    for (int levels = 0; !chain.isEmpty(); levels++) {
      TraceQlParser.BinaryContext binary = chain.pop();
      if (levels > LEVELS_MAX && result instanceof Expression.Logical) {
        throw TraceQueries.error(
            binary.op,
            "more than " + LEVELS_MAX + " && and || that must be asked in turn; use parentheses");
      }
      Expression right = build(binary.expression(1));
      List<Expression> more = new ArrayList<>(List.of(right));
      while (isCondition(result) && isCondition(right) && sameLogical(binary, chain.peek())) {
        right = build(chain.pop().expression(1));
        more.add(right);
      }
      // The last one, if it is no condition, is told from nothing by what is before it.
      Expression last = more.size() > 1 && !isCondition(right) ? more.removeLast() : null;
      result = binary(binary.op, result, balanced(binary.op, more));
      result = last == null ? result : binary(binary.op, result, last);
    }
    return result;
  }

  private static boolean sameLogical(
      TraceQlParser.BinaryContext one, TraceQlParser.@Nullable BinaryContext other) {
    String operator = one.op.getText();
    return other != null
        && operator.equals(other.op.getText())
        && (operator.equals("&&") || operator.equals("||"));
  }

  /**
   * Whether it is true or false, and never missing: in what order a list of such is asked is one.
   */
  private static boolean isCondition(Expression side) {
    return side instanceof Expression.Logical
        || side instanceof Expression.Comparison
        || side instanceof Expression.Match;
  }

  /** A list of conditions as a tree that is as deep as the logarithm of its length. */
  private static Expression balanced(Token operator, List<Expression> conditions) {
    int half = conditions.size() / 2;
    return half == 0
        ? conditions.getFirst()
        : logical(
            operator,
            balanced(operator, conditions.subList(0, half)),
            balanced(operator, conditions.subList(half, conditions.size())));
  }

  private Expression single(TraceQlParser.ExpressionContext context) {
    return switch (context) {
      case TraceQlParser.GroupedContext grouped -> build(grouped.expression());
      case TraceQlParser.LiteralOperandContext literal ->
          new Expression.Literal(Literals.read(literal.literal(), false));
      case TraceQlParser.FieldOperandContext field -> field(field.field());
      case TraceQlParser.NotContext not -> not(not.getStart(), build(not.expression()));
      case TraceQlParser.MinusContext minus -> minus(minus);
      default -> throw TraceQueries.error(context.getStart(), "syntax error");
    };
  }

  private static Expression not(Token at, Expression operand) {
    if (operand.type() != Type.BOOL && operand.type() != Type.ATTRIBUTE) {
      throw TraceQueries.error(at, "illegal operation for the given type: !" + print(operand));
    }
    return new Expression.Not(operand);
  }

  private Expression minus(TraceQlParser.MinusContext context) {
    if (context.expression() instanceof TraceQlParser.LiteralOperandContext literal) {
      return new Expression.Literal(Literals.read(literal.literal(), true));
    }
    Expression operand = build(context.expression());
    if (!operand.type().isNumeric()) {
      throw TraceQueries.error(
          context.getStart(), "illegal operation for the given type: -" + print(operand));
    }
    return operand instanceof Expression.Literal literal
        ? new Expression.Literal(StaticMath.negate(literal.value()))
        : new Expression.Minus(operand);
  }

  private static String print(Expression expression) {
    return Printer.print(expression);
  }

  private static Expression binary(Token operator, Expression left, Expression right) {
    return switch (operator.getText()) {
      case "&&", "||" -> logical(operator, left, right);
      case "=~", "!~" -> match(operator, left, right);
      case "=", "!=", "<", "<=", ">", ">=" -> comparison(operator, left, right);
      default -> arithmetic(operator, left, right);
    };
  }

  private static RuntimeException illegal(Token operator, Expression left, Expression right) {
    return TraceQueries.error(
        operator,
        "illegal operation for the given types: "
            + print(left)
            + " "
            + operator.getText()
            + " "
            + print(right));
  }

  private static Expression logical(Token operator, Expression left, Expression right) {
    for (Expression side : new Expression[] {left, right}) {
      if (side.type() != Type.BOOL && side.type() != Type.ATTRIBUTE) {
        throw illegal(operator, left, right);
      }
    }
    return new Expression.Logical(operator.getText().equals("&&"), left, right);
  }

  private static Expression match(Token operator, Expression left, Expression right) {
    boolean text = left.type() == Type.STRING || left.type() == Type.ATTRIBUTE;
    if (!text
        || !(right instanceof Expression.Literal literal)
        || !(literal.value() instanceof Static.Text pattern)) {
      throw illegal(operator, left, right);
    }
    try {
      return new Expression.Match(
          left, RegexText.compile(pattern.value(), true), operator.getText().equals("!~"));
    } catch (InvalidRequestException e) {
      throw TraceQueries.error(operator, "invalid regular expression: " + e.getMessage());
    }
  }

  private static Expression comparison(Token operator, Expression left, Expression right) {
    ComparisonOperator comparison = ComparisonOperator.of(operator.getText());
    Type a = left.type();
    Type b = right.type();
    boolean ordered = orderable(a) && orderable(b);
    if (!a.matches(b) || (comparison.isOrder() && !ordered)) {
      throw illegal(operator, left, right);
    }
    if (comparison == ComparisonOperator.EQUAL && (isNil(left) || isNil(right))) {
      Expression other = isNil(left) ? right : left;
      boolean always =
          other instanceof Expression.IntrinsicField
              || (other instanceof Expression.AttributeField field
                  && field.scope() == AttributeScope.RESOURCE
                  && field.name().equals(SERVICE_NAME));
      if (always) {
        throw TraceQueries.error(operator, print(other) + " cannot be compared with nil");
      }
    }
    return new Expression.Comparison(comparison, left, right);
  }

  private static boolean isNil(Expression expression) {
    return expression instanceof Expression.Literal literal
        && literal.value() instanceof Static.Nil;
  }

  private static boolean orderable(Type type) {
    return type.isNumeric() || type == Type.STRING;
  }

  private static Expression arithmetic(Token operator, Expression left, Expression right) {
    if (!left.type().isNumeric() || !right.type().isNumeric()) {
      throw illegal(operator, left, right);
    }
    ArithmeticOperator arithmetic = ArithmeticOperator.of(operator.getText());
    if (left instanceof Expression.Literal a && right instanceof Expression.Literal b) {
      Static folded = StaticMath.apply(arithmetic, a.value(), b.value());
      if (!(folded instanceof Static.Nil)) {
        return new Expression.Literal(folded);
      }
    }
    return new Expression.Arithmetic(arithmetic, left, right);
  }

  /** An attribute or an intrinsic. */
  static Expression.Field field(TraceQlParser.FieldContext context) {
    Token at = context.getStart();
    String text = context.getText();
    if (context.ATTRIBUTE() == null) {
      Intrinsic intrinsic = Intrinsic.of(text);
      if (text.equals("parent")) {
        throw TraceQueries.error(at, "not supported yet: parent");
      }
      if (intrinsic == null) {
        throw TraceQueries.error(at, "syntax error: unexpected '" + text + "'");
      }
      return new Expression.IntrinsicField(intrinsic);
    }
    int dot = text.indexOf('.');
    String scope = text.substring(0, dot);
    if (scope.equals("parent")) {
      if (!isParentAllowed(context)) {
        throw TraceQueries.error(
            at, "not supported yet: parent, which Tempo refuses; with(parent=true) allows it here");
      }
      for (AttributeScope of :
          List.of(AttributeScope.PARENT_SPAN, AttributeScope.PARENT_RESOURCE)) {
        if (text.startsWith(of.text() + ".")) {
          return new Expression.AttributeField(
              of, unquote(at, text.substring(of.text().length() + 1)));
        }
      }
    }
    for (AttributeScope known : AttributeScope.values()) {
      if (known.text().equals(scope)) {
        return new Expression.AttributeField(known, unquote(at, text.substring(dot + 1)));
      }
    }
    throw TraceQueries.error(at, "unknown scope " + scope);
  }

  /** Queries that Tempo refuses are refused, unless they say that they want an answer. */
  private static boolean isParentAllowed(ParserRuleContext context) {
    ParserRuleContext root = context;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    TraceQlParser.@Nullable HintsContext hints = root.getChild(TraceQlParser.HintsContext.class, 0);
    return hints != null
        && hints.hint().stream().anyMatch(hint -> hint.getText().equals("parent=true"));
  }

  private static String unquote(Token at, String name) {
    if (name.indexOf('"') < 0) {
      return name;
    }
    StringBuilder out = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\') {
        char next = name.charAt(++i);
        if (next != '"' && next != '\\') {
          throw TraceQueries.error(at, "invalid escape \\" + next + " in attribute name");
        }
        out.append(next);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}

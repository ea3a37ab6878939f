package io.trilith.promql.parser;

import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Expr.At;
import io.trilith.promql.ast.Expr.Edge;
import io.trilith.promql.ast.Expr.Shift;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/** Makes the tree of records from ANTLR's. Confined to one thread. */
final class TreeBuilder {
  /** Leaves room for ranges and offsets on both sides. */
  private static final double AT_MILLIS_MAX = 9e15;

  private final String query;
  private final DurationBuilder durations;

  TreeBuilder(String query) {
    this.query = query;
    this.durations = new DurationBuilder(query);
  }

  Expr build(PromqlParser.QueryContext context) {
    return expr(context.expr());
  }

  private Expr expr(PromqlParser.ExprContext context) {
    int position = context.getStart().getStartIndex();
    return switch (context) {
      case PromqlParser.NumberContext c ->
          new Expr.NumberLiteral(position, durations.seconds(c.getStart()), c.getText());
      case PromqlParser.StringContext c -> new Expr.StringLiteral(position, string(c.STRING()));
      case PromqlParser.ParenContext c -> new Expr.Paren(position, expr(c.expr()));
      case PromqlParser.UnaryContext c ->
          c.op.getType() == PromqlParser.MINUS
              ? negation(position, expr(c.expr()))
              : new Expr.Positive(position, expr(c.expr()));
      case PromqlParser.BinaryContext c -> binary(c);
      case PromqlParser.AggregateContext c -> aggregation(c.aggregation());
      case PromqlParser.CallContext c -> call(c);
      case PromqlParser.SelectContext c -> selector(c.selector());
      case PromqlParser.MatrixContext c -> matrix(c);
      case PromqlParser.SubqueryContext c ->
          new Expr.Subquery(
              position,
              expr(c.expr()),
              durations.positive(c.duration(0)),
              c.duration().size() > 1 ? durations.positive(c.duration(1)) : null,
              Shift.NONE);
      case PromqlParser.OffsetContext c -> offset(c);
      case PromqlParser.AtContext c -> at(c);
      case PromqlParser.EdgeContext c -> edge(c);
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }

  private static Expr negation(int position, Expr operand) {
    return operand instanceof Expr.NumberLiteral number
        ? new Expr.NumberLiteral(position, -number.value(), "-" + number.text())
        : new Expr.Negation(position, operand);
  }

  private Expr matrix(PromqlParser.MatrixContext context) {
    int position = context.getStart().getStartIndex();
    if (expr(context.expr()) instanceof Expr.VectorSelector selector) {
      if (!selector.shift().equals(Shift.NONE)) {
        throw error(context, "no offset or @ modifiers allowed before range");
      }
      return new Expr.MatrixSelector(position, selector, durations.positive(context.duration()));
    }
    throw error(context, "ranges only allowed for vector selectors");
  }

  private Expr offset(PromqlParser.OffsetContext context) {
    Expr inner = expr(context.expr());
    Shift shift = shift(inner, context, "offset");
    if (shift.offset() != null) {
      throw error(context, "offset may not be set multiple times");
    }
    return shifted(inner, new Shift(shift.at(), durations.offset(context.offsetDuration())));
  }

  private Expr at(PromqlParser.AtContext context) {
    Expr inner = expr(context.expr());
    Shift shift = shift(inner, context, "@");
    if (shift.at() != null) {
      throw error(context, "@ <timestamp> may not be set multiple times");
    }
    return shifted(inner, new Shift(atTime(context.atTime()), shift.offset()));
  }

  private Expr edge(PromqlParser.EdgeContext context) {
    Edge edge = context.kind.getType() == PromqlParser.ANCHORED ? Edge.ANCHORED : Edge.SMOOTHED;
    Expr inner = expr(context.expr());
    String name = context.kind.getText().toLowerCase(Locale.ROOT);
    EdgeTarget target =
        switch (inner) {
          case Expr.VectorSelector selector -> new EdgeTarget(selector, null);
          case Expr.MatrixSelector matrix -> new EdgeTarget(matrix.selector(), matrix);
          default -> throw error(context, name + " modifier must be preceded by a vector selector");
        };
    Expr.VectorSelector old = target.selector();
    if (old.edge() != Edge.PLAIN) {
      throw error(context, "anchored or smoothed may not be set multiple times");
    }
    Expr.VectorSelector selector =
        new Expr.VectorSelector(old.position(), old.name(), old.matchers(), old.shift(), edge);
    if (target.matrix() == null) {
      return selector;
    }
    return new Expr.MatrixSelector(target.matrix().position(), selector, target.matrix().range());
  }

  /** A selector and the range selector around it, if any. */
  private record EdgeTarget(Expr.VectorSelector selector, Expr.@Nullable MatrixSelector matrix) {}

  private Shift shift(Expr expr, ParserRuleContext context, String modifier) {
    return switch (expr) {
      case Expr.VectorSelector selector -> selector.shift();
      case Expr.MatrixSelector matrix -> matrix.selector().shift();
      case Expr.Subquery subquery -> subquery.shift();
      default ->
          throw error(
              context,
              modifier
                  + " modifier must be preceded by an instant vector selector or range vector"
                  + " selector or a subquery");
    };
  }

  private static Expr shifted(Expr expr, Shift shift) {
    return switch (expr) {
      case Expr.VectorSelector s -> moved(s, shift);
      case Expr.MatrixSelector m ->
          new Expr.MatrixSelector(m.position(), moved(m.selector(), shift), m.range());
      case Expr.Subquery q ->
          new Expr.Subquery(q.position(), q.inner(), q.range(), q.step(), shift);
      default -> throw new IllegalStateException("not shiftable: " + expr);
    };
  }

  private static Expr.VectorSelector moved(Expr.VectorSelector s, Shift shift) {
    return new Expr.VectorSelector(s.position(), s.name(), s.matchers(), shift, s.edge());
  }

  private At atTime(PromqlParser.AtTimeContext context) {
    if (context.edge != null) {
      return context.edge.getType() == PromqlParser.START ? new At.Start() : new At.End();
    }
    double seconds = durations.seconds(context.literal().getStart());
    double signed = negative(context.sign) ? -seconds : seconds;
    double millis = signed * 1000;
    if (Double.isNaN(signed) || Math.abs(millis) > AT_MILLIS_MAX) {
      throw error(context, "timestamp out of bounds for @ modifier: " + String.valueOf(signed));
    }
    return new At.Fixed(Math.round(millis));
  }

  private static boolean negative(@Nullable Token sign) {
    return sign != null && sign.getType() == PromqlParser.MINUS;
  }

  private Expr call(PromqlParser.CallContext context) {
    String name = context.functionName().getText();
    FunctionSignature function = FunctionSignature.find(name.toLowerCase(Locale.ROOT));
    boolean keyword = context.functionName().IDENTIFIER() == null;
    if (function == null || !(keyword || name.equals(function.name()))) {
      throw error(context, "unknown function with name " + Literals.quote(name));
    }
    List<Expr> arguments = new ArrayList<>();
    context.expr().forEach(argument -> arguments.add(expr(argument)));
    return new Expr.Call(context.getStart().getStartIndex(), function, List.copyOf(arguments));
  }

  private Expr aggregation(PromqlParser.AggregationContext context) {
    AggregateOp op = AggregateOp.valueOf(context.AGGREGATOR().getText().toUpperCase(Locale.ROOT));
    int expected = op.parameterized() ? 2 : 1;
    int given = context.expr().size();
    if (given != expected) {
      throw error(
          context,
          given == 0
              ? "no arguments for aggregate expression provided"
              : "wrong number of arguments for aggregate expression provided, expected "
                  + expected
                  + ", got "
                  + given);
    }
    PromqlParser.GroupingContext grouping = context.grouping();
    return new Expr.Aggregation(
        context.getStart().getStartIndex(),
        op,
        expr(context.expr(expected - 1)),
        op.parameterized() ? expr(context.expr(0)) : null,
        grouping == null ? List.of() : names(grouping.names()),
        grouping != null && grouping.kind.getType() == PromqlParser.WITHOUT);
  }

  /** The operators down the left side, without recursion; powers among them are built right. */
  private Expr binary(PromqlParser.BinaryContext context) {
    Deque<PromqlParser.BinaryContext> chain = new ArrayDeque<>();
    PromqlParser.ExprContext first = context;
    while (first instanceof PromqlParser.BinaryContext binary) {
      chain.push(binary);
      first = binary.expr(0);
    }
    Expr left = expr(first);
    while (!chain.isEmpty()) {
      Deque<PromqlParser.BinaryContext> powers = new ArrayDeque<>();
      Deque<Expr> bases = new ArrayDeque<>();
      while (!chain.isEmpty() && chain.peek().op.getType() == PromqlParser.POWER) {
        bases.push(powers.isEmpty() ? left : expr(powers.peek().expr(1)));
        powers.push(chain.pop());
      }
      if (powers.isEmpty()) {
        PromqlParser.BinaryContext binary = chain.pop();
        left = binary(binary, left, expr(binary.expr(1)));
        continue;
      }
      left = expr(powers.peek().expr(1));
      while (!powers.isEmpty()) {
        left = binary(powers.pop(), bases.pop(), left);
      }
    }
    return left;
  }

  private Expr binary(PromqlParser.BinaryContext context, Expr left, Expr right) {
    BinaryOp op = operator(context.op);
    PromqlParser.ModifiersContext modifiers = context.modifiers();
    VectorMatching matching = matching(op, modifiers);
    return new Expr.Binary(left.position(), op, left, right, modifiers.BOOL() != null, matching);
  }

  private static BinaryOp operator(Token token) {
    String text = token.getText().toLowerCase(Locale.ROOT);
    for (BinaryOp op : BinaryOp.values()) {
      if (op.text().equals(text)) {
        return op;
      }
    }
    throw new IllegalStateException("unknown operator " + text);
  }

  private VectorMatching matching(BinaryOp op, PromqlParser.ModifiersContext context) {
    boolean set = op.kind() == BinaryOp.Kind.SET;
    Cardinality cardinality = set ? Cardinality.MANY_TO_MANY : Cardinality.ONE_TO_ONE;
    boolean on = false;
    List<String> labels = List.of();
    List<String> include = List.of();
    PromqlParser.MatchContext match = context.match();
    if (match != null) {
      on = match.kind.getType() == PromqlParser.ON;
      labels = names(match.names(0));
      if (match.group != null) {
        if (set) {
          throw error(match, "no grouping allowed for " + Literals.quote(op.text()) + " operation");
        }
        cardinality =
            match.group.getType() == PromqlParser.GROUP_LEFT
                ? Cardinality.MANY_TO_ONE
                : Cardinality.ONE_TO_MANY;
        include = match.names().size() > 1 ? names(match.names(1)) : List.of();
      }
    }
    Double left = null;
    Double right = null;
    for (PromqlParser.FillContext fill : context.fill()) {
      if (set) {
        throw error(fill, "filling in missing series not allowed for set operators");
      }
      double value = durations.seconds(fill.literal().getStart());
      value = negative(fill.sign) ? -value : value;
      left = fill.kind.getType() == PromqlParser.FILL_RIGHT ? left : (Double) value;
      right = fill.kind.getType() == PromqlParser.FILL_LEFT ? right : (Double) value;
    }
    return new VectorMatching(cardinality, on, labels, include, left, right);
  }

  private List<String> names(PromqlParser.NamesContext context) {
    List<String> names = new ArrayList<>();
    context.labelName().forEach(name -> names.add(labelName(name)));
    return List.copyOf(names);
  }

  private String labelName(PromqlParser.LabelNameContext context) {
    return context.STRING() != null ? string(context.STRING()) : context.getText();
  }

  private Expr selector(PromqlParser.SelectorContext context) {
    String name = context.metricName() == null ? null : context.metricName().getText();
    List<Matcher> matchers = new ArrayList<>();
    if (context.matchers() != null) {
      for (PromqlParser.MatcherContext matcher : context.matchers().matcher()) {
        if (matcher.labelName() == null) {
          if (name != null) {
            throw error(matcher, "metric name must not be set twice: " + name);
          }
          name = string(matcher.STRING());
        } else {
          matchers.add(matcher(matcher));
        }
      }
    }
    if (name != null) {
      matchers.addFirst(Matcher.equal(Labels.NAME, name));
    }
    return new Expr.VectorSelector(
        context.getStart().getStartIndex(), name, List.copyOf(matchers), Shift.NONE, Edge.PLAIN);
  }

  private Matcher matcher(PromqlParser.MatcherContext context) {
    Matcher.Op op =
        switch (context.op.getType()) {
          case PromqlParser.ASSIGN -> Matcher.Op.EQUAL;
          case PromqlParser.NOT_EQUALS -> Matcher.Op.NOT_EQUAL;
          case PromqlParser.MATCHES -> Matcher.Op.MATCH;
          default -> Matcher.Op.NOT_MATCH;
        };
    try {
      return Matcher.of(labelName(context.labelName()), op, string(context.STRING()));
    } catch (InvalidRequestException e) {
      throw error(context, String.valueOf(e.getMessage()));
    }
  }

  private String string(TerminalNode node) {
    try {
      return Literals.unquote(node.getText());
    } catch (InvalidRequestException e) {
      throw ParseErrors.at(query, node.getSymbol().getStartIndex(), String.valueOf(e.getMessage()));
    }
  }

  private InvalidRequestException error(ParserRuleContext context, String message) {
    return ParseErrors.at(query, context.getStart().getStartIndex(), message);
  }
}

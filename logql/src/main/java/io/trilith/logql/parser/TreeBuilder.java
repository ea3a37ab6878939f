package io.trilith.logql.parser;

import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.logql.ast.BinaryOperation;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.Expr.Conversion;
import io.trilith.logql.ast.Expr.Grouping;
import io.trilith.logql.ast.Expr.Logs;
import io.trilith.logql.ast.Expr.Metric;
import io.trilith.logql.ast.Expr.Unwrap;
import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.ast.VectorFunction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/** Makes the tree of records from ANTLR's, and checks it. Confined to one thread. */
final class TreeBuilder {
  private final StageBuilder stages = new StageBuilder();

  Expr build(LogqlParser.QueryContext context) {
    return expr(context.expr());
  }

  private Expr expr(LogqlParser.ExprContext context) {
    return switch (context) {
      case LogqlParser.LogsContext c -> stages.logs(c.selector(), c.stage());
      case LogqlParser.ParenContext c -> expr(c.expr());
      case LogqlParser.NumberContext c -> {
        double value = number(c.NUMBER());
        boolean minus = c.sign != null && c.sign.getType() == LogqlParser.MINUS;
        yield new Expr.Scalar(minus ? -value : value);
      }
      case LogqlParser.VectorContext c -> new Expr.Vector(number(c.NUMBER()));
      case LogqlParser.BinaryContext c -> binary(c);
      case LogqlParser.AggregateContext c -> aggregate(c);
      case LogqlParser.RangeAggregateContext c -> rangeAggregate(c);
      case LogqlParser.LabelReplaceContext c ->
          LogqlChecks.checked(
              new Expr.LabelReplace(
                  metric(c.expr()),
                  stages.string(c.STRING(0)),
                  stages.string(c.STRING(1)),
                  stages.string(c.STRING(2)),
                  stages.string(c.STRING(3))));
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }

  private Metric metric(LogqlParser.ExprContext context) {
    if (expr(context) instanceof Metric metric) {
      return metric;
    }
    throw error(context, "syntax error: unexpected log selector, expecting a metric expression");
  }

  private static InvalidRequestException error(ParserRuleContext context, String message) {
    return QueryParser.error(context.getStart(), message);
  }

  /** The operators down the left side, without recursion; powers among them are built right. */
  private Metric binary(LogqlParser.BinaryContext context) {
    Deque<LogqlParser.BinaryContext> chain = new ArrayDeque<>();
    LogqlParser.ExprContext first = context;
    while (first instanceof LogqlParser.BinaryContext binary) {
      chain.push(binary);
      first = binary.expr(0);
    }
    Metric left = metric(first);
    while (!chain.isEmpty()) {
      Deque<LogqlParser.BinaryContext> powers = new ArrayDeque<>();
      Deque<Metric> bases = new ArrayDeque<>();
      while (!chain.isEmpty() && chain.peek().op.getType() == LogqlParser.POWER) {
        bases.push(powers.isEmpty() ? left : metric(powers.peek().expr(1)));
        powers.push(chain.pop());
      }
      if (powers.isEmpty()) {
        LogqlParser.BinaryContext binary = chain.pop();
        left = binary(binary, left, metric(binary.expr(1)));
        continue;
      }
      left = metric(powers.peek().expr(1));
      while (!powers.isEmpty()) {
        left = binary(powers.pop(), bases.pop(), left);
      }
    }
    return left;
  }

  private Metric binary(LogqlParser.BinaryContext context, Metric left, Metric right) {
    BinaryOperation operation = operation(context.op.getText().toLowerCase(Locale.ROOT));
    if (operation.set()) {
      refuseScalar(left, "left", operation, context);
      refuseScalar(right, "right", operation, context);
    }
    LogqlParser.ModifiersContext modifiers = context.modifiers();
    boolean bool = modifiers.BOOL() != null;
    if (bool && !operation.comparison()) {
      throw error(context, "bool modifier can only be used on comparison operators");
    }
    VectorMatching matching = matching(modifiers.match(), operation, context);
    if (left instanceof Expr.Scalar(double a) && right instanceof Expr.Scalar(double b)) {
      return new Expr.Scalar(operation.apply(a, b));
    }
    return new Expr.Binary(operation, bool, matching, left, right);
  }

  private static void refuseScalar(
      Metric side, String which, BinaryOperation operation, ParserRuleContext context) {
    if (side instanceof Expr.Scalar) {
      throw error(
          context,
          "unexpected literal for "
              + which
              + " leg of logical/set binary operation ("
              + operation.text()
              + ")");
    }
  }

  private static BinaryOperation operation(String text) {
    for (BinaryOperation operation : BinaryOperation.values()) {
      if (operation.text().equals(text)) {
        return operation;
      }
    }
    throw new IllegalStateException("no operator " + text);
  }

  private VectorMatching matching(
      LogqlParser.@Nullable MatchContext match,
      BinaryOperation operation,
      ParserRuleContext context) {
    Cardinality plain = operation.set() ? Cardinality.MANY_TO_MANY : Cardinality.ONE_TO_ONE;
    if (match == null) {
      return VectorMatching.plain().withCardinality(plain);
    }
    List<String> labels = stages.names(match.names(0));
    Cardinality cardinality = plain;
    if (match.group != null) {
      if (operation.set()) {
        throw error(context, "no grouping allowed for set operations");
      }
      boolean left = match.group.getType() == LogqlParser.GROUP_LEFT;
      cardinality = left ? Cardinality.MANY_TO_ONE : Cardinality.ONE_TO_MANY;
    }
    List<String> include =
        match.names().size() > 1 ? stages.names(match.names(1)) : List.<String>of();
    boolean on = match.kind.getType() == LogqlParser.ON;
    return new VectorMatching(cardinality, on, labels, include, null, null);
  }

  private Metric aggregate(LogqlParser.AggregateContext context) {
    VectorFunction function = VectorFunction.of(context.AGGREGATOR().getText());
    if (context.before != null && context.after != null) {
      throw error(context, "syntax error: unexpected second grouping");
    }
    Grouping grouping = grouping(context.before != null ? context.before : context.after);
    if (context.parameter != null && !function.needsParameter()) {
      throw error(
          context,
          "unsupported parameter for operation "
              + function.text()
              + "(): "
              + context.parameter.getText()
              + ",");
    }
    int parameter = 0;
    if (function.needsParameter()) {
      parameter = count(context.parameter, function, context);
    }
    boolean sorts = function == VectorFunction.SORT || function == VectorFunction.SORT_DESC;
    if (grouping != null && (sorts || function == VectorFunction.APPROX_TOPK)) {
      throw error(context, function.text() + " doesn't allow grouping");
    }
    return new Expr.VectorAggregation(function, parameter, metric(context.expr()), grouping);
  }

  private static int count(
      @Nullable Token parameter, VectorFunction function, ParserRuleContext context) {
    if (parameter == null) {
      throw error(context, "parameter required for operation " + function.text());
    }
    String text = parameter.getText();
    double value = GoNumber.real(text).orElse(Double.POSITIVE_INFINITY);
    if (value != Math.rint(value) || text.indexOf('.') >= 0 || text.indexOf('e') >= 0) {
      throw error(
          context, "invalid parameter " + function.text() + "(" + text + ",: not an integer");
    }
    if (value < 1) {
      throw error(
          context,
          "invalid parameter (must be greater than 0) " + function.text() + "(" + text + ",");
    }
    return (int) Math.min(value, Integer.MAX_VALUE);
  }

  private @Nullable Grouping grouping(LogqlParser.@Nullable GroupingContext context) {
    return context == null
        ? null
        : new Grouping(
            context.kind.getType() == LogqlParser.WITHOUT, stages.names(context.names()));
  }

  private Metric rangeAggregate(LogqlParser.RangeAggregateContext context) {
    RangeFunction function = RangeFunction.of(context.RANGE_FUNCTION().getText());
    LogqlParser.LogRangeContext range = context.logRange();
    while (range.logRange() != null) {
      range = range.logRange();
    }
    Logs logs = stages.logs(range.selector(), range.stage());
    if (range.unwrap().size() > 1) {
      throw error(range, "syntax error: unexpected second unwrap");
    }
    Unwrap unwrap = range.unwrap().isEmpty() ? null : unwrap(range.unwrap(0));
    long length = duration(range.range().DURATION());
    if (length <= 0) {
      throw error(range, "the range must be longer than 0");
    }
    long offset = 0;
    if (range.offset() != null) {
      offset = duration(range.offset().DURATION());
      offset = range.offset().sign == null ? offset : -offset;
    }
    Grouping grouping = grouping(context.grouping());
    String parameter = context.parameter == null ? null : context.parameter.getText();
    Expr.RangeAggregation aggregation =
        new Expr.RangeAggregation(function, parameter, logs, unwrap, length, offset, grouping);
    String wrong = LogqlChecks.problem(aggregation);
    if (wrong != null) {
      throw error(context, wrong);
    }
    return aggregation;
  }

  private static double number(TerminalNode node) {
    return GoNumber.real(node.getText())
        .orElseThrow(
            () -> QueryParser.error(node.getSymbol(), "number out of range: " + node.getText()));
  }

  private static long duration(TerminalNode node) {
    try {
      long nanos = LogqlText.durationNanos(node.getText());
      if (nanos > LogqlChecks.DURATION_MAX) {
        throw new InvalidRequestException("duration out of range: \"" + node.getText() + "\"");
      }
      return nanos;
    } catch (InvalidRequestException e) {
      throw QueryParser.error(node.getSymbol(), String.valueOf(e.getMessage()));
    }
  }

  private Unwrap unwrap(LogqlParser.UnwrapContext context) {
    Conversion conversion = Conversion.NUMBER;
    if (context.CONVERSION() != null) {
      conversion = Conversion.valueOf(context.CONVERSION().getText().toUpperCase(Locale.ROOT));
    }
    List<LabelFilter> filters = new ArrayList<>();
    for (LogqlParser.LabelFilterContext filter : context.labelFilter()) {
      filters.add(stages.labelFilter(filter));
    }
    return new Unwrap(conversion, context.labelName().getText(), filters);
  }
}

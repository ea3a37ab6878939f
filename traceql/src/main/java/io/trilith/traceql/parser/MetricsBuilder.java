package io.trilith.traceql.parser;

import io.trilith.traceql.ast.ArithmeticOperator;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import io.trilith.traceql.ast.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;
import org.antlr.v4.runtime.tree.TerminalNode;

/** Builds the tree of metrics queries. */
final class MetricsBuilder {
  private static final int BY_MAX = 5;
  private static final int TOP_DEFAULT = 10;
  private static final int TOP_MAX = 1000;

  private final AstBuilder spansets;

  /** Those that a query writes alike are one, and are read once. */
  private final Map<String, Metrics.Source> sources = new HashMap<>();

  MetricsBuilder(AstBuilder spansets) {
    this.spansets = spansets;
  }

  Metrics query(TraceQlParser.MetricsContext context) {
    Metrics result = metrics(context);
    if (result instanceof Metrics.Constant) {
      throw TraceQueries.error(context.getStart(), "a number is not a query");
    }
    return result;
  }

  private Metrics metrics(TraceQlParser.MetricsContext context) {
    return switch (context) {
      case TraceQlParser.MetricsPipelineContext pipeline -> {
        Metrics.Function function = function(pipeline.metricsFunction());
        List<Expression.Field> by = by(pipeline.metricsBy());
        boolean compare = function instanceof Metrics.Compare;
        if (compare && !(by.isEmpty() && pipeline.secondStage().isEmpty())) {
          throw TraceQueries.error(pipeline.getStart(), "compare() stands alone");
        }
        yield stages(
            sources.computeIfAbsent(
                text(pipeline),
                _ ->
                    new Metrics.Source(
                        spansets.pipeline(pipeline.spansetPipeline()), function, by)),
            pipeline.secondStage());
      }
      case TraceQlParser.MetricsExpressionContext expression ->
          stages(math(expression.metricsMath()), expression.secondStage());
      default -> throw TraceQueries.error(context.getStart(), "syntax error");
    };
  }

  /** As it was written, but for the stages behind it. */
  private static String text(TraceQlParser.MetricsPipelineContext pipeline) {
    ParserRuleContext last =
        pipeline.metricsBy() == null ? pipeline.metricsFunction() : pipeline.metricsBy();
    Token first = pipeline.getStart();
    return first
        .getInputStream()
        .getText(Interval.of(first.getStartIndex(), last.getStop().getStopIndex()));
  }

  private static List<Expression.Field> by(
      TraceQlParser.@org.jspecify.annotations.Nullable MetricsByContext context) {
    List<Expression.Field> by = new ArrayList<>();
    if (context != null) {
      context.field().forEach(field -> by.add(ExpressionBuilder.field(field)));
      if (by.size() > BY_MAX) {
        throw TraceQueries.error(
            context.getStart(), "by() takes at most " + BY_MAX + " attributes");
      }
    }
    return by;
  }

  /** Chains of thousands lean to the left: that side is walked, only the other is recursed into. */
  private Metrics math(TraceQlParser.MetricsMathContext context) {
    Deque<TraceQlParser.MathOperationContext> above = new ArrayDeque<>();
    TraceQlParser.MetricsMathContext at = context;
    while (at instanceof TraceQlParser.MathOperationContext operation) {
      above.push(operation);
      at = operation.metricsMath(0);
    }
    Metrics result = operand(at);
    for (TraceQlParser.MathOperationContext operation : above) {
      result = operation(operation.op, result, math(operation.metricsMath(1)));
    }
    return result;
  }

  private Metrics operand(TraceQlParser.MetricsMathContext context) {
    return switch (context) {
      case TraceQlParser.MathGroupContext group -> metrics(group.metrics());
      case TraceQlParser.MathNumberContext number ->
          new Metrics.Constant(number(number.number(), number.getText().startsWith("-")));
      default -> throw TraceQueries.error(context.getStart(), "syntax error");
    };
  }

  private static Metrics operation(Token op, Metrics left, Metrics right) {
    ArithmeticOperator operator = ArithmeticOperator.of(op.getText());
    if (isCompare(left) || isCompare(right)) {
      throw TraceQueries.error(op, "compare() takes no arithmetic");
    }
    if (left instanceof Metrics.Constant a && right instanceof Metrics.Constant b) {
      Static folded = StaticMath.apply(operator, a.value(), b.value());
      if (folded instanceof Static.Nil) {
        throw TraceQueries.error(op, "division by zero");
      }
      return new Metrics.Constant(folded);
    }
    return new Metrics.Operation(operator, left, right);
  }

  private static boolean isCompare(Metrics metrics) {
    return metrics instanceof Metrics.Source source && source.function() instanceof Metrics.Compare;
  }

  private static Static number(TraceQlParser.NumberContext context, boolean negative) {
    String text = (negative ? "-" : "") + context.getText();
    return context.INT() == null
        ? Literals.real(context.getStart(), text)
        : Literals.integer(context.getStart(), text);
  }

  private static Metrics stages(Metrics input, List<TraceQlParser.SecondStageContext> stages) {
    Metrics result = input;
    for (TraceQlParser.SecondStageContext stage : stages) {
      if (result instanceof Metrics.Constant) {
        throw TraceQueries.error(stage.getStart(), "a number has no series");
      }
      result =
          switch (stage) {
            case TraceQlParser.RankStageContext rank -> {
              long count = Literals.integer(rank.getStart(), rank.INT().getText()).value();
              if (count < 1 || count > Integer.MAX_VALUE) {
                throw TraceQueries.error(rank.getStart(), "topk and bottomk need a number above 0");
              }
              yield new Metrics.Rank(result, rank.name.getText().equals("topk"), (int) count);
            }
            case TraceQlParser.CompareStageContext compare ->
                new Metrics.Threshold(
                    result, ComparisonOperator.of(compare.op.getText()), threshold(compare));
            default -> throw TraceQueries.error(stage.getStart(), "syntax error");
          };
    }
    return result;
  }

  /** Durations compare in seconds, as series have them. */
  private static double threshold(TraceQlParser.CompareStageContext context) {
    boolean negative = context.getChild(1).getText().equals("-");
    TerminalNode duration = context.DURATION();
    if (duration == null) {
      return number(context.number(), negative).asDouble();
    }
    Static.Duration parsed = Literals.duration(duration.getSymbol(), duration.getText(), negative);
    return parsed.nanos() / 1e9;
  }

  private Metrics.Function function(TraceQlParser.MetricsFunctionContext context) {
    return switch (context) {
      case TraceQlParser.CountFunctionContext count ->
          new Metrics.Count(count.name.getText().equals("rate"));
      case TraceQlParser.FieldFunctionContext function ->
          new Metrics.OverTime(
              switch (function.name.getText()) {
                case "min_over_time" -> Metrics.OverTime.Kind.MIN;
                case "max_over_time" -> Metrics.OverTime.Kind.MAX;
                case "avg_over_time" -> Metrics.OverTime.Kind.AVG;
                case "sum_over_time" -> Metrics.OverTime.Kind.SUM;
                default -> Metrics.OverTime.Kind.HISTOGRAM;
              },
              numeric(function.field()));
      case TraceQlParser.QuantileFunctionContext function -> quantile(function);
      case TraceQlParser.CompareFunctionContext function -> compare(function);
      default -> throw TraceQueries.error(context.getStart(), "syntax error");
    };
  }

  private static Expression.Field numeric(TraceQlParser.FieldContext context) {
    Expression.Field field = ExpressionBuilder.field(context);
    if (!field.type().isNumeric() || field.type() == Type.NIL) {
      throw TraceQueries.error(context.getStart(), "the field must be a number or a duration");
    }
    return field;
  }

  private static Metrics.Function quantile(TraceQlParser.QuantileFunctionContext context) {
    List<Double> quantiles = new ArrayList<>();
    for (TraceQlParser.NumberContext number : context.number()) {
      double value = number(number, false).asDouble();
      if (value < 0 || value > 1) {
        throw TraceQueries.error(number.getStart(), "a quantile lies between 0 and 1");
      }
      quantiles.add(value);
    }
    return new Metrics.Quantile(numeric(context.field()), quantiles);
  }

  private Metrics.Function compare(TraceQlParser.CompareFunctionContext context) {
    Token at = context.getStart();
    List<Long> numbers = new ArrayList<>();
    for (TerminalNode number : context.INT()) {
      numbers.add(Literals.integer(number.getSymbol(), number.getText()).value());
    }
    if (numbers.size() == 2 || numbers.size() > 3) {
      throw TraceQueries.error(
          at, "compare() takes a filter, a number of values and a start and end in nanoseconds");
    }
    long top = numbers.isEmpty() ? TOP_DEFAULT : numbers.getFirst();
    if (top < 1 || top > TOP_MAX) {
      throw TraceQueries.error(at, "compare() takes 1 to " + TOP_MAX + " values");
    }
    long start = numbers.size() < 3 ? 0 : numbers.get(1);
    long end = numbers.size() < 3 ? 0 : numbers.get(2);
    if (end < start) {
      throw TraceQueries.error(at, "compare() ends before it starts");
    }
    return new Metrics.Compare(
        spansets.filter(context.spansetFilter()).condition(), (int) top, start, end);
  }
}

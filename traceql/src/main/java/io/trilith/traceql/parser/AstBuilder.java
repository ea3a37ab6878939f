package io.trilith.traceql.parser;

import io.trilith.traceql.ast.ArithmeticOperator;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.StaticMath;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.ast.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** Builds the tree of span set pipelines. */
final class AstBuilder {
  private final ExpressionBuilder expressions = new ExpressionBuilder();

  TraceQuery query(TraceQlParser.QueryContext context) {
    return switch (context) {
      case TraceQlParser.SearchContext search ->
          new TraceQuery.Search(pipeline(search.spansetPipeline()), hints(search.hints()));
      case TraceQlParser.MetricsQueryContext metrics ->
          new TraceQuery.Series(
              new MetricsBuilder(this).query(metrics.metrics()), hints(metrics.hints()));
      default -> throw TraceQueries.error(context.getStart(), "syntax error");
    };
  }

  private static Map<String, Static> hints(TraceQlParser.@Nullable HintsContext context) {
    Map<String, Static> hints = new HashMap<>();
    if (context != null) {
      for (TraceQlParser.HintContext hint : context.hint()) {
        TraceQlParser.HintValueContext value = hint.hintValue();
        if (value.IDENT() != null) {
          // Only this hint of ours has words; of Tempo's none has.
          if (!hint.IDENT().getText().equals("order_by")) {
            throw TraceQueries.error(
                value.getStart(), "syntax error: unexpected '" + value.getText() + "'");
          }
          hints.put("order_by", new Static.Text(value.getText()));
          continue;
        }
        boolean negative = hint.hintValue().getText().startsWith("-");
        hints.put(hint.IDENT().getText(), Literals.read(hint.hintValue().literal(), negative));
      }
    }
    return hints;
  }

  Pipeline pipeline(TraceQlParser.SpansetPipelineContext context) {
    List<Pipeline.Stage> stages = new ArrayList<>();
    for (TraceQlParser.StageContext stage : context.stage()) {
      Pipeline.Stage built = stage(stage);
      if (stages.isEmpty() && built instanceof Pipeline.Coalesce) {
        throw TraceQueries.error(stage.getStart(), "coalesce() cannot be the first stage");
      }
      stages.add(built);
    }
    return new Pipeline(stages);
  }

  private Pipeline.Stage stage(TraceQlParser.StageContext context) {
    return switch (context) {
      case TraceQlParser.SpansetStageContext spansets -> spansets(spansets.spansetExpression());
      case TraceQlParser.ScalarStageContext scalar -> aggregateFilter(scalar);
      case TraceQlParser.ByStageContext by -> {
        Expression expression = expressions.build(by.expression());
        requireSpan(by.getStart(), expression);
        yield new Pipeline.By(expression);
      }
      case TraceQlParser.SelectStageContext select -> {
        List<Expression.Field> fields = new ArrayList<>();
        select.field().forEach(field -> fields.add(ExpressionBuilder.field(field)));
        yield new Pipeline.Select(fields);
      }
      default -> new Pipeline.Coalesce();
    };
  }

  private static void requireSpan(Token at, Expression expression) {
    if (!referencesSpan(expression)) {
      throw TraceQueries.error(
          at, Printer.print(expression) + " must reference an attribute or intrinsic of the span");
    }
  }

  private static boolean referencesSpan(Expression expression) {
    return switch (expression) {
      case Expression.Literal _ -> false;
      case Expression.AttributeField _, Expression.IntrinsicField _ -> true;
      case Expression.Not not -> referencesSpan(not.operand());
      case Expression.Minus minus -> referencesSpan(minus.operand());
      case Expression.Arithmetic a -> referencesSpan(a.left()) || referencesSpan(a.right());
      case Expression.Comparison c -> referencesSpan(c.left()) || referencesSpan(c.right());
      case Expression.Match match -> referencesSpan(match.operand());
      case Expression.Logical l -> referencesSpan(l.left()) || referencesSpan(l.right());
    };
  }

  Pipeline.Filter filter(TraceQlParser.SpansetFilterContext context) {
    if (context.expression() == null) {
      return new Pipeline.Filter(null);
    }
    Expression condition = expressions.build(context.expression());
    if (condition.type() != Type.BOOL && condition.type() != Type.ATTRIBUTE) {
      throw TraceQueries.error(
          context.expression().getStart(),
          "span filter field expressions must resolve to a boolean: { "
              + Printer.print(condition)
              + " }");
    }
    return new Pipeline.Filter(condition);
  }

  private Pipeline.Spansets spansets(TraceQlParser.SpansetExpressionContext context) {
    Deque<TraceQlParser.SpansetExpressionContext> chain = new ArrayDeque<>();
    TraceQlParser.SpansetExpressionContext leftmost = context;
    while (true) {
      if (leftmost instanceof TraceQlParser.StructuralContext structural) {
        chain.push(structural);
        leftmost = structural.spansetExpression(0);
      } else if (leftmost instanceof TraceQlParser.LogicalSpansetsContext logical) {
        chain.push(logical);
        leftmost = logical.spansetExpression(0);
      } else {
        break;
      }
    }
    Pipeline.Spansets result =
        switch (leftmost) {
          case TraceQlParser.GroupedPipelineContext group ->
              new Pipeline.Group(pipeline(group.spansetPipeline()));
          case TraceQlParser.FilterOperandContext filter -> filter(filter.spansetFilter());
          default -> throw TraceQueries.error(leftmost.getStart(), "syntax error");
        };
    while (!chain.isEmpty()) {
      TraceQlParser.SpansetExpressionContext operation = chain.pop();
      if (operation instanceof TraceQlParser.StructuralContext structural) {
        result =
            structural(structural.op.getText(), result, spansets(structural.spansetExpression(1)));
      } else if (operation instanceof TraceQlParser.LogicalSpansetsContext logical) {
        boolean and = logical.op.getText().equals("&&");
        List<Pipeline.Spansets> all = new ArrayList<>();
        all.add(result);
        all.add(spansets(logical.spansetExpression(1)));
        while (chain.peek() instanceof TraceQlParser.LogicalSpansetsContext next
            && next.op.getText().equals(logical.op.getText())) {
          chain.pop();
          all.add(spansets(next.spansetExpression(1)));
        }
        result = balanced(and, all);
      }
    }
    return result;
  }

  /** A list of span sets as a tree that is as deep as the logarithm of its length. */
  private static Pipeline.Spansets balanced(boolean and, List<Pipeline.Spansets> all) {
    int half = all.size() / 2;
    if (half == 0) {
      return all.getFirst();
    }
    Pipeline.Spansets left = balanced(and, all.subList(0, half));
    Pipeline.Spansets right = balanced(and, all.subList(half, all.size()));
    return and ? new Pipeline.Both(left, right) : new Pipeline.Either(left, right);
  }

  private static Pipeline.Spansets structural(
      String operator, Pipeline.Spansets left, Pipeline.Spansets right) {
    Pipeline.Mode mode =
        switch (operator.charAt(0)) {
          case '!' -> Pipeline.Mode.NEGATED;
          case '&' -> Pipeline.Mode.UNION;
          default -> Pipeline.Mode.PLAIN;
        };
    String sign = mode == Pipeline.Mode.PLAIN ? operator : operator.substring(1);
    Pipeline.Relation relation =
        switch (sign) {
          case ">" -> Pipeline.Relation.CHILD;
          case ">>" -> Pipeline.Relation.DESCENDANT;
          case "<" -> Pipeline.Relation.PARENT;
          case "<<" -> Pipeline.Relation.ANCESTOR;
          default -> Pipeline.Relation.SIBLING;
        };
    return new Pipeline.Structural(relation, mode, left, right);
  }

  private Pipeline.AggregateFilter aggregateFilter(TraceQlParser.ScalarStageContext context) {
    TraceQlParser.ScalarContext left = unwrap(context.scalar(0));
    Pipeline.Aggregate aggregate =
        switch (left) {
          case TraceQlParser.CountAggregateContext _ ->
              new Pipeline.Aggregate(Pipeline.Aggregate.Kind.COUNT, null);
          case TraceQlParser.FieldAggregateContext field -> fieldAggregate(field);
          default ->
              throw TraceQueries.error(
                  context.getStart(),
                  "not supported yet: a scalar filter without an aggregate on its left side");
        };
    Static constant = constant(context.scalar(1));
    if (constant == null) {
      throw TraceQueries.error(
          context.scalar(1).getStart(),
          "not supported yet: a scalar filter without a constant on its right side");
    }
    if (!constant.isNumeric()) {
      throw TraceQueries.error(
          context.scalar(1).getStart(),
          "illegal operation for the given types: "
              + Printer.print(aggregate)
              + " "
              + context.op.getText()
              + " "
              + Printer.print(constant));
    }
    return new Pipeline.AggregateFilter(
        aggregate, ComparisonOperator.of(context.op.getText()), constant);
  }

  private Pipeline.Aggregate fieldAggregate(TraceQlParser.FieldAggregateContext context) {
    Expression operand = expressions.build(context.expression());
    requireSpan(context.getStart(), operand);
    if (!operand.type().isNumeric()) {
      throw TraceQueries.error(
          context.getStart(), "aggregate field expressions must resolve to a number");
    }
    Pipeline.Aggregate.Kind kind =
        switch (context.name.getText()) {
          case "min" -> Pipeline.Aggregate.Kind.MIN;
          case "max" -> Pipeline.Aggregate.Kind.MAX;
          case "sum" -> Pipeline.Aggregate.Kind.SUM;
          default -> Pipeline.Aggregate.Kind.AVG;
        };
    return new Pipeline.Aggregate(kind, operand);
  }

  private static TraceQlParser.ScalarContext unwrap(TraceQlParser.ScalarContext context) {
    TraceQlParser.ScalarContext inner = context;
    while (inner instanceof TraceQlParser.ScalarGroupContext group) {
      inner = group.scalar();
    }
    return inner;
  }

  /** The value of a scalar without aggregates, null when it has one. */
  private static @Nullable Static constant(TraceQlParser.ScalarContext wrapped) {
    return switch (unwrap(wrapped)) {
      case TraceQlParser.ScalarLiteralContext literal -> Literals.read(literal.literal(), false);
      case TraceQlParser.ScalarMinusContext minus -> {
        if (minus.scalar() instanceof TraceQlParser.ScalarLiteralContext literal) {
          yield Literals.read(literal.literal(), true);
        }
        Static value = constant(minus.scalar());
        yield value == null ? null : StaticMath.negate(value);
      }
      case TraceQlParser.ScalarMathContext math -> {
        Static left = constant(math.scalar(0));
        Static right = constant(math.scalar(1));
        yield left == null || right == null
            ? null
            : StaticMath.apply(ArithmeticOperator.of(math.getChild(1).getText()), left, right);
      }
      default -> null;
    };
  }
}

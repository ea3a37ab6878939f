package io.trilith.rules.slo;

import com.google.re2j.Pattern;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.ast.VectorFunction;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.DurationExpr;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.promql.ast.ValueType;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.RuleYaml;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import java.util.List;
import java.util.Objects;

/**
 * Makes of what people write of rates an expression that says how many events a step has, exactly:
 * added up over steps they are the events of any time. Thread-safe.
 */
final class CountedExpressions {
  private static final Pattern WINDOW = Pattern.compile("\\{\\{-?\\s*\\.window\\s*-?}}");
  private static final Pattern TRACE_RATE = Pattern.compile("\\|\\s*rate\\(\\s*\\)");
  private static final long NANOS = 1_000_000;

  /** What an expression is of. */
  enum Of {
    /** Counters: all selectors without a rate are made increases. */
    COUNTERS,
    /** As it is written: only rates are made increases. */
    WRITTEN,
    /** Counters when there is no rate in it, else as it is written. */
    EITHER
  }

  private final QueryLanguages languages;
  private final io.trilith.promql.parser.QueryParser promql;
  private final io.trilith.logql.parser.QueryParser logql;

  /** Of expressions that nest so deep at most. */
  CountedExpressions(QueryLanguages languages, int depthMax) {
    this.languages = languages;
    this.promql = new io.trilith.promql.parser.QueryParser(depthMax);
    this.logql = new io.trilith.logql.parser.QueryParser(depthMax);
  }

  /** Whether the text says where its window goes. */
  static boolean hasWindow(String text) {
    return WINDOW.matcher(text).find();
  }

  private static String windowed(String text, long stepMillis) {
    return WINDOW.matcher(text).replaceAll(RuleYaml.duration(stepMillis));
  }

  /** The events of a step; throws InvalidRequestException when that cannot be said. */
  RuleQuery events(Language language, String text, Of of, long stepMillis) {
    String written = windowed(text, stepMillis);
    return switch (language) {
      case PROMQL -> promql(written, of, stepMillis);
      case LOGQL -> logql(written, stepMillis);
      case TRACEQL -> traceql(written);
    };
  }

  /** An expression that is evaluated as it is, a window of it being a step. */
  RuleQuery plain(Language language, String text, long stepMillis) {
    return languages.parse(language, windowed(text, stepMillis));
  }

  private RuleQuery promql(String text, Of of, long stepMillis) {
    Expr tree = promql.parse(text);
    if (tree.type() == ValueType.STRING || tree.type() == ValueType.MATRIX) {
      throw new InvalidRequestException(
          "it is " + tree.type().text() + "; events need an expression with one number per series");
    }
    boolean counters = of == Of.COUNTERS || (of == Of.EITHER && !hasRate(tree));
    Expr counted = counted(tree, counters, stepMillis);
    boolean total =
        counted.unwrapped() instanceof Expr.Aggregation sum
            && sum.op() == AggregateOp.SUM
            && sum.grouping().isEmpty()
            && !sum.without();
    if (!total && counted.type() == ValueType.VECTOR) {
      counted = new Expr.Aggregation(0, AggregateOp.SUM, counted, null, List.of(), false);
    }
    return languages.parse(Language.PROMQL, io.trilith.promql.QueryPrinter.print(counted));
  }

  private static boolean isRate(String function) {
    return function.equals("rate") || function.equals("increase") || function.equals("irate");
  }

  private static boolean hasRate(Expr tree) {
    boolean here =
        (tree instanceof Expr.Call call && isRate(call.function().name()))
            || tree instanceof Expr.MatrixSelector
            || tree instanceof Expr.Subquery;
    return here || tree.children().anyMatch(CountedExpressions::hasRate);
  }

  private static Expr counted(Expr tree, boolean counters, long stepMillis) {
    return switch (tree) {
      case Expr.NumberLiteral _, Expr.StringLiteral _, Expr.Subquery _, Expr.MatrixSelector _ ->
          tree;
      case Expr.VectorSelector selector -> counters ? increase(selector, stepMillis) : selector;
      case Expr.Call call ->
          isRate(call.function().name())
                  && call.arguments().getFirst().unwrapped() instanceof Expr.MatrixSelector matrix
              ? increase(matrix.selector(), stepMillis)
              : new Expr.Call(
                  call.position(),
                  call.function(),
                  call.arguments().stream()
                      .map(part -> counted(part, counters, stepMillis))
                      .toList());
      case Expr.Aggregation node ->
          new Expr.Aggregation(
              node.position(),
              node.op(),
              counted(node.inner(), counters, stepMillis),
              node.parameter(),
              node.grouping(),
              node.without());
      case Expr.Negation node ->
          new Expr.Negation(node.position(), counted(node.operand(), counters, stepMillis));
      case Expr.Positive node ->
          new Expr.Positive(node.position(), counted(node.operand(), counters, stepMillis));
      case Expr.Binary node ->
          new Expr.Binary(
              node.position(),
              node.op(),
              counted(node.left(), counters, stepMillis),
              counted(node.right(), counters, stepMillis),
              node.bool(),
              node.matching());
      case Expr.Paren node ->
          new Expr.Paren(node.position(), counted(node.inner(), counters, stepMillis));
    };
  }

  private static Expr increase(Expr.VectorSelector selector, long stepMillis) {
    Expr.VectorSelector anchored =
        new Expr.VectorSelector(
            selector.position(),
            selector.name(),
            selector.matchers(),
            selector.shift(),
            Expr.Edge.ANCHORED);
    DurationExpr range =
        new DurationExpr.Literal(stepMillis / 1000.0, RuleYaml.duration(stepMillis));
    return new Expr.Call(
        selector.position(),
        Objects.requireNonNull(FunctionSignature.find("increase")),
        List.of(new Expr.MatrixSelector(selector.position(), anchored, range)));
  }

  private RuleQuery logql(String text, long stepMillis) {
    io.trilith.logql.ast.Expr.Metric counted =
        switch (logql.parse(text)) {
          case io.trilith.logql.ast.Expr.Logs logs ->
              new io.trilith.logql.ast.Expr.RangeAggregation(
                  RangeFunction.COUNT_OVER_TIME, null, logs, null, stepMillis * NANOS, 0, null);
          case io.trilith.logql.ast.Expr.Metric metric -> counted(metric, stepMillis);
        };
    boolean total =
        counted instanceof io.trilith.logql.ast.Expr.VectorAggregation sum
            && sum.function() == VectorFunction.SUM
            && sum.grouping() == null;
    if (!total) {
      counted =
          new io.trilith.logql.ast.Expr.VectorAggregation(VectorFunction.SUM, 0, counted, null);
    }
    return languages.parse(Language.LOGQL, io.trilith.logql.QueryPrinter.print(counted));
  }

  private static io.trilith.logql.ast.Expr.Metric counted(
      io.trilith.logql.ast.Expr.Metric tree, long stepMillis) {
    return switch (tree) {
      case io.trilith.logql.ast.Expr.RangeAggregation range ->
          new io.trilith.logql.ast.Expr.RangeAggregation(
              events(range),
              range.parameter(),
              range.logs(),
              range.unwrap(),
              stepMillis * NANOS,
              range.offsetNanos(),
              range.grouping());
      case io.trilith.logql.ast.Expr.VectorAggregation vector ->
          new io.trilith.logql.ast.Expr.VectorAggregation(
              vector.function(),
              vector.parameter(),
              counted(vector.operand(), stepMillis),
              vector.grouping());
      case io.trilith.logql.ast.Expr.Binary binary ->
          new io.trilith.logql.ast.Expr.Binary(
              binary.operation(),
              binary.bool(),
              binary.matching(),
              counted(binary.left(), stepMillis),
              counted(binary.right(), stepMillis));
      case io.trilith.logql.ast.Expr.LabelReplace replace ->
          new io.trilith.logql.ast.Expr.LabelReplace(
              counted(replace.operand(), stepMillis),
              replace.target(),
              replace.replacement(),
              replace.source(),
              replace.pattern());
      case io.trilith.logql.ast.Expr.Scalar scalar -> scalar;
      case io.trilith.logql.ast.Expr.Vector vector -> vector;
    };
  }

  private static RangeFunction events(io.trilith.logql.ast.Expr.RangeAggregation range) {
    return switch (range.function()) {
      case RATE ->
          range.unwrap() == null ? RangeFunction.COUNT_OVER_TIME : RangeFunction.SUM_OVER_TIME;
      case BYTES_RATE -> RangeFunction.BYTES_OVER_TIME;
      case RATE_COUNTER ->
          throw new InvalidRequestException(
              "rate_counter cannot be counted exactly; use count_over_time or sum_over_time");
      default -> range.function();
    };
  }

  private RuleQuery traceql(String text) {
    String counted = TRACE_RATE.matcher(text.strip()).replaceAll("| count_over_time()");
    if (TraceQueries.parse(counted) instanceof TraceQuery.Search) {
      counted = counted + " | count_over_time()";
    }
    RuleQuery query = languages.parse(Language.TRACEQL, counted);
    if (query instanceof RuleQuery.Traceql traceql && !additive(traceql.tree())) {
      throw new InvalidRequestException(
          "events need count_over_time(), rate() or sum_over_time(…): they are added up");
    }
    return query;
  }

  private static boolean additive(Metrics tree) {
    return switch (tree) {
      case Metrics.Source source ->
          switch (source.function()) {
            case Metrics.Count count -> !count.perSecond();
            case Metrics.OverTime over -> over.kind() == Metrics.OverTime.Kind.SUM;
            case Metrics.Quantile _, Metrics.Compare _ -> false;
          };
      case Metrics.Operation operation -> additive(operation.left()) && additive(operation.right());
      case Metrics.Constant _ -> true;
      case Metrics.Rank rank -> additive(rank.input());
      case Metrics.Threshold threshold -> additive(threshold.input());
    };
  }
}

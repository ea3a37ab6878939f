package io.trilith.rules;

import io.trilith.logql.ast.Expr;
import io.trilith.promql.QueryPrinter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;

/** Reads expressions of all languages. Thread-safe. */
public final class QueryLanguages {
  private final io.trilith.promql.parser.QueryParser promql;
  private final io.trilith.logql.parser.QueryParser logql;

  /** Of expressions that nest so deep at most. */
  public QueryLanguages(int depthMax) {
    promql = new io.trilith.promql.parser.QueryParser(depthMax);
    logql = new io.trilith.logql.parser.QueryParser(depthMax);
  }

  /** Throws InvalidRequestException when it is none, or one that gives no numbers. */
  public RuleQuery parse(Language language, String text) {
    return switch (language) {
      case PROMQL -> {
        io.trilith.promql.ast.Expr tree = promql.parse(text);
        yield new RuleQuery.Promql(tree, QueryPrinter.print(tree));
      }
      case LOGQL -> {
        Expr tree = logql.parse(text);
        if (!(tree instanceof Expr.Metric metric)) {
          throw new InvalidRequestException(
              "a rule needs a metric query, such as sum(rate({…}[5m])); this one selects lines");
        }
        yield new RuleQuery.Logql(metric, io.trilith.logql.QueryPrinter.print(tree));
      }
      case TRACEQL -> {
        if (!(TraceQueries.parse(text) instanceof TraceQuery.Series query)) {
          throw new InvalidRequestException(
              "a rule needs a metrics query, such as { … } | rate(); this one selects spans");
        }
        yield new RuleQuery.Traceql(query.metrics(), text.strip());
      }
    };
  }
}

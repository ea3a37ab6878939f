package io.trilith.logql.parser;

import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.RegexText;
import org.jspecify.annotations.Nullable;

/** What the grammar cannot say. */
final class LogqlChecks {
  /** A hundred years: added to any time of a query it does not overflow. */
  static final long DURATION_MAX = 100L * 365 * 86_400_000_000_000L;

  private static final int STAGES_MAX = 1000;

  private LogqlChecks() {}

  /** Why the aggregation cannot be, or null. */
  static @Nullable String problem(Expr.RangeAggregation aggregation) {
    RangeFunction function = aggregation.function();
    boolean unwrapped = aggregation.unwrap() != null;
    if (function.needsUnwrap() && !unwrapped) {
      return "invalid aggregation " + function.text() + " without unwrap";
    }
    if (!function.allowsUnwrap() && unwrapped) {
      return "invalid aggregation " + function.text() + " with unwrap";
    }
    if (aggregation.grouping() != null && !function.allowsGrouping()) {
      return "grouping not allowed for " + function.text() + " aggregation";
    }
    boolean quantile = function == RangeFunction.QUANTILE_OVER_TIME;
    if (aggregation.parameter() != null && !quantile) {
      return "parameter "
          + aggregation.parameter()
          + " not supported for operation "
          + function.text();
    }
    if (aggregation.parameter() == null && quantile) {
      return "parameter required for operation " + function.text();
    }
    return null;
  }

  static void check(Expr.Logs logs) {
    boolean selective = false;
    for (Matcher matcher : logs.matchers()) {
      selective |= !matcher.matches("");
    }
    if (!selective) {
      throw new InvalidRequestException(
          "parse error : queries require at least one regexp or equality matcher that does not"
              + " have an empty-compatible value. For instance, app=~\".*\" does not meet this"
              + " requirement, but app=~\".+\" will");
    }
    if (logs.stages().size() > STAGES_MAX) {
      throw new InvalidRequestException(
          "the pipeline has more than " + STAGES_MAX + " stages: " + logs.stages().size());
    }
    // Compiling finds what is wrong with expressions, templates, patterns and paths.
    Pipeline.compile(logs.stages());
  }

  static Expr.LabelReplace checked(Expr.LabelReplace replace) {
    Regex _ = RegexText.compile(replace.pattern());
    return replace;
  }
}

package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Pipeline;
import io.trilith.tracestore.SpanFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * What a trace must have for a pipeline to find anything in it: for each filter one span at least,
 * put together as the operators do. It never says no to a trace that matches.
 */
public final class Needs {
  private static final int FILTERS_MAX = 63;

  @SuppressWarnings("UnnecessaryLambda") // told apart by identity
  private static final LongPredicate ANYTHING = _ -> true;

  private final List<SpanFilter> filters = new ArrayList<>();

  private Needs() {}

  /**
   * The filters, numbered, and what a trace must have of them.
   *
   * @param minDurationNanos a trace that lasts less does not match
   */
  public record Of(List<SpanFilter> filters, LongPredicate wanted, long minDurationNanos) {}

  public static Of of(Pipeline pipeline) {
    Needs needs = new Needs();
    LongPredicate wanted = needs.pipeline(pipeline);
    return new Of(needs.filters, wanted, minDuration(pipeline));
  }

  private LongPredicate pipeline(Pipeline pipeline) {
    LongPredicate all = ANYTHING;
    for (Pipeline.Stage stage : pipeline.stages()) {
      if (stage instanceof Pipeline.Spansets spansets) {
        all = and(all, spansets(spansets));
      }
    }
    return all;
  }

  @SuppressWarnings("ReferenceEquality") // the one that holds for everything
  private static LongPredicate and(LongPredicate left, LongPredicate right) {
    return left == ANYTHING ? right : right == ANYTHING ? left : left.and(right);
  }

  @SuppressWarnings("ReferenceEquality") // the one that holds for everything
  private static LongPredicate or(LongPredicate left, LongPredicate right) {
    return left == ANYTHING || right == ANYTHING ? ANYTHING : left.or(right);
  }

  private LongPredicate spansets(Pipeline.Spansets spansets) {
    return switch (spansets) {
      case Pipeline.Filter filter -> {
        LongPredicate needed = filter(Conditions.of(filter.condition()).filter());
        for (SpanFilter root : Conditions.ofRoots(filter.condition())) {
          needed = and(needed, filter(root));
        }
        yield needed;
      }
      case Pipeline.Joined last -> chain(Pipeline.Chain.of(last));
      case Pipeline.Group group -> pipeline(group.pipeline());
    };
  }

  /** What stands before the last negated relation need not be there. */
  private LongPredicate chain(Pipeline.Chain chain) {
    List<Pipeline.Joined> joined = chain.joined();
    int from = joined.size();
    while (from > 0 && !isNegated(joined.get(from - 1))) {
      from--;
    }
    LongPredicate needed = spansets(from == 0 ? chain.first() : joined.get(from - 1).right());
    for (Pipeline.Joined next : joined.subList(from, joined.size())) {
      LongPredicate right = spansets(next.right());
      needed = next instanceof Pipeline.Either ? or(needed, right) : and(needed, right);
    }
    return needed;
  }

  private static boolean isNegated(Pipeline.Joined joined) {
    return joined instanceof Pipeline.Structural structural
        && structural.mode() == Pipeline.Mode.NEGATED;
  }

  private LongPredicate filter(SpanFilter filter) {
    if (holdsAlways(filter) || filters.size() >= FILTERS_MAX) {
      return ANYTHING;
    }
    long bit = 1L << filters.size();
    filters.add(filter);
    return mask -> (mask & bit) != 0;
  }

  /** How long traces must last at least; 0 when any may match. */
  private static long minDuration(Pipeline pipeline) {
    long min = 0;
    for (Pipeline.Stage stage : pipeline.stages()) {
      if (stage instanceof Pipeline.Spansets spansets) {
        min = Math.max(min, minDuration(spansets));
      }
    }
    return min;
  }

  private static long minDuration(Pipeline.Spansets spansets) {
    return switch (spansets) {
      case Pipeline.Filter filter -> Conditions.minTraceDuration(filter.condition());
      case Pipeline.Joined last -> {
        Pipeline.Chain chain = Pipeline.Chain.of(last);
        long min = minDuration(chain.first());
        for (Pipeline.Joined next : chain.joined()) {
          long right = minDuration(next.right());
          min =
              next instanceof Pipeline.Either
                  ? Math.min(min, right)
                  : isNegated(next) ? right : Math.max(min, right);
        }
        yield min;
      }
      case Pipeline.Group group -> minDuration(group.pipeline());
    };
  }

  private static boolean holdsAlways(SpanFilter filter) {
    return switch (filter) {
      case SpanFilter.Any _ -> true;
      case SpanFilter.And and -> and.parts().stream().allMatch(Needs::holdsAlways);
      case SpanFilter.Or or -> or.parts().stream().anyMatch(Needs::holdsAlways);
      case SpanFilter.Test _ -> false;
    };
  }
}

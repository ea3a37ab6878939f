package io.trilith.tracestore;

import io.trilith.storage.removal.RowRule;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hides traces or spans.
 *
 * @param traces that are hidden whole, whenever their spans start
 * @param filter spans that pass it and start in the range are hidden; null when only traces are
 * @param except filters; a span that passes one of them is not meant
 * @param minTime of the start in nanoseconds, included, as is the other one
 */
public record SpanRule(
    String source,
    Set<TraceId> traces,
    @Nullable SpanFilter filter,
    List<SpanFilter> except,
    long minTime,
    long maxTime)
    implements RowRule {
  public SpanRule {
    traces = Set.copyOf(traces);
    except = List.copyOf(except);
  }

  public boolean hides(Span span) {
    return traces.contains(span.traceId()) || isExpired(span);
  }

  /** Whether the filter means a span. */
  public boolean isExpired(Span span) {
    SpanFilter meant = filter;
    if (meant == null
        || span.startNanos() < minTime
        || span.startNanos() > maxTime
        || !meant.matches(span)) {
      return false;
    }
    for (SpanFilter one : except) {
      if (one.matches(span)) {
        return false;
      }
    }
    return true;
  }
}

package io.trilith.tracestore;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All spans of a trace, whenever and in how many parts they came, each once.
 *
 * @param spans by start, then id, then kind; never empty
 */
public record Trace(TraceId id, List<Span> spans) {
  private static final Comparator<Span> ORDER =
      Comparator.comparingLong(Span::startNanos)
          .thenComparing(Span::spanId, Long::compareUnsigned)
          .thenComparingInt(Span::kind);

  /** What tells two spans of a trace apart. */
  private record Key(long spanId, int kind) {}

  /** Of spans that are the same, the last one is taken. */
  public static Trace of(TraceId id, Collection<Span> parts) {
    Map<Key, Span> unique = HashMap.newHashMap(parts.size());
    for (Span span : parts) {
      unique.put(new Key(span.spanId(), span.kind()), span);
    }
    return new Trace(id, unique.values().stream().sorted(ORDER).toList());
  }

  public long startNanos() {
    return spans.getFirst().startNanos();
  }

  public long endNanos() {
    long end = Long.MIN_VALUE;
    for (Span span : spans) {
      end = Math.max(end, span.endNanos());
    }
    return end;
  }
}

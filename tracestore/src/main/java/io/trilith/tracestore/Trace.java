package io.trilith.tracestore;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

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

  /** Of spans that are the same, which is that id and kind are, the last one is taken. */
  public static Trace of(TraceId id, Collection<Span> parts) {
    Span[] spans = parts.toArray(Span[]::new);
    int size = unique(spans);
    boolean sorted = true;
    for (int i = 1; i < size && sorted; i++) {
      sorted = ORDER.compare(spans[i - 1], spans[i]) <= 0;
    }
    if (!sorted) {
      Arrays.sort(spans, 0, size, ORDER);
    }
    return new Trace(id, List.of(size == spans.length ? spans : Arrays.copyOf(spans, size)));
  }

  /** Moves those that stay to the front, in order, and returns how many they are. */
  private static int unique(Span[] spans) {
    SpanIds ids = new SpanIds();
    ids.clear(spans.length);
    // Of spans with one id and several kinds, each knows the one before it.
    int[] before = null;
    boolean[] again = null;
    for (int i = 0; i < spans.length; i++) {
      long id = spans[i].spanId();
      int known = ids.get(id);
      ids.put(id, i);
      if (known < 0) {
        continue;
      }
      if (before == null || again == null) {
        before = new int[spans.length];
        Arrays.fill(before, -1);
        again = new boolean[spans.length];
      }
      before[i] = known;
      for (int last = i, at = known; at >= 0; last = at, at = before[at]) {
        if (spans[at].kind() == spans[i].kind()) {
          again[at] = true;
          before[last] = before[at];
          break;
        }
      }
    }
    if (again == null) {
      return spans.length;
    }
    int size = 0;
    for (int i = 0; i < spans.length; i++) {
      if (!again[i]) {
        spans[size++] = spans[i];
      }
    }
    return size;
  }

  public long startNanos() {
    return spans.getFirst().startNanos();
  }

  /** The last time that a span reaches, never before the start. */
  public long endNanos() {
    long end = Long.MIN_VALUE;
    for (Span span : spans) {
      end = Math.max(end, span.lastNanos());
    }
    return end;
  }
}

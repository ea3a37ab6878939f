package io.trilith.tracestore.store;

import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Gathers spans of candidates; few sources hold their columns at a time. Not thread-safe. */
final class PartReaders implements AutoCloseable {
  private static final int OPEN_MAX = 16;

  private final List<PartSource> sources;
  private final List<TraceList> lists;
  private final Tally cost;
  private final Map<Integer, PartSource.Reader> open = new LinkedHashMap<>(16, 0.75f, true);

  PartReaders(List<PartSource> sources, List<TraceList> lists, Tally cost) {
    this.sources = sources;
    this.lists = lists;
    this.cost = cost;
  }

  private PartSource.Reader reader(int source) {
    PartSource.Reader known = open.get(source);
    if (known != null) {
      return known;
    }
    if (open.size() >= OPEN_MAX) {
      Integer eldest = open.keySet().iterator().next();
      Objects.requireNonNull(open.remove(eldest)).close();
    }
    PartSource.Reader opened = sources.get(source).reader(cost);
    open.put(source, opened);
    return opened;
  }

  /** Adds spans of a part, and returns what was taken for them. */
  long addSpans(int source, int part, int max, List<Span> into) {
    PartSource.Reader reader = reader(source);
    TraceList list = lists.get(source);
    long bytes = reader.spanBytes(list, part, max);
    cost.take(bytes);
    reader.addSpans(list, part, max, into);
    return bytes;
  }

  @Override
  public void close() {
    open.values().forEach(PartSource.Reader::close);
    open.clear();
  }
}

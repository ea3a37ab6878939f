package io.trilith.tracestore.store;

import io.trilith.storage.removal.RowRule;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.SpanRule;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A source without what some rules hide. Parts that no rule touches are read as ever, of others the
 * spans one by one. Thread-safe.
 */
final class HidingSource implements PartSource {
  private static final int FILTERS_MAX = Long.SIZE;

  private final PartSource source;
  private final List<SpanRule> rules;

  /** Those with a filter. */
  private final List<SpanRule> filtering;

  private final boolean hidesTraces;

  HidingSource(PartSource source, List<SpanRule> rules) {
    this.source = source;
    this.rules = rules;
    this.filtering = rules.stream().filter(rule -> rule.filter() != null).toList();
    this.hidesTraces = rules.stream().anyMatch(rule -> !rule.traces().isEmpty());
  }

  private boolean isHidden(TraceId id) {
    if (hidesTraces) {
      for (SpanRule rule : rules) {
        if (rule.traces().contains(id)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isExpired(Span span) {
    for (SpanRule rule : filtering) {
      if (rule.isExpired(span)) {
        return true;
      }
    }
    return false;
  }

  /**
   * How much of all is hidden, from 0 to 1, judged by parts: 0 only when it is nothing. A part of
   * which several rules or exceptions have a say counts by the time that they cover, all its spans
   * alike.
   */
  double hiddenShare() {
    RemainingList left = list(List.of(), ReadCost.NONE);
    int all = left.all.size();
    double hidden = all - left.size();
    for (int i = 0; i < left.size(); i++) {
      if (left.touched.get(i)) {
        int part = left.parts[i];
        double share = 0;
        for (SpanRule rule : filtering) {
          share =
              Math.max(
                  share, RowRule.share(rule, left.all.minNanos(part), left.all.maxNanos(part)));
        }
        hidden += share;
      }
    }
    return all == 0 ? 0 : Math.min(1, hidden / all);
  }

  @Override
  public List<Span> find(TraceId id, int max, ReadCost cost) {
    if (isHidden(id)) {
      return List.of();
    }
    List<Span> found = source.find(id, max, cost);
    return filtering.isEmpty() ? found : found.stream().filter(span -> !isExpired(span)).toList();
  }

  /** What is left of another list. */
  static final class RemainingList extends TraceList {
    private final TraceList all;
    private int[] parts = new int[64];

    /** Which entries may have spans that are hidden. */
    private final BitSet touched = new BitSet();

    RemainingList(TraceList all) {
      this.all = all;
    }

    void keep(int part, long mask, boolean isTouched) {
      if (size() == parts.length) {
        parts = Arrays.copyOf(parts, parts.length * 2);
      }
      parts[size()] = part;
      touched.set(size(), isTouched);
      // When what is left starts is not known: such a trace is looked at.
      long min = isTouched ? Long.MIN_VALUE : all.minNanos(part);
      add(all.high(part), all.low(part), min, all.maxNanos(part), mask);
    }
  }

  @Override
  public RemainingList list(List<SpanFilter> filters, ReadCost cost) {
    List<SpanFilter> asked = new ArrayList<>(filters);
    boolean told = filters.size() + filtering.size() <= FILTERS_MAX;
    if (told) {
      for (SpanRule rule : filtering) {
        SpanFilter filter = rule.filter();
        asked.add(filter == null ? SpanFilter.Any.INSTANCE : filter);
      }
    }
    TraceList all = source.list(asked, cost);
    long own = filters.size() == FILTERS_MAX ? -1L : (1L << filters.size()) - 1;
    RemainingList left = new RemainingList(all);
    for (int i = 0; i < all.size(); i++) {
      if (!hidesTraces || !isHidden(new TraceId(all.high(i), all.low(i)))) {
        boolean touched = false;
        for (int rule = 0; rule < filtering.size(); rule++) {
          touched |=
              all.minNanos(i) <= filtering.get(rule).maxTime()
                  && (!told || (all.mask(i) >>> (filters.size() + rule) & 1) != 0);
        }
        left.keep(i, all.mask(i) & own, touched);
      }
    }
    return left;
  }

  @Override
  public Reader reader(ReadCost cost) {
    Reader reader = source.reader(cost);
    return new Reader() {
      @Override
      public long spanBytes(TraceList list, int part, int max) {
        RemainingList left = (RemainingList) list;
        return reader.spanBytes(left.all, left.parts[part], max);
      }

      @Override
      public void addSpans(TraceList list, int part, int max, List<Span> into) {
        RemainingList left = (RemainingList) list;
        if (!left.touched.get(part)) {
          reader.addSpans(left.all, left.parts[part], max, into);
          return;
        }
        List<Span> spans = new ArrayList<>();
        reader.addSpans(left.all, left.parts[part], max, spans);
        spans.removeIf(HidingSource.this::isExpired);
        into.addAll(spans);
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  @Override
  public void rows(
      TraceList list, BitSet without, RowQuery query, ReadCost cost, Consumer<SpanRow> to) {
    RemainingList left = (RemainingList) list;
    BitSet passed = new BitSet();
    passed.set(0, left.all.size());
    for (int i = 0; i < left.size(); i++) {
      if (!without.get(i) && !left.touched.get(i)) {
        passed.clear(left.parts[i]);
      }
    }
    source.rows(left.all, passed, query, cost, to);
    Row row = new Row(query.fields());
    try (Reader reader = reader(cost)) {
      for (int i = left.touched.nextSetBit(0); i >= 0; i = left.touched.nextSetBit(i + 1)) {
        if (!without.get(i)) {
          List<Span> spans = new ArrayList<>();
          reader.addSpans(left, i, Integer.MAX_VALUE, spans);
          visit(spans, query, row, to);
        }
      }
    }
  }

  private static void visit(List<Span> spans, RowQuery query, Row row, Consumer<SpanRow> to) {
    if (spans.isEmpty()) {
      return;
    }
    for (Span span : Trace.of(spans.getFirst().traceId(), spans).spans()) {
      if (span.startNanos() >= query.minNanos()
          && span.startNanos() <= query.maxNanos()
          && query.filter().matches(span)) {
        row.span = span;
        to.accept(row);
      }
    }
  }

  /** Hands over the visible spans that the range touches. */
  private void visible(long minNanos, long maxNanos, ReadCost cost, Consumer<Span> to) {
    Cursor parts = parts(cost);
    while (parts.next()) {
      cost.check();
      if (parts.minNanos() <= maxNanos && parts.maxNanos() >= minNanos) {
        List<Span> spans = new ArrayList<>();
        parts.addSpans(spans, Integer.MAX_VALUE);
        spans.forEach(to);
      }
    }
  }

  @Override
  public void keys(
      long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
    if (!hidesTraces) {
      source.keys(minNanos, maxNanos, cost, to);
      return;
    }
    visible(
        minNanos,
        maxNanos,
        cost,
        span -> {
          keys(SpanField.Kind.RESOURCE_ATTRIBUTE, span.resource().attributes(), to);
          keys(SpanField.Kind.SPAN_ATTRIBUTE, span.attributes(), to);
          keys(SpanField.Kind.SCOPE_ATTRIBUTE, span.scope().attributes(), to);
          span.events().forEach(e -> keys(SpanField.Kind.EVENT_ATTRIBUTE, e.attributes(), to));
          span.links().forEach(l -> keys(SpanField.Kind.LINK_ATTRIBUTE, l.attributes(), to));
        });
  }

  private static void keys(
      SpanField.Kind kind, Attributes attributes, BiConsumer<SpanField.Kind, String> to) {
    for (int i = 0; i < attributes.size(); i++) {
      to.accept(kind, attributes.key(i));
    }
  }

  @Override
  public void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to) {
    if (!hidesTraces) {
      source.values(field, minNanos, maxNanos, cost, to);
      return;
    }
    Row row = new Row(List.of(field));
    visible(
        minNanos,
        maxNanos,
        cost,
        span -> {
          row.span = span;
          switch (field.kind()) {
            case EVENT_ATTRIBUTE ->
                span.events().forEach(e -> one(e.attributes().find(field.key()), to));
            case LINK_ATTRIBUTE ->
                span.links().forEach(l -> one(l.attributes().find(field.key()), to));
            case EVENT_NAME ->
                span.events().forEach(e -> to.accept(new AttributeValue.Text(e.name())));
            case NAME,
                KIND,
                STATUS,
                STATUS_MESSAGE,
                DURATION,
                SCOPE_NAME,
                SCOPE_VERSION,
                SPAN_ATTRIBUTE,
                RESOURCE_ATTRIBUTE,
                SCOPE_ATTRIBUTE ->
                one(row.value(0), to);
          }
        });
  }

  private static void one(@Nullable AttributeValue value, Consumer<AttributeValue> to) {
    if (value != null) {
      to.accept(value);
    }
  }

  @Override
  public Cursor parts(ReadCost cost) {
    Cursor parts = source.parts(cost);
    return new Cursor() {
      @Override
      public boolean next() {
        boolean more = parts.next();
        while (more && isHidden(parts.traceId())) {
          more = parts.next();
        }
        return more;
      }

      @Override
      public TraceId traceId() {
        return parts.traceId();
      }

      @Override
      public long minNanos() {
        return parts.minNanos();
      }

      @Override
      public long maxNanos() {
        return parts.maxNanos();
      }

      @Override
      public long spanBytes(int max) {
        return parts.spanBytes(max);
      }

      @Override
      public void addSpans(List<Span> into, int max) {
        if (filtering.isEmpty()) {
          parts.addSpans(into, max);
          return;
        }
        List<Span> spans = new ArrayList<>();
        parts.addSpans(spans, max);
        spans.removeIf(HidingSource.this::isExpired);
        into.addAll(spans);
      }
    };
  }

  /** A span that is there whole. */
  private static final class Row implements SpanRow {
    private final List<SpanField> fields;
    private @Nullable Span span;

    Row(List<SpanField> fields) {
      this.fields = fields;
    }

    private Span span() {
      Span at = span;
      if (at == null) {
        throw new IllegalStateException("no span");
      }
      return at;
    }

    @Override
    public TraceId traceId() {
      return span().traceId();
    }

    @Override
    public long startNanos() {
      return span().startNanos();
    }

    @Override
    public long durationNanos() {
      return span().durationNanos();
    }

    @Override
    public @Nullable AttributeValue value(int i) {
      SpanField field = fields.get(i);
      Span at = span();
      return switch (field.kind()) {
        case NAME -> new AttributeValue.Text(at.name());
        case KIND -> new AttributeValue.Int(at.kind());
        case STATUS -> new AttributeValue.Int(at.status().code());
        case STATUS_MESSAGE -> new AttributeValue.Text(at.status().message());
        case DURATION -> new AttributeValue.Int(at.durationNanos());
        case SCOPE_NAME -> new AttributeValue.Text(at.scope().name());
        case SCOPE_VERSION -> new AttributeValue.Text(at.scope().version());
        case SPAN_ATTRIBUTE -> at.attributes().find(field.key());
        case RESOURCE_ATTRIBUTE -> at.resource().attributes().find(field.key());
        case SCOPE_ATTRIBUTE -> at.scope().attributes().find(field.key());
        case EVENT_ATTRIBUTE, LINK_ATTRIBUTE, EVENT_NAME ->
            throw new IllegalArgumentException(field + " may be there several times");
      };
    }
  }
}

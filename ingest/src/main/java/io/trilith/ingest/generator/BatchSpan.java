package io.trilith.ingest.generator;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.columns.AttributeShape;
import io.trilith.tracestore.columns.SpanView;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One span of a batch after the other, read where it lies. Not thread-safe. */
final class BatchSpan {
  private final SpanView view;
  private final int valueMax;
  private final @Nullable String[] services;

  /** Where attributes are in each shape, by the very string that is asked for again and again. */
  private final IdentityHashMap<String, int[]> places = new IdentityHashMap<>();

  private int row;

  BatchSpan(SpanView view, int valueMax) {
    this.view = view;
    this.valueMax = valueMax;
    this.services = new @Nullable String[view.resources().size()];
  }

  BatchSpan at(int of) {
    row = of;
    return this;
  }

  SpanView view() {
    return view;
  }

  int row() {
    return row;
  }

  TraceId traceId() {
    return new TraceId(view.traceHighs()[row], view.traceLows()[row]);
  }

  long spanId() {
    return view.spanIds()[row];
  }

  long parentId() {
    return view.parentIds()[row];
  }

  long startNanos() {
    return view.starts()[row];
  }

  long durationNanos() {
    return view.duration(row);
  }

  /** The last time it reaches: its end, or its start if that is later. */
  long lastNanos() {
    return startNanos() + durationNanos();
  }

  int kind() {
    return view.kinds()[row] >> 8;
  }

  int status() {
    return view.kinds()[row] & 0xff;
  }

  String name() {
    return view.texts().get(view.names()[row]);
  }

  String message() {
    return view.texts().get(view.messages()[row]);
  }

  Span.Resource resource() {
    return view.resources().get(view.resourceNumbers()[row]);
  }

  /** The name of the service, cut; empty when it has none. */
  String service() {
    int number = view.resourceNumbers()[row];
    String known = services[number];
    if (known == null) {
      known = Texts.cut(Texts.find(resource().attributes(), "service.name"), valueMax);
      services[number] = known;
    }
    return known;
  }

  private int place(String key, int shape) {
    int[] known = places.get(key);
    if (known == null) {
      AttributeShape[] shapes = view.shapes();
      known = new int[shapes.length];
      for (int i = 0; i < known.length; i++) {
        known[i] = shapes[i].find(key);
      }
      places.put(key, known);
    }
    return known[shape];
  }

  /** The text of an attribute of the span itself, empty when it is not there. */
  String find(String key) {
    int shape = view.shapeNumbers(SpanView.Owner.SPAN)[row];
    int place = place(key, shape);
    if (place < 0) {
      return "";
    }
    int base = view.bases(SpanView.Owner.SPAN)[row];
    return Texts.text(view.value(view.shapes()[shape], base, place));
  }

  /** Of the resource, else of the span, else empty. */
  String findAnywhere(String key) {
    AttributeValue value = resource().attributes().find(key);
    return value == null ? find(key) : Texts.text(value);
  }

  /** The first of these that the span has and that is not empty; null when it has none. */
  @Nullable String first(List<String> keys) {
    for (String key : keys) {
      String value = find(key);
      if (!value.isEmpty()) {
        return value;
      }
    }
    return null;
  }
}

package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.SpanField;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Values of fields, row by row or all there are. */
public final class ColumnValues {
  private final SpanView view;

  public ColumnValues(SpanView view) {
    this.view = view;
  }

  /** Of a field that a span has at most one of: its value by row, null where it is not there. */
  public IntFunction<@Nullable AttributeValue> of(SpanField field) {
    TextView texts = view.texts();
    return switch (field.kind()) {
      case NAME -> row -> texts.value(view.names()[row]);
      case STATUS_MESSAGE -> row -> texts.value(view.messages()[row]);
      case KIND -> row -> new AttributeValue.Int(view.kinds()[row] >> 8);
      case STATUS -> row -> new AttributeValue.Int(view.kinds()[row] & 0xff);
      case DURATION -> row -> new AttributeValue.Int(view.duration(row));
      case RESOURCE_ATTRIBUTE ->
          owner(view.resources(), view.resourceNumbers(), of -> of.attributes().find(field.key()));
      case SCOPE_ATTRIBUTE ->
          owner(view.scopes(), view.scopeNumbers(), of -> of.attributes().find(field.key()));
      case SCOPE_NAME ->
          owner(view.scopes(), view.scopeNumbers(), of -> new AttributeValue.Text(of.name()));
      case SCOPE_VERSION ->
          owner(view.scopes(), view.scopeNumbers(), of -> new AttributeValue.Text(of.version()));
      case SPAN_ATTRIBUTE -> attribute(SpanView.Owner.SPAN, field.key());
      case EVENT_ATTRIBUTE, LINK_ATTRIBUTE, EVENT_NAME ->
          throw new IllegalArgumentException(field + " may be there several times");
    };
  }

  private static <T> IntFunction<@Nullable AttributeValue> owner(
      List<T> owners, int[] numbers, Function<T, @Nullable AttributeValue> value) {
    @Nullable AttributeValue[] found = new @Nullable AttributeValue[owners.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = value.apply(owners.get(i));
    }
    return row -> found[numbers[row]];
  }

  private IntFunction<@Nullable AttributeValue> attribute(SpanView.Owner owner, String key) {
    AttributeShape[] shapes = view.shapes();
    int[] places = places(key);
    int[] numbers = view.shapeNumbers(owner);
    int[] bases = view.bases(owner);
    return row -> {
      int place = places[numbers[row]];
      return place < 0 ? null : view.value(shapes[numbers[row]], bases[row], place);
    };
  }

  private int[] places(String key) {
    AttributeShape[] shapes = view.shapes();
    int[] places = new int[shapes.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = shapes[i].find(key);
    }
    return places;
  }

  /** Values of a field of some spans, texts and numbers once each. */
  public void distinct(SpanField field, BitSet spans, Consumer<AttributeValue> to) {
    switch (field.kind()) {
      case NAME -> texts(view.names(), spans, to);
      case STATUS_MESSAGE -> texts(view.messages(), spans, to);
      case SPAN_ATTRIBUTE -> attributes(SpanView.Owner.SPAN, field.key(), spans, to);
      case EVENT_ATTRIBUTE -> attributes(SpanView.Owner.EVENT, field.key(), events(spans), to);
      case LINK_ATTRIBUTE -> attributes(SpanView.Owner.LINK, field.key(), links(spans), to);
      case EVENT_NAME -> texts(view.eventNames(), events(spans), to);
      default -> {
        IntFunction<@Nullable AttributeValue> value = of(field);
        Set<AttributeValue> seen = new HashSet<>();
        for (int row = spans.nextSetBit(0); row >= 0; row = spans.nextSetBit(row + 1)) {
          AttributeValue found = value.apply(row);
          if (found != null && seen.add(found)) {
            to.accept(found);
          }
        }
      }
    }
  }

  /** The events of some spans. */
  private BitSet events(BitSet spans) {
    BitSet rows = new BitSet();
    for (int row = spans.nextSetBit(0); row >= 0; row = spans.nextSetBit(row + 1)) {
      rows.set(view.firstEvent(row), view.endEvent(row));
    }
    return rows;
  }

  private BitSet links(BitSet spans) {
    BitSet rows = new BitSet();
    for (int row = spans.nextSetBit(0); row >= 0; row = spans.nextSetBit(row + 1)) {
      rows.set(view.firstLink(row), view.endLink(row));
    }
    return rows;
  }

  private void texts(int[] numbers, BitSet rows, Consumer<AttributeValue> to) {
    BitSet seen = new BitSet(view.texts().size());
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      seen.set(numbers[row]);
    }
    seen.stream().forEach(text -> to.accept(view.texts().value(text)));
  }

  private void attributes(
      SpanView.Owner owner, String key, BitSet rows, Consumer<AttributeValue> to) {
    AttributeShape[] shapes = view.shapes();
    int[] places = places(key);
    int[] numbers = view.shapeNumbers(owner);
    int[] bases = view.bases(owner);
    BitSet texts = new BitSet();
    BitSet others = new BitSet();
    Set<AttributeValue> seen = new HashSet<>();
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      int shape = numbers[row];
      int place = places[shape];
      if (place < 0) {
        continue;
      }
      long word = view.values()[bases[row] + place];
      switch (shapes[shape].types()[place]) {
        case AttributeRow.TEXT -> texts.set((int) word);
        case AttributeRow.OTHER -> others.set((int) word);
        default -> {
          AttributeValue value = view.value(shapes[shape], bases[row], place);
          if (seen.add(value)) {
            to.accept(value);
          }
        }
      }
    }
    texts.stream().forEach(text -> to.accept(view.texts().value(text)));
    others.stream().forEach(text -> to.accept(view.other(text)));
  }
}

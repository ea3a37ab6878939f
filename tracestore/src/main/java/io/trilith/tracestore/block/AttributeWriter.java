package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import io.trilith.tracestore.columns.AttributeRow;
import io.trilith.tracestore.columns.AttributeShape;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TextView;
import java.util.ArrayList;
import java.util.List;

/**
 * The attributes of all rows of one owner: a shape per row, and for each key and type a dense
 * column of the values of those rows that have it. Not thread-safe.
 */
final class AttributeWriter {
  /** Types of blocks by those of columns in memory. */
  private static final int[] TYPES = new int[AttributeRow.OTHER + 1];

  static {
    TYPES[AttributeRow.TEXT] = TraceBlockFormat.TYPE_TEXT;
    TYPES[AttributeRow.INT] = TraceBlockFormat.TYPE_INT;
    TYPES[AttributeRow.REAL] = TraceBlockFormat.TYPE_REAL;
    TYPES[AttributeRow.BOOL] = TraceBlockFormat.TYPE_BOOL;
    TYPES[AttributeRow.OTHER] = TraceBlockFormat.TYPE_OTHER;
  }

  private final Dictionary<Key> keys = new Dictionary<>();
  private final List<Values> columns = new ArrayList<>();
  private final Dictionary<List<Integer>> shapes = new Dictionary<>();
  private final LongColumn rows = new LongColumn();

  /** What a column is of. */
  record Key(String name, int type) {}

  private static final class Values {
    final TextColumn.Builder texts = new TextColumn.Builder();
    final LongColumn numbers = new LongColumn();
    final ByteWriter other = new ByteWriter(16);
    int count;
  }

  void add(Attributes attributes) {
    List<Integer> shape = new ArrayList<>(attributes.size());
    for (int i = 0; i < attributes.size(); i++) {
      AttributeValue value = attributes.value(i);
      int column = column(attributes.key(i), type(value));
      put(value, columns.get(column));
      shape.add(column);
    }
    rows.add(shapes.add(shape));
  }

  /** By the number of a shape of a view the columns of its attributes, and its number here. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Known(int[] columns, int shape) {}

  private final IntNumbers knownAt = new IntNumbers();
  private final List<Known> known = new ArrayList<>();

  /** As above, a row of a view; always the same one. */
  void add(SpanView view, SpanView.Owner owner, int row) {
    int number = view.shapeNumbers(owner)[row];
    int at = knownAt.get(number);
    AttributeShape shape = view.shapes()[number];
    if (at < 0) {
      at = known.size();
      known.add(known(shape));
      knownAt.put(number, at);
    }
    Known here = known.get(at);
    int base = view.bases(owner)[row];
    for (int i = 0; i < here.columns.length; i++) {
      long word = view.values()[base + i];
      Values into = columns.get(here.columns[i]);
      into.count++;
      switch (shape.types()[i]) {
        case AttributeRow.TEXT -> into.texts.add((int) word, view.texts());
        case AttributeRow.OTHER -> {
          TextView texts = view.texts();
          into.other.putBytes(texts.bytes(), texts.start((int) word), texts.length((int) word));
        }
        default -> into.numbers.add(word);
      }
    }
    rows.add(here.shape);
  }

  private Known known(AttributeShape shape) {
    int[] places = new int[shape.size()];
    List<Integer> list = new ArrayList<>(places.length);
    for (int i = 0; i < places.length; i++) {
      places[i] = column(shape.names()[i], TYPES[shape.types()[i]]);
      list.add(places[i]);
    }
    return new Known(places, shapes.add(list));
  }

  private int column(String name, int type) {
    int column = keys.add(new Key(name, type));
    if (column == columns.size()) {
      columns.add(new Values());
    }
    return column;
  }

  private static int type(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text _ -> TraceBlockFormat.TYPE_TEXT;
      case AttributeValue.Int _ -> TraceBlockFormat.TYPE_INT;
      case AttributeValue.Real _ -> TraceBlockFormat.TYPE_REAL;
      case AttributeValue.Bool _ -> TraceBlockFormat.TYPE_BOOL;
      case AttributeValue.Empty _,
          AttributeValue.Bytes _,
          AttributeValue.Items _,
          AttributeValue.Entries _ ->
          TraceBlockFormat.TYPE_OTHER;
    };
  }

  private static void put(AttributeValue value, Values into) {
    into.count++;
    switch (value) {
      case AttributeValue.Text text -> into.texts.add(text.value());
      case AttributeValue.Int number -> into.numbers.add(number.value());
      case AttributeValue.Real number ->
          into.numbers.add(Double.doubleToRawLongBits(number.value()));
      case AttributeValue.Bool bool -> into.numbers.add(bool.value() ? 1 : 0);
      case AttributeValue.Empty _,
          AttributeValue.Bytes _,
          AttributeValue.Items _,
          AttributeValue.Entries _ ->
          AttributeCodec.putValue(value, into.other);
    }
  }

  int columnCount() {
    return columns.size();
  }

  Key key(int column) {
    return keys.values().get(column);
  }

  /** Shapes, then the shape of each row. */
  void writeShapes(ByteWriter out) {
    out.putVarint(shapes.values().size());
    for (List<Integer> shape : shapes.values()) {
      out.putVarint(shape.size());
      shape.forEach(out::putVarint);
    }
    rows.write(out);
  }

  void writeColumn(int column, ByteWriter out) {
    Values values = columns.get(column);
    out.putVarint(values.count);
    switch (key(column).type()) {
      case TraceBlockFormat.TYPE_TEXT -> values.texts.write(out);
      case TraceBlockFormat.TYPE_OTHER -> out.putBytes(values.other.view());
      default -> values.numbers.write(out);
    }
  }
}

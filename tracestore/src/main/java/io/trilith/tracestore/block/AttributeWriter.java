package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import java.util.ArrayList;
import java.util.List;

/**
 * The attributes of all rows of one owner: a shape per row, and for each key and type a dense
 * column of the values of those rows that have it. Not thread-safe.
 */
final class AttributeWriter {
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
      int column = keys.add(new Key(attributes.key(i), type(value)));
      if (column == columns.size()) {
        columns.add(new Values());
      }
      put(value, columns.get(column));
      shape.add(column);
    }
    rows.add(shapes.add(shape));
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

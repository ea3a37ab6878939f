package io.trilith.tracestore.block;

import static java.util.Objects.requireNonNull;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import io.trilith.tracestore.columns.AttributeRow;
import io.trilith.tracestore.columns.AttributeShape;
import io.trilith.tracestore.columns.IntNumbers;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TextView;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /** Bytes of a value beside its text. */
  private static final long WORD = 8;

  private final Dictionary<Key> keys = new Dictionary<>();
  private final List<Column> columns = new ArrayList<>();
  private final Dictionary<List<Integer>> shapes = new Dictionary<>();
  private final LongColumn rows = new LongColumn();

  /** What a column is of. */
  record Key(String name, int type) {}

  /** Has what its type needs. */
  private static final class Column {
    final TextColumn.@Nullable Builder texts;
    final @Nullable LongColumn numbers;
    final @Nullable ByteWriter other;
    int count;

    Column(int type) {
      texts = type == TraceBlockFormat.TYPE_TEXT ? new TextColumn.Builder() : null;
      other = type == TraceBlockFormat.TYPE_OTHER ? new ByteWriter(16) : null;
      numbers = texts == null && other == null ? new LongColumn() : null;
    }

    TextColumn.Builder texts() {
      return requireNonNull(texts);
    }

    LongColumn numbers() {
      return requireNonNull(numbers);
    }

    ByteWriter other() {
      return requireNonNull(other);
    }
  }

  /** By the number of a shape of a view the columns of its attributes, and its number here. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Known(int[] columns, int shape) {}

  private final IntNumbers knownAt = new IntNumbers();
  private final List<Known> known = new ArrayList<>();

  /** Adds a row of a view, always the same one; returns how many bytes are new, roughly. */
  long add(SpanView view, SpanView.Owner owner, int row) {
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
    long bytes = WORD * here.columns.length;
    for (int i = 0; i < here.columns.length; i++) {
      long word = view.values()[base + i];
      Column into = columns.get(here.columns[i]);
      into.count++;
      switch (shape.types()[i]) {
        case AttributeRow.TEXT -> {
          long before = into.texts().weight();
          into.texts().add((int) word, view.texts());
          bytes += into.texts().weight() - before;
        }
        case AttributeRow.OTHER -> {
          TextView texts = view.texts();
          int length = texts.length((int) word);
          into.other().putBytes(texts.bytes(), texts.start((int) word), length);
          bytes += length;
        }
        default -> into.numbers().add(word);
      }
    }
    rows.add(here.shape);
    return bytes;
  }

  /** Copies a row of another group; they come in ascending order. Returns as above. */
  long add(GroupRows.Owned from, int row) {
    if (from.isEmpty()) {
      rows.add(shapes.add(List.of()));
      return 0;
    }
    GroupRows.Owned.Target target = from.target(row, this);
    int[] positions = from.positions();
    int[] source = from.shape();
    long bytes = WORD * source.length;
    for (int i = 0; i < source.length; i++) {
      Column into = columns.get(target.columns()[i]);
      into.count++;
      int position = positions[source[i]]++;
      Values values = from.values(source[i]);
      switch (values.type()) {
        case TraceBlockFormat.TYPE_TEXT -> {
          long before = into.texts().weight();
          from.texts(source[i]).copy(position, into.texts());
          bytes += into.texts().weight() - before;
        }
        case TraceBlockFormat.TYPE_OTHER -> {
          int before = into.other().size();
          AttributeCodec.putValue(values.value(position), into.other());
          bytes += into.other().size() - before;
        }
        default -> into.numbers().add(values.numbers().get(position));
      }
    }
    rows.add(target.shape());
    return bytes;
  }

  /** Where attributes of some names and types go, as a shape. */
  GroupRows.Owned.Target target(int[] of, String[] names, int[] types) {
    int[] places = new int[of.length];
    List<Integer> list = new ArrayList<>(places.length);
    for (int i = 0; i < places.length; i++) {
      places[i] = column(names[of[i]], types[of[i]]);
      list.add(places[i]);
    }
    return new GroupRows.Owned.Target(places, shapes.add(list));
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
      columns.add(new Column(type));
    }
    return column;
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
    Column values = columns.get(column);
    out.putVarint(values.count);
    switch (key(column).type()) {
      case TraceBlockFormat.TYPE_TEXT -> values.texts().write(out);
      case TraceBlockFormat.TYPE_OTHER -> out.putBytes(values.other().view());
      default -> values.numbers().write(out);
    }
  }
}

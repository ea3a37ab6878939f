package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.chunk.AttributeCodec;

/** Walks the attributes of one owner row by row, see {@link AttributeWriter}. Not thread-safe. */
final class AttributeRows {
  private final int[][] shapes;
  private final long[] rows;
  private final Column[] columns;
  private int row;

  /** One dense column and how far it was read. */
  static final class Column {
    private final String name;
    private final int type;
    private final int count;
    private final TextColumn texts;
    private final long[] numbers;
    private final AttributeValue[] other;
    private int position;

    private Column(String name, int type, ByteReader in) {
      this.name = name;
      this.type = type;
      long said = in.getVarint();
      if (said < 0 || said > Integer.MAX_VALUE / 64) {
        throw in.corrupt("a column of " + said + " values");
      }
      count = (int) said;
      texts = type == TraceBlockFormat.TYPE_TEXT ? TextColumn.read(in, count) : TextColumn.EMPTY;
      boolean isOther = type == TraceBlockFormat.TYPE_OTHER;
      boolean isNumber = !isOther && type != TraceBlockFormat.TYPE_TEXT;
      numbers = isNumber ? LongColumn.read(in, count) : new long[0];
      if (isOther && count > in.remaining()) {
        throw in.corrupt("a column of " + said + " values");
      }
      other = new AttributeValue[isOther ? count : 0];
      for (int i = 0; i < other.length; i++) {
        other[i] = AttributeCodec.getValue(in);
      }
    }

    static Column read(String name, int type, ByteReader in) {
      if (type < 0 || type > TraceBlockFormat.TYPE_OTHER) {
        throw in.corrupt("a column of type " + type);
      }
      return new Column(name, type, in);
    }

    private AttributeValue next() {
      int at = position++;
      return switch (type) {
        case TraceBlockFormat.TYPE_TEXT -> new AttributeValue.Text(texts.get(at));
        case TraceBlockFormat.TYPE_INT -> new AttributeValue.Int(numbers[at]);
        case TraceBlockFormat.TYPE_REAL ->
            new AttributeValue.Real(Double.longBitsToDouble(numbers[at]));
        case TraceBlockFormat.TYPE_BOOL -> new AttributeValue.Bool(numbers[at] != 0);
        default -> other[at];
      };
    }
  }

  private AttributeRows(int[][] shapes, long[] rows, Column[] columns) {
    this.shapes = shapes;
    this.rows = rows;
    this.columns = columns;
  }

  static AttributeRows read(ByteReader in, int rowCount, Column[] columns) {
    int[][] shapes = new int[in.getCount()][];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] = new int[in.getCount()];
      for (int k = 0; k < shapes[i].length; k++) {
        shapes[i][k] = in.getIndex(columns.length);
      }
    }
    long[] rows = LongColumn.read(in, rowCount);
    int[] used = new int[columns.length];
    for (long shape : rows) {
      if (shape < 0 || shape >= shapes.length) {
        throw in.corrupt("shape " + shape + " of " + shapes.length);
      }
      for (int column : shapes[(int) shape]) {
        used[column]++;
      }
    }
    for (int i = 0; i < columns.length; i++) {
      if (used[i] != columns[i].count) {
        throw in.corrupt("column " + i + " has " + columns[i].count + " values for " + used[i]);
      }
    }
    return new AttributeRows(shapes, rows, columns);
  }

  /** Attributes of all rows together. */
  long values() {
    long values = 0;
    for (Column column : columns) {
      values += column.count;
    }
    return values;
  }

  void rewind() {
    row = 0;
    for (Column column : columns) {
      column.position = 0;
    }
  }

  void skip() {
    for (int column : shapes[(int) rows[row++]]) {
      columns[column].position++;
    }
  }

  Attributes next() {
    int[] shape = shapes[(int) rows[row++]];
    String[] keys = new String[shape.length];
    AttributeValue[] values = new AttributeValue[shape.length];
    for (int i = 0; i < shape.length; i++) {
      Column column = columns[shape[i]];
      keys[i] = column.name;
      values[i] = column.next();
    }
    return Attributes.of(keys, values);
  }
}

package io.trilith.tracestore.columns;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.AttributeCodec;
import java.util.Arrays;

/**
 * Columns as bytes.
 *
 * <pre>
 * columns = texts shapes  count:varint resource*  count:varint scope*  count:varint dropped*
 *           rows:varint event*  rows:varint link*  rows:varint span*          column by column
 *           count:varint (skip:varint early:varint)*                          early ends
 * texts   = count:varint length:varint* bytes      the first one is empty
 * shapes  = count:varint (size:varint (key:varint type:1)*)*        but the first one, the empty
 * dropped = attributes:varint events:varint links:varint            but the first one, nothing
 * span    = traceId:16 spanId:8 parentId:8 start:zigzag(delta) duration kind&lt;&lt;8|status flags
 *           dropped resource scope name state message shape events links values
 * event   = time:zigzag(delta) name dropped shape values
 * link    = traceId:16 spanId:8 state flags dropped shape values
 * values  = a varint that numbers a text, or zigzag, or a double, or 1 byte
 * </pre>
 *
 * Numbers without a type are varints. Values come after the columns of all rows, row by row.
 *
 * <p>A span that ends before it starts has a duration of 0 and is one of the early ends: how many
 * rows lie between it and the one before, and by how much it ends early. Earlier columns have no
 * such list.
 */
public final class ColumnCodec {
  private static final int KIND_MAX = 1 << 24;

  private ColumnCodec() {}

  public static void put(SpanColumns columns, ByteWriter out) {
    TextTable texts = columns.texts;
    out.putVarint(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      out.putVarint(texts.end(i) - texts.start(i));
    }
    out.putBytes(texts.bytes(), 0, texts.total());
    out.putVarint(columns.shapes.size());
    for (int i = 1; i < columns.shapes.size(); i++) {
      AttributeShape shape = columns.shapes.get(i);
      out.putVarint(shape.size());
      for (int k = 0; k < shape.size(); k++) {
        out.putVarint(shape.keys()[k]);
        out.putByte(shape.types()[k]);
      }
    }
    out.putVarint(columns.resources.values().size());
    columns.resources.values().forEach(resource -> AttributeCodec.putResource(resource, out));
    out.putVarint(columns.scopes.values().size());
    columns.scopes.values().forEach(scope -> AttributeCodec.putScope(scope, out));
    out.putVarint(columns.dropped.values().size());
    for (Span.Dropped dropped : columns.dropped.values()) {
      out.putVarint(dropped.attributes());
      out.putVarint(dropped.events());
      out.putVarint(dropped.links());
    }
    putEvents(columns, out);
    putLinks(columns, out);
    putSpans(columns, out);
    putEarlyEnds(columns.spans.longs[SpanColumns.DURATION], out);
  }

  private static void putEvents(SpanColumns columns, ByteWriter out) {
    ColumnTable table = columns.events;
    out.putVarint(table.size());
    deltas(table.longs[0], out);
    varints(table.ints[SpanColumns.EVENT_NAME], out);
    varints(table.ints[SpanColumns.EVENT_DROPPED], out);
    varints(table.ints[SpanColumns.EVENT_SHAPE], out);
    values(columns, table.ints[SpanColumns.EVENT_SHAPE], table.ints[SpanColumns.EVENT_BASE], out);
  }

  private static void putLinks(SpanColumns columns, ByteWriter out) {
    ColumnTable table = columns.links;
    out.putVarint(table.size());
    for (int i = 0; i < 3; i++) {
      words(table.longs[i], out);
    }
    varints(table.ints[SpanColumns.LINK_STATE], out);
    varints(table.ints[SpanColumns.LINK_FLAGS], out);
    varints(table.ints[SpanColumns.LINK_DROPPED], out);
    varints(table.ints[SpanColumns.LINK_SHAPE], out);
    values(columns, table.ints[SpanColumns.LINK_SHAPE], table.ints[SpanColumns.LINK_BASE], out);
  }

  private static void putSpans(SpanColumns columns, ByteWriter out) {
    ColumnTable table = columns.spans;
    out.putVarint(table.size());
    words(table.longs[SpanColumns.TRACE_HIGH], out);
    words(table.longs[SpanColumns.TRACE_LOW], out);
    words(table.longs[SpanColumns.SPAN_ID], out);
    words(table.longs[SpanColumns.PARENT_ID], out);
    deltas(table.longs[SpanColumns.START], out);
    LongList durations = table.longs[SpanColumns.DURATION];
    for (int i = 0; i < durations.size(); i++) {
      out.putVarint(Math.max(0, durations.get(i)));
    }
    for (int i = SpanColumns.KIND; i <= SpanColumns.SHAPE; i++) {
      varints(table.ints[i], out);
    }
    counts(table.ints[SpanColumns.EVENTS], out);
    counts(table.ints[SpanColumns.LINKS], out);
    values(columns, table.ints[SpanColumns.SHAPE], table.ints[SpanColumns.BASE], out);
  }

  private static void putEarlyEnds(LongList durations, ByteWriter out) {
    int count = 0;
    for (int i = 0; i < durations.size(); i++) {
      count += durations.get(i) < 0 ? 1 : 0;
    }
    out.putVarint(count);
    int next = 0;
    for (int i = 0; i < durations.size() && count > 0; i++) {
      if (durations.get(i) < 0) {
        out.putVarint(i - next);
        out.putVarint(-durations.get(i));
        next = i + 1;
      }
    }
  }

  private static void words(LongList column, ByteWriter out) {
    out.reserve(8 * column.size());
    for (int i = 0; i < column.size(); i++) {
      out.putLong(column.get(i));
    }
  }

  private static void deltas(LongList column, ByteWriter out) {
    long last = 0;
    for (int i = 0; i < column.size(); i++) {
      out.putZigzag(column.get(i) - last);
      last = column.get(i);
    }
  }

  private static void varints(IntList column, ByteWriter out) {
    for (int i = 0; i < column.size(); i++) {
      out.putVarint(Integer.toUnsignedLong(column.get(i)));
    }
  }

  private static void counts(IntList ends, ByteWriter out) {
    int last = 0;
    for (int i = 0; i < ends.size(); i++) {
      out.putVarint(ends.get(i) - last);
      last = ends.get(i);
    }
  }

  private static void values(
      SpanColumns columns, IntList shapeNumbers, IntList bases, ByteWriter out) {
    long[] values = columns.values.array();
    for (int row = 0; row < shapeNumbers.size(); row++) {
      byte[] types = columns.shapes.get(shapeNumbers.get(row)).types();
      int base = bases.get(row);
      for (int i = 0; i < types.length; i++) {
        long word = values[base + i];
        switch (types[i]) {
          case AttributeRow.INT -> out.putZigzag(word);
          case AttributeRow.REAL -> out.putLong(word);
          case AttributeRow.BOOL -> out.putByte((int) word);
          default -> out.putVarint(word);
        }
      }
    }
  }

  /**
   * Decodes columns; what is not as it was written ends in an error of the reader.
   *
   * @param earlyEnds whether they end with the list of early ends
   */
  public static SpanColumns get(ByteReader in, boolean earlyEnds) {
    SpanColumns columns = new SpanColumns();
    getTexts(in, columns);
    getShapes(in, columns);
    for (int left = in.getCount(3); left > 0; left--) {
      int _ = columns.resources.add(AttributeCodec.getResource(in));
    }
    for (int left = in.getCount(5); left > 0; left--) {
      int _ = columns.scopes.add(AttributeCodec.getScope(in));
    }
    int droppedCount = in.getCount(3);
    for (int i = 0; i < droppedCount; i++) {
      Span.Dropped dropped =
          new Span.Dropped((int) in.getVarint(), (int) in.getVarint(), (int) in.getVarint());
      if (columns.dropped.add(dropped) != i) {
        throw in.corrupt("the same number of things dropped twice");
      }
    }
    Reader reader = new Reader(in, columns);
    reader.events();
    reader.links();
    reader.spans();
    if (earlyEnds) {
      reader.earlyEnds();
    }
    return columns;
  }

  private static void getTexts(ByteReader in, SpanColumns columns) {
    int[] lengths = new int[in.getCount()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = in.getCount();
    }
    for (int i = 0; i < lengths.length; i++) {
      byte[] text = in.getBytes(lengths[i]);
      if (columns.texts.add(text, 0, text.length) != i) {
        throw in.corrupt("text " + i + " comes twice");
      }
    }
  }

  private static void getShapes(ByteReader in, SpanColumns columns) {
    int count = in.getCount();
    for (int i = 1; i < count; i++) {
      int size = in.getCount(2);
      int[] keys = new int[size];
      byte[] types = new byte[size];
      for (int k = 0; k < size; k++) {
        keys[k] = in.getIndex(columns.texts.size());
        types[k] = (byte) in.getByte();
        if (types[k] < 0 || types[k] > AttributeRow.OTHER) {
          throw in.corrupt("a value of type " + types[k]);
        }
      }
      if (columns.shapes.add(keys, types, size, columns.texts) != i) {
        throw in.corrupt("shape " + i + " comes twice");
      }
    }
  }

  private static final class Reader {
    private final ByteReader in;
    private final SpanColumns columns;
    private final int texts;

    /** Texts that were looked at and hold a value. */
    private final boolean[] encoded;

    Reader(ByteReader in, SpanColumns columns) {
      this.in = in;
      this.columns = columns;
      this.texts = columns.texts.size();
      this.encoded = new boolean[texts];
    }

    void events() {
      int rows = in.getCount(4);
      ColumnTable table = columns.events;
      deltas(table.longs[0], rows);
      indexes(table.ints[SpanColumns.EVENT_NAME], rows, texts);
      numbers(table.ints[SpanColumns.EVENT_DROPPED], rows);
      indexes(table.ints[SpanColumns.EVENT_SHAPE], rows, columns.shapes.size());
      values(table.ints[SpanColumns.EVENT_SHAPE], table.ints[SpanColumns.EVENT_BASE]);
    }

    void links() {
      int rows = in.getCount(28);
      ColumnTable table = columns.links;
      for (int i = 0; i < 3; i++) {
        words(table.longs[i], rows);
      }
      indexes(table.ints[SpanColumns.LINK_STATE], rows, texts);
      numbers(table.ints[SpanColumns.LINK_FLAGS], rows);
      numbers(table.ints[SpanColumns.LINK_DROPPED], rows);
      indexes(table.ints[SpanColumns.LINK_SHAPE], rows, columns.shapes.size());
      values(table.ints[SpanColumns.LINK_SHAPE], table.ints[SpanColumns.LINK_BASE]);
    }

    void spans() {
      int rows = in.getCount(45);
      ColumnTable table = columns.spans;
      words(table.longs[SpanColumns.TRACE_HIGH], rows);
      words(table.longs[SpanColumns.TRACE_LOW], rows);
      words(table.longs[SpanColumns.SPAN_ID], rows);
      words(table.longs[SpanColumns.PARENT_ID], rows);
      deltas(table.longs[SpanColumns.START], rows);
      for (int i = 0; i < rows; i++) {
        long duration = in.getVarint();
        long start = table.longs[SpanColumns.START].get(i);
        if (duration < 0 || start + duration < start) {
          throw in.corrupt("a duration of " + duration);
        }
        table.longs[SpanColumns.DURATION].add(duration);
      }
      indexes(table.ints[SpanColumns.KIND], rows, KIND_MAX);
      numbers(table.ints[SpanColumns.FLAGS], rows);
      indexes(table.ints[SpanColumns.DROPPED], rows, columns.dropped.values().size());
      indexes(table.ints[SpanColumns.RESOURCE], rows, columns.resources.values().size());
      indexes(table.ints[SpanColumns.SCOPE], rows, columns.scopes.values().size());
      indexes(table.ints[SpanColumns.NAME], rows, texts);
      indexes(table.ints[SpanColumns.STATE], rows, texts);
      indexes(table.ints[SpanColumns.MESSAGE], rows, texts);
      indexes(table.ints[SpanColumns.SHAPE], rows, columns.shapes.size());
      ends(table.ints[SpanColumns.EVENTS], rows, columns.events.size());
      ends(table.ints[SpanColumns.LINKS], rows, columns.links.size());
      values(table.ints[SpanColumns.SHAPE], table.ints[SpanColumns.BASE]);
    }

    void earlyEnds() {
      LongList durations = columns.spans.longs[SpanColumns.DURATION];
      int next = 0;
      for (int left = in.getCount(2); left > 0; left--) {
        int row = next + in.getIndex(durations.size() - next);
        long early = in.getVarint();
        if (early <= 0 || durations.get(row) != 0) {
          throw in.corrupt(
              "a span of " + durations.get(row) + " ns that ends " + early + " ns early");
        }
        durations.set(row, -early);
        next = row + 1;
      }
    }

    private void words(LongList column, int rows) {
      column.reserve(rows);
      for (int i = 0; i < rows; i++) {
        column.add(in.getLong());
      }
    }

    private void deltas(LongList column, int rows) {
      long last = 0;
      for (int i = 0; i < rows; i++) {
        last += in.getZigzag();
        column.add(last);
      }
    }

    private void numbers(IntList column, int rows) {
      for (int i = 0; i < rows; i++) {
        column.add((int) in.getVarint());
      }
    }

    private void indexes(IntList column, int rows, int bound) {
      for (int i = 0; i < rows; i++) {
        column.add(in.getIndex(bound));
      }
    }

    private void ends(IntList column, int rows, int total) {
      int end = 0;
      for (int i = 0; i < rows; i++) {
        end += in.getIndex(total - end + 1);
        column.add(end);
      }
      if (end != total) {
        throw in.corrupt(end + " of " + total + " events or links belong to a span");
      }
    }

    private void values(IntList shapeNumbers, IntList bases) {
      for (int row = 0; row < shapeNumbers.size(); row++) {
        byte[] types = columns.shapes.get(shapeNumbers.get(row)).types();
        bases.add(columns.values.size());
        for (byte type : types) {
          columns.values.add(
              switch (type) {
                case AttributeRow.TEXT -> in.getIndex(texts);
                case AttributeRow.INT -> in.getZigzag();
                case AttributeRow.REAL -> in.getLong();
                case AttributeRow.BOOL -> in.getByte() == 0 ? 0 : 1;
                default -> encoded(in.getIndex(texts));
              });
        }
      }
    }

    private int encoded(int text) {
      if (!encoded[text]) {
        TextTable table = columns.texts;
        byte[] bytes = Arrays.copyOfRange(table.bytes(), table.start(text), table.end(text));
        var _ =
            AttributeCodec.getValue(
                new ByteReader(
                    java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN),
                    "a value in a log record",
                    in.position()));
        encoded[text] = true;
      }
      return text;
    }
  }
}

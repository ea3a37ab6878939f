package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the directory says of a row group: its bounds and where its columns are. */
record GroupEntry(
    int spans,
    TraceId first,
    TraceId last,
    long minStart,
    long maxEnd,
    long minDuration,
    long maxDuration,
    List<Column> columns) {

  /**
   * A column.
   *
   * @param key name of the attribute, empty for other columns
   */
  record Column(int code, int owner, int type, String key, long offset, int length) {}

  static GroupEntry read(ByteReader in) {
    int spans = in.getIndex(TraceBlockFormat.GROUP_SPANS + 1);
    TraceId first = new TraceId(in.getLong(), in.getLong());
    TraceId last = new TraceId(in.getLong(), in.getLong());
    long minStart = in.getZigzag();
    long maxEnd = minStart + in.getVarint();
    long minDuration = in.getVarint();
    long maxDuration = in.getVarint();
    List<Column> columns = new ArrayList<>();
    for (int left = in.getCount(3); left > 0; left--) {
      int code = (int) in.getVarint();
      boolean attribute = code == TraceBlockFormat.ATTRIBUTE;
      int owner = attribute ? in.getIndex(TraceBlockFormat.OWNER_LINK + 1) : 0;
      int type = attribute ? in.getIndex(TraceBlockFormat.TYPE_OTHER + 1) : 0;
      String key = attribute ? in.getString() : "";
      columns.add(
          new Column(code, owner, type, key, in.getVarint(), in.getIndex(Integer.MAX_VALUE)));
    }
    return new GroupEntry(
        spans, first, last, minStart, maxEnd, minDuration, maxDuration, List.copyOf(columns));
  }

  /** The column of a code, null when the group has none. */
  @Nullable Column find(int code) {
    for (Column column : columns) {
      if (column.code == code) {
        return column;
      }
    }
    return null;
  }
}

package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What the directory says of a row group: its bounds and where its columns are. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record GroupEntry(
    int spans,
    TraceId first,
    TraceId last,
    long minStart,
    long maxEnd,
    long minDuration,
    long maxDuration,
    List<Column> columns,
    int[][] attributes) {

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
        spans,
        first,
        last,
        minStart,
        maxEnd,
        minDuration,
        maxDuration,
        List.copyOf(columns),
        attributes(columns));
  }

  private static int[][] attributes(List<Column> columns) {
    int[][] byOwner = new int[TraceBlockFormat.OWNER_LINK + 1][];
    for (int owner = 0; owner < byOwner.length; owner++) {
      int of = owner;
      byOwner[owner] =
          IntStream.range(0, columns.size())
              .filter(i -> columns.get(i).code == TraceBlockFormat.ATTRIBUTE)
              .filter(i -> columns.get(i).owner == of)
              .toArray();
    }
    return byOwner;
  }

  /** Where the column of a code is in the list, negative when the group has none. */
  int place(int code) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).code == code) {
        return i;
      }
    }
    return -1;
  }

  /** Where the attribute columns of an owner are in the list; the array is not to be changed. */
  int[] attributes(int owner) {
    return attributes[owner];
  }
}

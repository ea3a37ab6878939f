package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.TraceList;

/** Which rows of a row group belong to which trace: its TRACES column. Immutable. */
final class TracePlaces {
  private final long[] high;
  private final long[] low;
  private final int[] firstRows;
  private final long[] mins;
  private final long[] maxs;

  private TracePlaces(int count) {
    high = new long[count];
    low = new long[count];
    firstRows = new int[count + 1];
    mins = new long[count];
    maxs = new long[count];
  }

  static TracePlaces read(ByteReader in, int spans) {
    TracePlaces places = new TracePlaces(in.getCount(19));
    int row = 0;
    for (int i = 0; i < places.size(); i++) {
      places.high[i] = in.getLong();
      places.low[i] = in.getLong();
      int rows = in.getIndex(spans - row + 1);
      places.mins[i] = in.getZigzag();
      places.maxs[i] = places.mins[i] + in.getVarint();
      row += rows;
      places.firstRows[i + 1] = row;
    }
    if (row != spans) {
      throw in.corrupt(row + " rows of " + spans + " belong to a trace");
    }
    return places;
  }

  int size() {
    return high.length;
  }

  /** Adds all traces to a list. */
  void addTo(TraceList list, long[] masks) {
    list.addAll(high, low, mins, maxs, masks);
  }

  TraceId id(int i) {
    return new TraceId(high[i], low[i]);
  }

  long high(int i) {
    return high[i];
  }

  long low(int i) {
    return low[i];
  }

  int firstRow(int i) {
    return firstRows[i];
  }

  int endRow(int i) {
    return firstRows[i + 1];
  }

  long minNanos(int i) {
    return mins[i];
  }

  long maxNanos(int i) {
    return maxs[i];
  }

  /** Index of the trace, negative when it is not here. */
  int find(TraceId id) {
    int from = 0;
    int to = high.length - 1;
    while (from <= to) {
      int middle = (from + to) >>> 1;
      int order = Long.compareUnsigned(high[middle], id.high());
      order = order != 0 ? order : Long.compareUnsigned(low[middle], id.low());
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        from = middle + 1;
      } else {
        to = middle - 1;
      }
    }
    return -1;
  }
}

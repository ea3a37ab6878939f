package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.AttributeCodec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one row group as a query uses them: each is read when it is first asked for. They
 * are charged to the query until it leaves the group. Not thread-safe.
 */
final class GroupColumns {
  private static final int RESOURCE_BYTES = 200;

  private final BlockReader reader;
  private final GroupEntry entry;
  private final int group;
  private final ColumnCache cache;
  private final ReadCost cost;
  private final @Nullable Object[] columns;
  private long held;

  /** Owners of spans by their number, and the number of each row. */
  record Owners<T>(List<T> owners, Longs rows) {
    T of(int row) {
      return owners.get((int) rows.get(row));
    }
  }

  /** Counts of events or links of each row, and how many there are before it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Counts(int[] before) {
    int first(int row) {
      return before[row];
    }

    int end(int row) {
      return before[row + 1];
    }

    int total() {
      return before[before.length - 1];
    }
  }

  GroupColumns(BlockReader reader, GroupEntry entry, int group, ColumnCache cache, ReadCost cost) {
    this.reader = reader;
    this.entry = entry;
    this.group = group;
    this.cache = cache;
    this.cost = cost;
    this.columns = new @Nullable Object[entry.columns().size()];
  }

  GroupEntry entry() {
    return entry;
  }

  int rows() {
    return entry.spans();
  }

  String name() {
    return reader.name();
  }

  /** Bytes that were taken of the cost and not given back. */
  long held() {
    return held;
  }

  /** Gives back what was taken. */
  void leave() {
    cost.giveBack(held);
    held = 0;
    java.util.Arrays.fill(columns, null);
  }

  /** Makes a column of a page. */
  private interface Decoder {
    ColumnCache.Loaded decode(Page page);
  }

  private Object column(int at, Decoder decoder) {
    Object known = columns[at];
    if (known != null) {
      return known;
    }
    ColumnCache.Key key = new ColumnCache.Key(reader.name(), group, at);
    ColumnCache.Loaded loaded = cache.find(key);
    if (loaded == null) {
      GroupEntry.Column column = entry.columns().get(at);
      cost.check();
      loaded =
          decoder.decode(
              Page.unpack(
                  reader.page(TraceBlockFormat.PAGES, column.offset(), column.length()),
                  reader.name()));
      cache.put(key, loaded);
    }
    held += loaded.bytes();
    cost.take(loaded.bytes());
    columns[at] = loaded.column();
    return loaded.column();
  }

  private int place(int code) {
    int place = entry.place(code);
    if (place < 0) {
      throw new StorageException.Corrupt(reader.name(), 0, "column " + code + " is missing");
    }
    return place;
  }

  Longs longs(int code, int count) {
    return (Longs)
        column(
            place(code),
            page -> new ColumnCache.Loaded(Longs.read(page, count), page.bytes().length));
  }

  Longs longs(int code) {
    return longs(code, rows());
  }

  Texts texts(int code, int count) {
    return (Texts)
        column(
            place(code),
            page -> {
              Texts texts = Texts.read(page, count);
              return new ColumnCache.Loaded(texts, page.bytes().length + texts.weight());
            });
  }

  Texts texts(int code) {
    return texts(code, rows());
  }

  /** Words of 8 bytes. */
  long[] raw(int code, int count) {
    return (long[])
        column(
            place(code),
            page -> {
              long[] values = new long[Math.min(count, page.reader().remaining() / 8 + 1)];
              for (int i = 0; i < count; i++) {
                values[i] = page.reader().getLong();
              }
              return new ColumnCache.Loaded(values, 8L * count);
            });
  }

  TracePlaces places() {
    return (TracePlaces)
        column(
            place(TraceBlockFormat.TRACES),
            page -> {
              TracePlaces places = TracePlaces.read(page.reader(), rows());
              return new ColumnCache.Loaded(places, 36L * places.size());
            });
  }

  /** Parent ids of all rows. */
  long[] parents() {
    TracePlaces places = places();
    long[] spanIds = raw(TraceBlockFormat.SPAN_IDS, rows());
    return (long[])
        column(
            place(TraceBlockFormat.PARENTS),
            page -> new ColumnCache.Loaded(parents(page.reader(), places, spanIds), 8L * rows()));
  }

  private long[] parents(ByteReader in, TracePlaces places, long[] spanIds) {
    long[] ids = new long[rows()];
    for (int trace = 0; trace < places.size(); trace++) {
      int first = places.firstRow(trace);
      int count = places.endRow(trace) - first;
      for (int i = 0; i < count; i++) {
        int code = in.getIndex(count + 2);
        ids[first + i] = code == 0 ? 0 : code == 1 ? in.getLong() : spanIds[first + code - 2];
      }
    }
    return ids;
  }

  /** Durations, starts or early ends, none of which may be negative. */
  Longs times(int code) {
    return (Longs)
        column(
            place(code),
            page -> {
              Longs times = Longs.read(page, rows());
              for (int i = 0; i < rows(); i++) {
                if (times.get(i) < 0) {
                  throw new StorageException.Corrupt(name(), 0, "a time before its trace");
                }
              }
              return new ColumnCache.Loaded(times, page.bytes().length);
            });
  }

  /** By how much each span ends before it starts; 0 for most. */
  Longs earlyEnds() {
    return entry.place(TraceBlockFormat.EARLY_ENDS) < 0
        ? Longs.zeros(rows())
        : times(TraceBlockFormat.EARLY_ENDS);
  }

  /** Reads one owner. */
  private interface OwnerReader<T> {
    T read(ByteReader in);
  }

  @SuppressWarnings("unchecked") // what was put there under this code
  private <T> Owners<T> owners(int code, OwnerReader<T> read) {
    return (Owners<T>)
        column(
            place(code),
            page -> {
              List<T> owners = new ArrayList<>();
              for (int left = page.reader().getCount(); left > 0; left--) {
                owners.add(read.read(page.reader()));
              }
              Longs rows = Longs.indexes(page, rows(), owners.size());
              return new ColumnCache.Loaded(
                  new Owners<>(List.copyOf(owners), rows),
                  3L * page.bytes().length + (long) RESOURCE_BYTES * owners.size());
            });
  }

  Owners<Span.Resource> resources() {
    return owners(TraceBlockFormat.RESOURCES, AttributeCodec::getResource);
  }

  Owners<Span.Scope> scopes() {
    return owners(TraceBlockFormat.SCOPES, AttributeCodec::getScope);
  }

  /** Of events or links, by the code of their counts. */
  Counts counts(int code) {
    return (Counts)
        column(
            place(code),
            page -> {
              Longs counts = Longs.read(page, rows());
              int[] before = new int[rows() + 1];
              long total = 0;
              for (int i = 0; i < rows(); i++) {
                total += counts.get(i);
                if (counts.get(i) < 0 || total > Integer.MAX_VALUE / 64) {
                  throw page.reader().corrupt(total + " rows");
                }
                before[i + 1] = (int) total;
              }
              return new ColumnCache.Loaded(new Counts(before), 4L * before.length);
            });
  }

  /** Rows that an owner has. */
  int ownerRows(int owner) {
    return switch (owner) {
      case TraceBlockFormat.OWNER_EVENT -> counts(TraceBlockFormat.EVENT_COUNTS).total();
      case TraceBlockFormat.OWNER_LINK -> counts(TraceBlockFormat.LINK_COUNTS).total();
      default -> rows();
    };
  }

  Shapes shapes(int owner) {
    int rows = ownerRows(owner);
    int count = entry.attributes(owner).length;
    return (Shapes)
        column(
            place(TraceBlockFormat.SHAPES + owner),
            page -> {
              Shapes shapes = Shapes.read(page, rows, count);
              return new ColumnCache.Loaded(shapes, page.bytes().length + shapes.weight());
            });
  }

  /** An attribute's column by its number among those of the owner. */
  Values values(int owner, int number) {
    int at = entry.attributes(owner)[number];
    int expected = shapes(owner).count(number);
    return (Values)
        column(
            at,
            page -> {
              Values values = Values.read(page, entry.columns().get(at).type(), expected);
              return new ColumnCache.Loaded(values, page.bytes().length + values.weight());
            });
  }
}

package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanRow;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.chunk.TraceList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An open trace block: directory in memory, columns read on demand. Immutable, thread-safe. */
public final class TraceBlock implements PartSource {
  private final BlockReader reader;
  private final ColumnCache cache;
  private final List<GroupEntry> groups = new ArrayList<>();
  private int weight = 4096;
  private volatile @Nullable IdFilter filter;

  private TraceBlock(BlockReader reader, ColumnCache cache) {
    this.reader = reader;
    this.cache = cache;
    if (reader.hasSection(TraceBlockFormat.ID_FILTER)) {
      weight += (int) Math.min(1 << 30, reader.sectionLength(TraceBlockFormat.ID_FILTER));
    }
    ByteReader in = reader.section(TraceBlockFormat.GROUPS);
    for (int left = in.getCount(40); left > 0; left--) {
      GroupEntry group = GroupEntry.read(in);
      groups.add(group);
      weight += 200 + group.columns().size() * 100;
    }
  }

  /** Opens a block and reads its directory. Columns are read anew each time. */
  public static TraceBlock open(ObjectStore objects, String name) {
    return open(objects, name, new ColumnCache(0));
  }

  /** As above; columns that were read are kept in a cache. */
  public static TraceBlock open(ObjectStore objects, String name, ColumnCache cache) {
    return new TraceBlock(BlockReader.open(objects, name, TraceBlockFormat.KIND), cache);
  }

  /** The container, for who checks or lists its sections. */
  public BlockReader container() {
    return reader;
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    return weight;
  }

  /** Bytes in the block of the columns of its largest row group. */
  public long largestGroupBytes() {
    long largest = 0;
    for (GroupEntry group : groups) {
      long bytes = 0;
      for (GroupEntry.Column column : group.columns()) {
        bytes += column.length();
      }
      largest = Math.max(largest, bytes);
    }
    return largest;
  }

  public int groupCount() {
    return groups.size();
  }

  /**
   * Bytes of the columns of the row groups that reach into a range, by what they hold: attributes
   * as {@code span.key}, {@code event.key}, {@code link.key}, others by their names.
   */
  public SortedMap<String, Long> columnBytes(long minNanos, long maxNanos) {
    SortedMap<String, Long> bytes = new TreeMap<>();
    for (GroupEntry group : groups) {
      if (reaches(group, minNanos, maxNanos)) {
        for (GroupEntry.Column column : group.columns()) {
          bytes.merge(TraceBlockFormat.text(column), (long) column.length(), Long::sum);
        }
      }
    }
    return bytes;
  }

  GroupEntry group(int at) {
    return groups.get(at);
  }

  GroupColumns columns(int group, ReadCost cost) {
    return new GroupColumns(reader, groups.get(group), group, cache, cost);
  }

  /** Blocks of earlier releases have no filter. */
  private boolean mayHave(TraceId id) {
    IdFilter known = filter;
    if (known == null) {
      if (!reader.hasSection(TraceBlockFormat.ID_FILTER)) {
        return true;
      }
      known = IdFilter.read(reader.section(TraceBlockFormat.ID_FILTER));
      filter = known;
    }
    return known.mayHave(id.high(), id.low());
  }

  @Override
  public List<Span> find(TraceId id, int max, ReadCost cost) {
    List<Span> found = new ArrayList<>();
    if (!mayHave(id)) {
      return found;
    }
    for (int i = 0; i < groups.size(); i++) {
      GroupEntry group = groups.get(i);
      if (found.size() < max
          && group.first().compareTo(id) <= 0
          && group.last().compareTo(id) >= 0) {
        GroupColumns columns = columns(i, cost);
        int trace = columns.places().find(id);
        if (trace >= 0) {
          RowGroup rows = new RowGroup(columns);
          int room = max - found.size();
          cost.take(rows.spanBytes(trace, room));
          rows.addSpans(trace, room, found);
        }
        columns.leave();
      }
    }
    return found;
  }

  /** Remembers which entries are of which group. */
  private static final class BlockList extends TraceList {
    private final int[] firsts;

    BlockList(int groups) {
      firsts = new int[groups + 1];
    }

    int group(int part) {
      int at = Arrays.binarySearch(firsts, part);
      if (at < 0) {
        return -at - 2;
      }
      while (firsts[at + 1] == part) {
        at++;
      }
      return at;
    }
  }

  @Override
  public TraceList list(List<SpanFilter> filters, ReadCost cost) {
    BlockList list = new BlockList(groups.size());
    for (int i = 0; i < groups.size(); i++) {
      cost.check();
      GroupColumns columns = columns(i, cost);
      TracePlaces places = columns.places();
      long[] masks = new GroupFilter(columns).masks(filters);
      cost.take((long) TraceList.ENTRY_BYTES * places.size());
      places.addTo(list, masks);
      list.firsts[i + 1] = list.size();
      columns.leave();
    }
    return list;
  }

  @Override
  public Reader reader(ReadCost cost) {
    return new GroupReader(cost);
  }

  private final class GroupReader implements Reader {
    private final ReadCost cost;
    private int group = -1;
    private @Nullable GroupColumns columns;
    private @Nullable RowGroup rows;

    GroupReader(ReadCost cost) {
      this.cost = cost;
    }

    private RowGroup at(int wanted) {
      RowGroup current = rows;
      if (current == null || group != wanted) {
        close();
        GroupColumns opened = columns(wanted, cost);
        columns = opened;
        group = wanted;
        current = new RowGroup(opened);
        rows = current;
      }
      return current;
    }

    @Override
    public long spanBytes(TraceList list, int part, int max) {
      BlockList own = (BlockList) list;
      int at = own.group(part);
      return at(at).spanBytes(part - own.firsts[at], max);
    }

    @Override
    public void addSpans(TraceList list, int part, int max, List<Span> into) {
      BlockList own = (BlockList) list;
      int at = own.group(part);
      at(at).addSpans(part - own.firsts[at], max, into);
    }

    @Override
    public void close() {
      if (columns != null) {
        columns.leave();
        columns = null;
        rows = null;
      }
    }
  }

  @Override
  public void rows(
      TraceList list, BitSet without, RowQuery query, ReadCost cost, Consumer<SpanRow> to) {
    BlockList own = (BlockList) list;
    for (int i = 0; i < groups.size(); i++) {
      GroupEntry group = groups.get(i);
      if (!reaches(group, query.minNanos(), query.maxNanos())) {
        continue;
      }
      cost.check();
      GroupColumns columns = columns(i, cost);
      BitSet rows = new GroupFilter(columns).rows(query.filter());
      if (!rows.isEmpty()) {
        Rows visited = new Rows(columns, query);
        int first = own.firsts[i];
        int next = rows.nextSetBit(0);
        for (int trace = 0; trace < visited.places.size() && next >= 0; trace++) {
          if (next < visited.places.endRow(trace)) {
            next =
                without.get(first + trace)
                    ? rows.nextSetBit(visited.places.endRow(trace))
                    : visited.visit(trace, rows, next, to);
          }
        }
      }
      columns.leave();
    }
  }

  private static boolean reaches(GroupEntry group, long minNanos, long maxNanos) {
    return group.minStart() <= maxNanos && group.maxEnd() >= minNanos;
  }

  @Override
  public void keys(
      long minNanos, long maxNanos, ReadCost cost, BiConsumer<SpanField.Kind, String> to) {
    for (int i = 0; i < groups.size(); i++) {
      GroupEntry group = groups.get(i);
      if (!reaches(group, minNanos, maxNanos)) {
        continue;
      }
      cost.check();
      for (GroupEntry.Column column : group.columns()) {
        if (column.code() == TraceBlockFormat.ATTRIBUTE) {
          to.accept(
              switch (column.owner()) {
                case TraceBlockFormat.OWNER_EVENT -> SpanField.Kind.EVENT_ATTRIBUTE;
                case TraceBlockFormat.OWNER_LINK -> SpanField.Kind.LINK_ATTRIBUTE;
                default -> SpanField.Kind.SPAN_ATTRIBUTE;
              },
              column.key());
        }
      }
      GroupColumns columns = columns(i, cost);
      for (Span.Resource resource : columns.resources().owners()) {
        for (int k = 0; k < resource.attributes().size(); k++) {
          to.accept(SpanField.Kind.RESOURCE_ATTRIBUTE, resource.attributes().key(k));
        }
      }
      for (Span.Scope scope : columns.scopes().owners()) {
        for (int k = 0; k < scope.attributes().size(); k++) {
          to.accept(SpanField.Kind.SCOPE_ATTRIBUTE, scope.attributes().key(k));
        }
      }
      columns.leave();
    }
  }

  @Override
  public void values(
      SpanField field, long minNanos, long maxNanos, ReadCost cost, Consumer<AttributeValue> to) {
    for (int i = 0; i < groups.size(); i++) {
      if (reaches(groups.get(i), minNanos, maxNanos)) {
        cost.check();
        GroupColumns columns = columns(i, cost);
        new DistinctValues(columns, to).visit(field);
        columns.leave();
      }
    }
  }

  /** Some columns of a group, row by row. */
  private static final class Rows implements SpanRow {
    private final RowQuery query;
    private final TracePlaces places;
    private final Longs starts;
    private final Longs durations;
    private final FieldValues[] values;
    private int trace;
    private int row;
    private long start;

    Rows(GroupColumns columns, RowQuery query) {
      this.query = query;
      places = columns.places();
      starts = columns.times(TraceBlockFormat.STARTS);
      durations = columns.times(TraceBlockFormat.DURATIONS);
      values = new FieldValues[query.fields().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = FieldValues.of(columns, query.fields().get(i));
      }
    }

    /** Visits the rows of a trace and returns the next one behind it. */
    int visit(int of, BitSet rows, int from, Consumer<SpanRow> to) {
      trace = of;
      int next = from;
      int end = places.endRow(of);
      for (; next >= 0 && next < end; next = rows.nextSetBit(next + 1)) {
        row = next;
        start = places.minNanos(of) + starts.get(next);
        if (start >= query.minNanos() && start <= query.maxNanos()) {
          to.accept(this);
        }
      }
      return next;
    }

    @Override
    public TraceId traceId() {
      return places.id(trace);
    }

    @Override
    public long startNanos() {
      return start;
    }

    @Override
    public long durationNanos() {
      return durations.get(row);
    }

    @Override
    public @Nullable AttributeValue value(int i) {
      return values[i].of(row);
    }
  }

  @Override
  public Cursor parts(ReadCost cost) {
    return new Parts(cost);
  }

  private final class Parts implements Cursor {
    private final ReadCost cost;
    private int group = -1;
    private int trace;
    private @Nullable GroupColumns columns;
    private @Nullable TracePlaces places;
    private @Nullable RowGroup rows;

    Parts(ReadCost cost) {
      this.cost = cost;
    }

    private TracePlaces places() {
      return Objects.requireNonNull(places);
    }

    @Override
    public boolean next() {
      trace++;
      while (places == null || trace >= places.size()) {
        group++;
        trace = 0;
        if (columns != null) {
          columns.leave();
        }
        columns = null;
        places = null;
        rows = null;
        if (group >= groups.size()) {
          group = groups.size();
          return false;
        }
        GroupColumns opened = columns(group, cost);
        columns = opened;
        places = opened.places();
      }
      return true;
    }

    @Override
    public TraceId traceId() {
      return places().id(trace);
    }

    @Override
    public long minNanos() {
      return places().minNanos(trace);
    }

    @Override
    public long maxNanos() {
      return places().maxNanos(trace);
    }

    private RowGroup rows() {
      RowGroup current = rows;
      if (current == null) {
        current = new RowGroup(Objects.requireNonNull(columns));
        rows = current;
      }
      return current;
    }

    @Override
    public long spanBytes(int max) {
      return rows().spanBytes(trace, max);
    }

    @Override
    public void addSpans(List<Span> into, int max) {
      rows().addSpans(trace, max, into);
    }
  }
}

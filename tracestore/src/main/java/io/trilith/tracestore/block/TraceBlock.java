package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockReader;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.PartSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An open trace block: directory in memory, columns read on demand. Immutable, thread-safe. */
public final class TraceBlock implements PartSource {
  /** What is known of where one trace is. */
  private static final int PLACE_BYTES = 36;

  private final BlockReader reader;
  private final List<GroupEntry> groups = new ArrayList<>();
  private int weight = 4096;

  private TraceBlock(BlockReader reader) {
    this.reader = reader;
    ByteReader in = reader.section(TraceBlockFormat.GROUPS);
    for (int left = in.getCount(40); left > 0; left--) {
      GroupEntry group = GroupEntry.read(in);
      groups.add(group);
      weight += 200 + group.columns().size() * 100;
    }
  }

  /** Opens a block and reads its directory. */
  public static TraceBlock open(ObjectStore objects, String name) {
    return new TraceBlock(BlockReader.open(objects, name, TraceBlockFormat.KIND));
  }

  /** Bytes that the open block takes on the heap, roughly. */
  public int weight() {
    return weight;
  }

  private TracePlaces places(GroupEntry group) {
    GroupEntry.Column column = group.find(TraceBlockFormat.TRACES);
    if (column == null) {
      throw new StorageException.Corrupt(reader.name(), 0, "a row group has no trace ids");
    }
    return TracePlaces.read(RowGroup.open(reader, column), group.spans());
  }

  @Override
  public List<Span> find(TraceId id, int max, ReadCost cost) {
    List<Span> found = new ArrayList<>();
    for (GroupEntry group : groups) {
      if (found.size() < max
          && group.first().compareTo(id) <= 0
          && group.last().compareTo(id) >= 0) {
        TracePlaces places = places(group);
        int trace = places.find(id);
        if (trace >= 0) {
          RowGroup rows = new RowGroup(reader, group, places, cost);
          int room = max - found.size();
          cost.take(rows.spanBytes(trace, room));
          rows.addSpans(trace, room, found);
          cost.giveBack(rows.held());
        }
      }
    }
    return found;
  }

  @Override
  public Cursor parts(ReadCost cost) {
    return new Parts(cost);
  }

  private final class Parts implements Cursor {
    private final ReadCost cost;
    private int group = -1;
    private int trace;
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
        leaveGroup();
        if (group >= groups.size()) {
          group = groups.size();
          return false;
        }
        long most = (long) PLACE_BYTES * groups.get(group).spans();
        cost.take(most);
        TracePlaces read = TraceBlock.this.places(groups.get(group));
        cost.giveBack(most - (long) PLACE_BYTES * read.size());
        places = read;
      }
      return true;
    }

    private void leaveGroup() {
      if (rows != null) {
        cost.giveBack(rows.held());
        rows = null;
      }
      if (places != null) {
        cost.giveBack((long) PLACE_BYTES * places.size());
        places = null;
      }
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
        current = new RowGroup(reader, groups.get(group), places(), cost);
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

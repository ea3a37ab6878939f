package io.trilith.ingest.generator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** All series of a tenant, up to a number. Guarded by the tenant's lock. */
final class ActiveSeries {
  private final int max;
  private final List<Table<?, ?>> tables = new ArrayList<>();
  private int active;
  private long overflowed;

  /** Holds this many series; 0 for any number. */
  ActiveSeries(int max) {
    this.max = max;
  }

  /** Groups of one family of metrics by what tells them apart. */
  final class Table<K, G extends SeriesGroup> {
    private final Map<K, G> groups = new HashMap<>();
    private final int groupSize;
    private final LongFunction<G> newOverflow;
    private @Nullable G overflow;

    private Table(int groupSize, LongFunction<G> newOverflow) {
      this.groupSize = groupSize;
      this.newOverflow = newOverflow;
    }

    /** The group of a key, made when there is room; else the one for all that have none. */
    G get(K key, long now, LongFunction<G> newGroup) {
      G group = groups.get(key);
      if (group == null) {
        if (max > 0 && active > max - groupSize) {
          overflowed++;
          return overflow(now);
        }
        group = newGroup.apply(now);
        groups.put(key, group);
        active += groupSize;
      }
      group.touch(now);
      return group;
    }

    private G overflow(long now) {
      if (overflow == null) {
        overflow = newOverflow.apply(now);
      }
      overflow.touch(now);
      return overflow;
    }

    private void forEach(Consumer<SeriesGroup> visitor) {
      groups.values().forEach(visitor);
      if (overflow != null) {
        visitor.accept(overflow);
      }
    }

    private boolean isEmpty() {
      return groups.isEmpty() && overflow == null;
    }

    private void removeUntouched(long since) {
      for (Iterator<G> all = groups.values().iterator(); all.hasNext(); ) {
        if (all.next().touched() <= since) {
          all.remove();
          active -= groupSize;
        }
      }
      if (overflow != null && overflow.touched() <= since) {
        overflow = null;
      }
    }
  }

  /**
   * Makes a table.
   *
   * @param groupSize series of each group
   * @param newOverflow makes the group for what finds no room
   */
  <K, G extends SeriesGroup> Table<K, G> table(int groupSize, LongFunction<G> newOverflow) {
    Table<K, G> table = new Table<>(groupSize, newOverflow);
    tables.add(table);
    return table;
  }

  /** Writes what was touched after that time, and that the others have ended. */
  List<SeriesGroup> write(SampleWriter out, long staleSince) {
    List<SeriesGroup> written = new ArrayList<>();
    for (Table<?, ?> table : tables) {
      table.forEach(
          group -> {
            if (group.touched() > staleSince) {
              group.write(out);
              if (group.fresh()) {
                written.add(group);
              }
            } else {
              group.end(out);
            }
          });
    }
    return written;
  }

  /** Forgets what was last touched at that time or before. */
  void removeUntouched(long since) {
    tables.forEach(table -> table.removeUntouched(since));
  }

  int active() {
    return active;
  }

  /** Spans and requests that were counted in overflow series. */
  long overflowed() {
    return overflowed;
  }

  boolean isEmpty() {
    return tables.stream().allMatch(Table::isEmpty);
  }
}

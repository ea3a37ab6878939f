package io.trilith.tracestore.block;

import static java.util.Objects.requireNonNull;

import io.trilith.storage.error.StorageException;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.Dictionary;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All columns of a row group, to be copied row by row to groups that are being written. Which
 * number a text, owner or shape has there is looked up once per group. Not thread-safe.
 */
final class GroupRows {
  final TracePlaces places;
  final TextCopy names;
  final TextCopy states;
  final TextCopy messages;
  final Longs flags;
  final OwnerCopy<Span.Resource> resources;
  final OwnerCopy<Span.Scope> scopes;
  final Longs dropped;
  final GroupColumns.Counts eventCounts;
  final Longs eventTimes;
  final TextCopy eventNames;
  final Longs eventDropped;
  final GroupColumns.Counts linkCounts;
  final long[] linkIds;
  final TextCopy linkStates;
  final Longs linkFlags;
  final Longs linkDropped;
  final Owned[] attributes;
  private final String name;
  private final long[] spanIds;
  private final long[] parents;
  private final Longs starts;
  private final Longs durations;
  private final Longs earlyEnds;
  private final Longs kinds;
  private long traceStart;
  private @Nullable RowGroupWriter target;

  GroupRows(GroupColumns columns) {
    name = columns.name();
    places = columns.places();
    spanIds = columns.raw(TraceBlockFormat.SPAN_IDS, columns.rows());
    parents = columns.parents();
    starts = columns.times(TraceBlockFormat.STARTS);
    durations = columns.times(TraceBlockFormat.DURATIONS);
    earlyEnds = columns.earlyEnds();
    kinds = columns.longs(TraceBlockFormat.KINDS);
    names = new TextCopy(columns.texts(TraceBlockFormat.NAMES));
    states = new TextCopy(columns.texts(TraceBlockFormat.STATES));
    messages = new TextCopy(columns.texts(TraceBlockFormat.MESSAGES));
    flags = columns.longs(TraceBlockFormat.FLAGS);
    resources = new OwnerCopy<>(columns.resources());
    scopes = new OwnerCopy<>(columns.scopes());
    dropped = columns.longs(TraceBlockFormat.DROPPED, 3 * columns.rows());
    eventCounts = columns.counts(TraceBlockFormat.EVENT_COUNTS);
    int events = eventCounts.total();
    boolean any = events > 0;
    eventTimes = any ? columns.longs(TraceBlockFormat.EVENT_TIMES, events) : Longs.EMPTY;
    eventNames =
        new TextCopy(any ? columns.texts(TraceBlockFormat.EVENT_NAMES, events) : Texts.EMPTY);
    eventDropped = any ? columns.longs(TraceBlockFormat.EVENT_DROPPED, events) : Longs.EMPTY;
    linkCounts = columns.counts(TraceBlockFormat.LINK_COUNTS);
    int links = linkCounts.total();
    boolean linked = links > 0;
    linkIds = linked ? columns.raw(TraceBlockFormat.LINK_IDS, 3 * links) : new long[0];
    linkStates =
        new TextCopy(linked ? columns.texts(TraceBlockFormat.LINK_STATES, links) : Texts.EMPTY);
    linkFlags = linked ? columns.longs(TraceBlockFormat.LINK_FLAGS, links) : Longs.EMPTY;
    linkDropped = linked ? columns.longs(TraceBlockFormat.LINK_DROPPED, links) : Longs.EMPTY;
    attributes =
        new Owned[] {
          new Owned(columns, TraceBlockFormat.OWNER_SPAN, true),
          new Owned(columns, TraceBlockFormat.OWNER_EVENT, any),
          new Owned(columns, TraceBlockFormat.OWNER_LINK, linked)
        };
  }

  /** Rows that are asked for next are of this trace. */
  void enter(int trace) {
    traceStart = places.minNanos(trace);
  }

  /** Rows are copied there from now on. */
  void copyTo(RowGroupWriter to) {
    if (target != to) {
      target = to;
      for (TextCopy texts : List.of(names, states, messages, eventNames, linkStates)) {
        texts.forget();
      }
      resources.forget();
      scopes.forget();
      for (Owned owned : attributes) {
        owned.forget();
      }
    }
  }

  long spanId(int row) {
    return spanIds[row];
  }

  long parentId(int row) {
    return parents[row];
  }

  long start(int row) {
    return traceStart + starts.get(row);
  }

  long duration(int row) {
    long duration = durations.get(row);
    if (start(row) + duration < start(row)) {
      throw new StorageException.Corrupt(name, 0, "a time before its trace");
    }
    return duration;
  }

  /** By how much a span ends before it starts; 0 for one that does not. */
  long early(int row) {
    long early = earlyEnds.get(row);
    if (early > 0 && durations.get(row) > 0) {
      throw new StorageException.Corrupt(name, 0, "a span that ends early and lasts");
    }
    return early;
  }

  /** Shifted by 8 bits, and the status code. */
  long kind(int row) {
    return kinds.get(row);
  }

  /** Texts of a column and their numbers in another one. */
  static final class TextCopy {
    private final Texts texts;
    private final int[] numbers;

    TextCopy(Texts texts) {
      this.texts = texts;
      this.numbers = new int[texts.size()];
      forget();
    }

    void forget() {
      Arrays.fill(numbers, -1);
    }

    void copy(int row, TextColumn.Builder to) {
      int text = texts.number(row);
      int number = numbers[text];
      if (number < 0) {
        number = to.number(texts.bytes(), texts.start(text), texts.end(text));
        numbers[text] = number;
      }
      to.add(number);
    }
  }

  /** Resources or scopes and their numbers in another dictionary. */
  static final class OwnerCopy<T> {
    private final GroupColumns.Owners<T> owners;
    private final int[] numbers;

    OwnerCopy(GroupColumns.Owners<T> owners) {
      this.owners = owners;
      this.numbers = new int[owners.owners().size()];
      forget();
    }

    void forget() {
      Arrays.fill(numbers, -1);
    }

    int copy(int row, Dictionary<T> to) {
      int owner = (int) owners.rows().get(row);
      if (numbers[owner] < 0) {
        numbers[owner] = to.add(owners.owners().get(owner));
      }
      return numbers[owner];
    }
  }

  /** The attributes of the spans, events or links. */
  static final class Owned {
    private static final int[] NO_SHAPE = {};

    private final @Nullable Shapes shapes;
    private final Values[] values;
    private final @Nullable TextCopy[] texts;
    private final String[] keys;
    private final int[] types;
    private final @Nullable Target[] targets;

    /** How many values of each column are before the row that comes next. */
    private final int[] positions;

    private int next;
    private int[] shape = NO_SHAPE;

    /** Where the attributes of a shape go: a column each, and the shape's number there. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Target(int[] columns, int shape) {}

    Owned(GroupColumns columns, int owner, boolean any) {
      int[] places = any ? columns.entry().attributes(owner) : new int[0];
      shapes = any ? columns.shapes(owner) : null;
      values = new Values[places.length];
      texts = new TextCopy[places.length];
      keys = new String[places.length];
      types = new int[places.length];
      positions = new int[places.length];
      for (int i = 0; i < places.length; i++) {
        values[i] = columns.values(owner, i);
        types[i] = values[i].type();
        texts[i] = types[i] == TraceBlockFormat.TYPE_TEXT ? new TextCopy(values[i].texts()) : null;
        keys[i] = columns.entry().columns().get(places[i]).key();
      }
      targets = new Target[shapes == null ? 0 : shapes.shapes()];
    }

    boolean isEmpty() {
      return shapes == null;
    }

    void forget() {
      Arrays.fill(targets, null);
      for (TextCopy copy : texts) {
        if (copy != null) {
          copy.forget();
        }
      }
    }

    /**
     * Goes to a row, not before one where it was. Its positions are to be counted up by who reads.
     */
    Target target(int row, AttributeWriter to) {
      Shapes of = requireNonNull(shapes);
      for (; next < row; next++) {
        for (int column : of.shape(next)) {
          positions[column]++;
        }
      }
      next = row + 1;
      shape = of.shape(row);
      int number = of.number(row);
      Target target = targets[number];
      if (target == null) {
        target = to.target(shape, keys, types);
        targets[number] = target;
      }
      return target;
    }

    /** Columns of the row's attributes. */
    int[] shape() {
      return shape;
    }

    int[] positions() {
      return positions;
    }

    Values values(int column) {
      return values[column];
    }

    TextCopy texts(int column) {
      return requireNonNull(texts[column]);
    }
  }
}

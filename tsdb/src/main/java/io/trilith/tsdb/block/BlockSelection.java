package io.trilith.tsdb.block;

import io.trilith.tsdb.Detail;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.LabelWalk;
import io.trilith.tsdb.index.NumberTable;
import io.trilith.tsdb.index.SeriesSelection;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Series of a block that were found: 20 bytes each, which say where their labels and samples are.
 * Immutable once all are added, and thread-safe then.
 */
final class BlockSelection implements SeriesSelection {
  private final LabelTable labels;
  private final SeriesTable series;
  private final BlockData data;
  private final @Nullable Aggregates aggregates;
  private final int resolution;
  private final Detail.Aggregate wanted;
  private int size;
  private int[] numbers = new int[16];
  private int[] chunksAt = new int[16];
  private int[] columns = new int[16];
  private long[] dataAt = new long[16];

  /** A selection of series whose samples are all read. */
  BlockSelection(LabelTable labels, SeriesTable series, BlockData data) {
    this(labels, series, data, null, 0, Detail.Aggregate.SAMPLES);
  }

  /** A selection of series of which something is wanted that the block may have at hand. */
  BlockSelection(
      LabelTable labels,
      SeriesTable series,
      BlockData data,
      @Nullable Aggregates aggregates,
      int resolution,
      Detail.Aggregate wanted) {
    this.labels = labels;
    this.series = series;
    this.data = data;
    this.aggregates = aggregates;
    this.resolution = resolution;
    this.wanted = wanted;
  }

  /** Adds the series that a cursor is at, greater than all before. */
  void add(int number, SeriesTable.Cursor at) {
    if (size == numbers.length) {
      int capacity = size * 2;
      numbers = Arrays.copyOf(numbers, capacity);
      chunksAt = Arrays.copyOf(chunksAt, capacity);
      columns = Arrays.copyOf(columns, capacity);
      dataAt = Arrays.copyOf(dataAt, capacity);
    }
    numbers[size] = number;
    chunksAt[size] = at.chunksAt();
    columns[size] = at.column();
    dataAt[size] = at.data();
    size++;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void addTo(int place, long min, long max, SampleBuffer into) {
    if (aggregates != null
        && data.readAggregates(aggregates, resolution, numbers[place], wanted, min, max, into)) {
      return;
    }
    data.read(
        new SeriesTable.Place(chunksAt[place], dataAt[place], columns[place]), min, max, into);
  }

  @Override
  public LabelWalk walk(LabelNumbers shared) {
    return new Walk(shared);
  }

  private final class Walk implements LabelWalk {
    private final SeriesTable.Cursor at = series.cursor();
    private final LabelNumbers shared;
    private final LabelTable.@Nullable Values[] dictionaries =
        new LabelTable.Values[labels.nameCount()];
    private final NumberTable[] known = new NumberTable[labels.nameCount()];
    private final int[] sharedNames = new int[labels.nameCount()];
    private int shape = -1;
    private int[] names = new int[0];
    private int[] places = new int[16];
    private int[] current = new int[16];

    Walk(LabelNumbers shared) {
      this.shared = shared;
    }

    @Override
    public int moveTo(int wanted) {
      at.moveTo(numbers[wanted]);
      int[] next = at.names();
      if (at.shape() != shape) {
        shape = at.shape();
        return otherNames(next);
      }
      int same = next.length;
      for (int i = next.length - 1; i >= 0; i--) {
        int value = at.value(i);
        if (value != places[i]) {
          places[i] = value;
          current[i] = number(next[i], value);
          same = i;
        }
      }
      return same;
    }

    private int otherNames(int[] next) {
      if (places.length < next.length) {
        places = Arrays.copyOf(places, next.length);
        current = Arrays.copyOf(current, next.length);
      }
      int shorter = Math.min(names.length, next.length);
      int same = shorter;
      for (int i = next.length - 1; i >= 0; i--) {
        int number = number(next[i], at.value(i));
        if (i < shorter && number != current[i]) {
          same = i;
        }
        places[i] = at.value(i);
        current[i] = number;
      }
      names = next;
      return same;
    }

    @Override
    public void renumber() {
      Arrays.fill(dictionaries, null);
      for (int i = 0; i < names.length; i++) {
        current[i] = number(names[i], places[i]);
      }
    }

    private int number(int name, int value) {
      LabelTable.Values dictionary = dictionaries[name];
      if (dictionary == null) {
        dictionary = labels.values(name);
        dictionaries[name] = dictionary;
        known[name] = new NumberTable(labels.valueCount(name));
        sharedNames[name] = shared.name(labels.name(name));
      }
      int number = known[name].get(value);
      if (number < 0) {
        number = dictionary.number(value, sharedNames[name], shared);
        known[name].put(value, number);
      }
      return number;
    }

    @Override
    public int count() {
      return names.length;
    }

    @Override
    public int[] labels() {
      return current;
    }
  }
}

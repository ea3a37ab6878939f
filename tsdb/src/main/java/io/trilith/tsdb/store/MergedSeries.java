package io.trilith.tsdb.store;

import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.LabelWalk;
import io.trilith.tsdb.index.SeriesSelection;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Series of several sources, one entry per label set. Holds where the series are; labels are made
 * when they are asked for. See {@code docs/decisions/0006-metric-reads.md}.
 */
final class MergedSeries implements SeriesSet {
  /** Bytes of a series in a source: where it is, here and there, and its labels' numbers. */
  private static final long PART_BYTES = 48;

  /** Bytes of texts at which they are forgotten and made again as they are met. */
  private static final long TEXTS_MAX = 4 << 20;

  private final List<SeriesSelection> sources;
  private final long oldestMillis;

  /** Confined to whoever holds this object's monitor. */
  private final LabelNumbers numbers;

  private final LabelWalk[] walks;

  /** Where the parts of each series begin, and where the last end; unused of a single source. */
  private final int[] begins;

  /** Parts of series in order of writing: source in the upper, place in it in the lower half. */
  private final long[] parts;

  private final int size;
  private final LongConsumer charge;

  /** Bytes of texts that were charged: the most there were at once. */
  private long textsCharged;

  private MergedSeries(
      List<SeriesSelection> sources,
      LabelNumbers numbers,
      LabelWalk[] walks,
      int[] begins,
      long[] parts,
      int size,
      long oldestMillis,
      LongConsumer charge,
      long textsCharged) {
    this.charge = charge;
    this.textsCharged = textsCharged;
    this.sources = sources;
    this.numbers = numbers;
    this.walks = walks;
    this.begins = begins;
    this.parts = parts;
    this.size = size;
    this.oldestMillis = oldestMillis;
  }

  /**
   * Merges what was found.
   *
   * @param found in order of writing
   * @param oldestMillis samples before this time are hidden: they have expired
   * @param charge told of the bytes that the series take
   */
  static MergedSeries of(List<SeriesSelection> found, long oldestMillis, LongConsumer charge) {
    List<SeriesSelection> sources = found.stream().filter(one -> one.size() > 0).toList();
    LabelNumbers numbers = new LabelNumbers();
    LabelWalk[] walks = new LabelWalk[sources.size()];
    for (int i = 0; i < walks.length; i++) {
      walks[i] = sources.get(i).walk(numbers);
    }
    if (walks.length == 1) {
      SeriesSelection only = sources.getFirst();
      charge.accept(PART_BYTES * only.size());
      return new MergedSeries(
          sources, numbers, walks, new int[0], new long[0], only.size(), oldestMillis, charge, 0);
    }
    Merge merge = new Merge(sources, numbers, walks, charge);
    merge.run();
    return new MergedSeries(
        sources,
        numbers,
        walks,
        merge.begins,
        merge.parts,
        merge.size,
        oldestMillis,
        charge,
        merge.textsCharged);
  }

  /** Bytes of a series' labels, without the texts. */
  static long bytes(Labels labels) {
    return 100 + labels.bytes();
  }

  @Override
  public int size() {
    return size;
  }

  private boolean isSingle() {
    return walks.length == 1;
  }

  @Override
  public synchronized Labels labels(int series) {
    long first = isSingle() ? series : parts[begins[series]];
    LabelWalk walk = walks[(int) (first >>> 32)];
    walk.moveTo((int) first);
    Labels labels = numbers.labels(walk.labels(), walk.count());
    if (numbers.bytes() > textsCharged) {
      charge.accept(numbers.bytes() - textsCharged);
      textsCharged = numbers.bytes();
    }
    if (numbers.bytes() > TEXTS_MAX) {
      numbers.reset();
      for (LabelWalk one : walks) {
        one.renumber();
      }
    }
    return labels;
  }

  @Override
  public void read(int series, long minMillis, long maxMillis, SampleBuffer into) {
    into.clear();
    long from = Math.max(minMillis, oldestMillis);
    if (isSingle()) {
      sources.getFirst().addTo(series, from, maxMillis, into);
    } else {
      for (int i = begins[series]; i < begins[series + 1]; i++) {
        sources.get((int) (parts[i] >>> 32)).addTo((int) parts[i], from, maxMillis, into);
      }
    }
    into.sortAndKeepLast();
  }

  /**
   * A merge of walks. All walks stand behind the series that came out last, so the one that shares
   * more labels with it is less than one that shares fewer, and only those that share equally many
   * are compared, from there on.
   */
  private static final class Merge {
    /** Series whose bytes are told of together. */
    private static final int CHARGE_EVERY = 256;

    private final LabelNumbers numbers;
    private final LongConsumer charge;
    private final int[] sizes;

    private final LabelWalk[] allWalks;

    /** The walks that have not ended, in order of writing. */
    private final LabelWalk[] walks;

    /** Which source each is of, and how many labels it shares with the series before. */
    private final int[] sources;

    private final int[] shared;
    private final int[] places;
    private int open;

    /** Of the walks: those that stand at the least series. */
    private final int[] least;

    private int leastCount;
    private int[] begins = new int[16];
    private long[] parts;
    private int partCount;
    private int size;
    private int partsCharged;
    private long textsCharged;

    Merge(
        List<SeriesSelection> selections,
        LabelNumbers numbers,
        LabelWalk[] walks,
        LongConsumer charge) {
      this.numbers = numbers;
      this.charge = charge;
      this.allWalks = walks;
      this.walks = walks.clone();
      this.open = walks.length;
      this.sizes = new int[open];
      this.sources = new int[open];
      this.shared = new int[open];
      this.places = new int[open];
      this.least = new int[open];
      this.parts = new long[16];
      for (int i = 0; i < open; i++) {
        sizes[i] = selections.get(i).size();
        sources[i] = i;
        walks[i].moveTo(0);
      }
    }

    void run() {
      while (open > 0) {
        findLeast();
        emit();
        forward();
        if (numbers.bytes() > TEXTS_MAX) {
          charge();
          numbers.reset();
          for (LabelWalk one : allWalks) {
            one.renumber();
          }
        }
      }
      charge();
    }

    private void charge() {
      long texts = Math.max(0, numbers.bytes() - textsCharged);
      charge.accept(PART_BYTES * (partCount - partsCharged) + texts);
      partsCharged = partCount;
      textsCharged += texts;
    }

    private void findLeast() {
      least[0] = 0;
      leastCount = 1;
      for (int i = 1; i < open; i++) {
        int best = least[0];
        int order = shared[best] - shared[i];
        if (order == 0) {
          order = compare(i, best);
        }
        if (order == 0) {
          least[leastCount++] = i;
        } else if (order < 0) {
          least[0] = i;
          leastCount = 1;
        }
      }
    }

    /** How many labels two walks that share equally many share with each other. */
    private int mismatch(int a, int b) {
      int[] left = walks[a].labels();
      int[] right = walks[b].labels();
      int shorter = Math.min(walks[a].count(), walks[b].count());
      int at = shared[a];
      while (at < shorter && left[at] == right[at]) {
        at++;
      }
      return at;
    }

    private int compare(int a, int b) {
      int at = mismatch(a, b);
      if (at < Math.min(walks[a].count(), walks[b].count())) {
        return numbers.compare(walks[a].labels()[at], walks[b].labels()[at]);
      }
      return Integer.compare(walks[a].count(), walks[b].count());
    }

    private void emit() {
      if (size + 2 > begins.length) {
        begins = Arrays.copyOf(begins, begins.length * 2);
      }
      if (partCount + leastCount > parts.length) {
        parts = Arrays.copyOf(parts, Math.max(parts.length * 2, partCount + leastCount));
      }
      for (int i = 0; i < leastCount; i++) {
        int walk = least[i];
        parts[partCount++] = (long) sources[walk] << 32 | places[walk];
      }
      begins[++size] = partCount;
      if (size % CHARGE_EVERY == 0) {
        charge();
      }
    }

    /** Moves those at the least series on, after the others know what they share with it. */
    private void forward() {
      int best = least[0];
      int next = 0;
      for (int i = 0; i < open; i++) {
        if (next < leastCount && least[next] == i) {
          next++;
        } else if (shared[i] == shared[best]) {
          shared[i] = mismatch(i, best);
        }
      }
      int kept = 0;
      next = 0;
      for (int i = 0; i < open; i++) {
        boolean moves = next < leastCount && least[next] == i;
        if (moves) {
          next++;
          if (++places[i] == sizes[i]) {
            continue;
          }
          shared[i] = walks[i].moveTo(places[i]);
        }
        keep(i, kept++);
      }
      open = kept;
    }

    private void keep(int from, int to) {
      walks[to] = walks[from];
      sizes[to] = sizes[from];
      sources[to] = sources[from];
      shared[to] = shared[from];
      places[to] = places[from];
    }
  }
}

package io.trilith.tsdb.store;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesRule;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.index.LabelNumbers;
import io.trilith.tsdb.index.LabelWalk;
import io.trilith.tsdb.index.SeriesSelection;
import io.trilith.tsdb.index.SeriesSource;
import io.trilith.tsdb.index.TextSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * A source without what some rules hide. Series that they do not find cost a comparison; of those
 * found the ranges between what is hidden are read. Thread-safe.
 */
final class HidingSource implements SeriesSource {
  private final SeriesSource source;
  private final List<SeriesRule> rules;

  HidingSource(SeriesSource source, List<SeriesRule> rules) {
    this.source = source;
    this.rules = rules;
  }

  private static List<Matcher> both(List<Matcher> some, List<Matcher> more) {
    List<Matcher> both = new ArrayList<>(some);
    both.addAll(more);
    return both;
  }

  @Override
  public SeriesSelection select(List<Matcher> matchers, long min, long max) {
    LabelNumbers numbers = new LabelNumbers();
    List<Members> found = new ArrayList<>();
    boolean any = false;
    for (SeriesRule rule : rules) {
      // Before all series are looked up: of a head that grows there may be more of them then.
      Members members = new Members(source.select(both(matchers, rule.matchers()), min, max));
      any |= members.series.size() > 0;
      found.add(members);
    }
    SeriesSelection all = source.select(matchers, min, max);
    if (!any || all.size() == 0) {
      return all;
    }
    Hiding hiding = new Hiding(matchers, min, max, found, numbers);
    return hiding.without(all);
  }

  /** Whether rules find anything among the series that match. */
  private boolean hides(List<Matcher> matchers) {
    for (SeriesRule rule : rules) {
      SeriesSelection found =
          source.select(both(matchers, rule.matchers()), Long.MIN_VALUE, Long.MAX_VALUE);
      if (found.size() > 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    if (!hides(matchers)) {
      source.labelNames(matchers, min, max, into);
      return;
    }
    select(
        matchers,
        min,
        max,
        (labels, _) -> {
          for (int i = 0; i < labels.size(); i++) {
            into.add(labels.name(i));
          }
        });
  }

  @Override
  public void labelValues(String name, List<Matcher> matchers, long min, long max, TextSet into) {
    if (!hides(matchers)) {
      source.labelValues(name, matchers, min, max, into);
      return;
    }
    select(
        matchers,
        min,
        max,
        (labels, _) -> {
          byte[] value = labels.get(name).getBytes(StandardCharsets.UTF_8);
          if (value.length > 0) {
            into.add(value, 0, value.length);
          }
        });
  }

  @Override
  public void exemplars(List<Matcher> matchers, long min, long max, ExemplarVisitor visitor) {
    source.exemplars(
        matchers,
        min,
        max,
        (series, exemplar) -> {
          for (SeriesRule rule : rules) {
            if (rule.hides(series, exemplar.timestamp())) {
              return;
            }
          }
          visitor.accept(series, exemplar);
        });
  }

  @Override
  public Map<String, MetricMetadata> metadata() {
    return source.metadata();
  }

  /** A selection that is asked in order of labels whether it has a series. */
  private static final class Members {
    private final SeriesSelection series;
    private LabelWalk walk;
    private int at = -1;

    Members(SeriesSelection series) {
      this.series = series;
      this.walk = NOWHERE;
    }

    void begin(LabelNumbers numbers) {
      walk = series.walk(numbers);
      forward();
    }

    private void forward() {
      if (++at < series.size()) {
        walk.moveTo(at);
      }
    }

    boolean contains(LabelWalk wanted, LabelNumbers numbers) {
      while (at < series.size()) {
        int order = compare(walk, wanted, numbers);
        if (order >= 0) {
          return order == 0;
        }
        forward();
      }
      return false;
    }

    private static int compare(LabelWalk a, LabelWalk b, LabelNumbers numbers) {
      int shorter = Math.min(a.count(), b.count());
      int[] left = a.labels();
      int[] right = b.labels();
      for (int i = 0; i < shorter; i++) {
        if (left[i] != right[i]) {
          return numbers.compare(left[i], right[i]);
        }
      }
      return Integer.compare(a.count(), b.count());
    }
  }

  private static final LabelWalk NOWHERE =
      new LabelWalk() {
        @Override
        public int moveTo(int series) {
          throw new IllegalStateException("the walk has not begun");
        }

        @Override
        public void renumber() {}

        @Override
        public int count() {
          return 0;
        }

        @Override
        public int[] labels() {
          return new int[0];
        }
      };

  /** What is left of series that the same rules find. */
  private record Visible(Gaps gaps, List<Members> members) {
    boolean has(LabelWalk series, LabelNumbers numbers) {
      boolean has = false;
      // All are asked: each goes along.
      for (Members one : members) {
        has |= one.contains(series, numbers);
      }
      return has;
    }
  }

  /** One question: which series are hidden, in part or whole. Used once. */
  private final class Hiding {
    private final List<Matcher> matchers;
    private final long min;
    private final long max;
    private final List<Members> found;
    private final LabelNumbers numbers;
    private final Map<BitSet, Visible> visible = new HashMap<>();

    Hiding(List<Matcher> matchers, long min, long max, List<Members> found, LabelNumbers numbers) {
      this.matchers = matchers;
      this.min = min;
      this.max = max;
      this.found = found;
      this.numbers = numbers;
    }

    SeriesSelection without(SeriesSelection all) {
      found.forEach(members -> members.begin(numbers));
      LabelWalk walk = all.walk(numbers);
      int[] places = new int[all.size()];
      Gaps[] gaps = new Gaps[all.size()];
      int kept = 0;
      for (int i = 0; i < all.size(); i++) {
        walk.moveTo(i);
        BitSet hiders = hiders(walk);
        if (hiders.isEmpty()) {
          gaps[kept] = Gaps.ALL;
          places[kept++] = i;
          continue;
        }
        Visible left = visible.computeIfAbsent(hiders, this::visible);
        if (left.has(walk, numbers)) {
          gaps[kept] = left.gaps;
          places[kept++] = i;
        }
      }
      return new Remaining(all, places, gaps, kept);
    }

    private BitSet hiders(LabelWalk series) {
      BitSet hiders = new BitSet();
      for (int i = 0; i < found.size(); i++) {
        if (found.get(i).contains(series, numbers) && !isExcepted(rules.get(i), series)) {
          hiders.set(i);
        }
      }
      return hiders;
    }

    private boolean isExcepted(SeriesRule rule, LabelWalk series) {
      return !rule.except().isEmpty()
          && rule.isExcepted(numbers.labels(series.labels(), series.count()));
    }

    private Visible visible(BitSet hiders) {
      List<SeriesRule> meant = hiders.stream().mapToObj(rules::get).toList();
      List<Matcher> narrowed = new ArrayList<>(matchers);
      meant.forEach(rule -> narrowed.addAll(rule.matchers()));
      Gaps gaps = Gaps.between(meant);
      List<Members> members = new ArrayList<>();
      gaps.each(
          min,
          max,
          (from, to) -> {
            Members part = new Members(source.select(narrowed, from, to));
            part.begin(numbers);
            members.add(part);
          });
      return new Visible(gaps, members);
    }
  }

  /** Series of a selection, some of them in part. */
  private static final class Remaining implements SeriesSelection {
    private final SeriesSelection all;
    private final int[] places;
    private final Gaps[] gaps;
    private final int size;

    Remaining(SeriesSelection all, int[] places, Gaps[] gaps, int size) {
      this.all = all;
      this.places = places;
      this.gaps = gaps;
      this.size = size;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public void addTo(int series, long min, long max, SampleBuffer into) {
      gaps[series].each(min, max, (from, to) -> all.addTo(places[series], from, to, into));
    }

    @Override
    public LabelWalk walk(LabelNumbers numbers) {
      LabelWalk walk = all.walk(numbers);
      return new LabelWalk() {
        @Override
        public int moveTo(int series) {
          return walk.moveTo(places[series]);
        }

        @Override
        public void renumber() {
          walk.renumber();
        }

        @Override
        public int count() {
          return walk.count();
        }

        @Override
        public int[] labels() {
          return walk.labels();
        }
      };
    }
  }

  /** What is left of a block, to be written anew. */
  SeriesCursor cursor() {
    SeriesSelection left = select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
    LabelNumbers numbers = new LabelNumbers();
    LabelWalk walk = left.walk(numbers);
    return new SeriesCursor() {
      private int at = -1;

      @Override
      public boolean next() {
        if (++at >= left.size()) {
          return false;
        }
        walk.moveTo(at);
        return true;
      }

      @Override
      public Labels labels() {
        return numbers.labels(walk.labels(), walk.count());
      }

      @Override
      public void read(SampleBuffer into) {
        into.clear();
        left.addTo(at, Long.MIN_VALUE, Long.MAX_VALUE, into);
        into.sortAndKeepLast();
      }
    };
  }
}

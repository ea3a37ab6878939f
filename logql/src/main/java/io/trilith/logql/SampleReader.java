package io.trilith.logql;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.QueryContext;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.RangeFunction;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logql.pipeline.ScanPlan;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.Conversions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the samples of a range aggregation from parts of its streams. Streams of which only counts
 * are wanted are counted without being walked. Confined to one thread at a time.
 */
final class SampleReader {
  private static final int CHECK_EVERY = 4096;
  private static final long CHECK_BYTES = 4 << 20;
  private static final String ERROR = "__error__";
  private static final String FAILED_CONVERSION = "SampleExtractionErr";

  private final RangeEvaluator evaluator;
  private final Expr.RangeAggregation aggregation;
  private final @Nullable List<String> names;
  private final Pipeline pipeline;
  private final Pipeline afterUnwrap;
  private final ScanPlan plan;
  private final boolean bytesWanted;

  /**
   * Whether a label filter or the grouping asks for errors: one that is asked for is no failure.
   */
  private final boolean errorsAsked;

  private final Entry entry = new Entry();
  private final @Nullable String[] lastValues;
  private @Nullable WindowSamples last;

  /** Series by the value of the one label they have, if it is one. */
  private final Map<String, WindowSamples> byValue = new HashMap<>();

  private Map<Labels, WindowSamples> series = new HashMap<>();
  private ReadCounts counts = new ReadCounts(new ScanCounts());
  private @Nullable QueryContext context;
  private double value;
  private int unchecked;
  private long uncheckedBytes;

  SampleReader(RangeEvaluator evaluator) {
    this.evaluator = evaluator;
    this.aggregation = evaluator.aggregation();
    this.names = evaluator.names();
    this.lastValues = new String[names == null ? 0 : names.size()];
    Expr.Unwrap unwrap = aggregation.unwrap();
    this.pipeline = Pipeline.compile(aggregation.logs().stages(), evaluator.needed());
    this.afterUnwrap = Pipeline.ofFilters(unwrap == null ? List.of() : unwrap.filters());
    this.plan = ScanPlan.of(aggregation.logs().stages());
    this.errorsAsked =
        (names != null && names.contains(ERROR))
            || aggregation.logs().stages().stream()
                .anyMatch(
                    stage ->
                        stage instanceof Stage.Filter(LabelFilter filter) && filter.names(ERROR));
    RangeFunction function = aggregation.function();
    this.bytesWanted =
        function == RangeFunction.BYTES_OVER_TIME || function == RangeFunction.BYTES_RATE;
  }

  /** The samples of a part, and what was read for them. */
  record Read(Map<Labels, WindowSamples> series, ReadCounts counts) {}

  Read read(StreamSet streams, Slices.Slice slice, QueryContext within, ScanCounts scans) {
    context = within;
    series = new HashMap<>();
    byValue.clear();
    counts = new ReadCounts(scans);
    last = null;
    for (int i = slice.first(); i < slice.end(); i++) {
      within.check();
      Labels labels = streams.labels(i);
      Optional<Scan> scan = plan.scan(labels, scans);
      if (scan.isEmpty()) {
        continue;
      }
      if (countable(labels)) {
        count(streams, i, slice, scan.get());
      } else {
        walk(streams, i, slice, scan.get());
      }
    }
    return new Read(series, counts);
  }

  private QueryContext within() {
    return Objects.requireNonNull(context);
  }

  /** Whether each entry is worth one, or its length, in a series known from the stream alone. */
  private boolean countable(Labels stream) {
    return evaluator.additive()
        && pipeline.isEmpty()
        && names != null
        && names.stream().allMatch(stream::has);
  }

  private void count(StreamSet streams, int stream, Slices.Slice slice, Scan scan) {
    long[] bounds =
        evaluator.grid().bounds(slice, aggregation.rangeNanos(), aggregation.offsetNanos());
    within().budget().addBytes(24L * bounds.length);
    long[] entries = new long[bounds.length - 1];
    // Without them no line's length is read, and the statistics say so.
    long[] bytes = new long[bytesWanted ? entries.length : 0];
    streams.count(stream, bounds, entries, bytes, scan);
    WindowSamples samples = null;
    Labels labels = streams.labels(stream).filter(Objects.requireNonNull(names)::contains);
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] > 0) {
        samples = samples == null ? samplesOf(labels) : samples;
        long time = bounds[i + 1] + aggregation.offsetNanos();
        double sum = bytesWanted ? bytes[i] : entries[i];
        samples.addMany(time, sum, entries[i], aggregation.rangeNanos());
        counts.lines += entries[i];
        counts.bytes += bytesWanted ? bytes[i] : 0;
        counts.kept += entries[i];
      }
    }
    within().budget().giveBack(24L * bounds.length);
  }

  private void walk(StreamSet streams, int stream, Slices.Slice slice, Scan scan) {
    Labels labels = streams.labels(stream);
    EntryCursor cursor = streams.entries(stream, slice.from(), slice.to(), Direction.FORWARD, scan);
    boolean reads = !pipeline.isEmpty();
    WorkingMemory working = new WorkingMemory(within().budget(), !reads);
    while (cursor.next()) {
      counts.lines++;
      if (reads) {
        working.cover(cursor.lineLength());
      }
      entry.reset(labels, cursor);
      if (pipeline.process(entry) && sample()) {
        counts.kept++;
        add();
      }
      // Lines that no stage looked at as a whole cost next to nothing.
      counts.bytes += entry.lineBytesRead();
      uncheckedBytes += entry.lineBytesRead();
      if (++unchecked >= CHECK_EVERY || uncheckedBytes >= CHECK_BYTES) {
        check();
      }
    }
    working.close();
    check();
  }

  private void check() {
    within().check();
    within().budget().addSamples(unchecked);
    unchecked = 0;
    uncheckedBytes = 0;
  }

  /** Finds the entry's value; false when it has none. */
  private boolean sample() {
    EntryLabels labels = entry.labels();
    Expr.Unwrap unwrap = aggregation.unwrap();
    if (unwrap == null) {
      value = bytesWanted ? entry.length() : 1;
    } else {
      String text = labels.value(unwrap.label());
      if (text == null || text.isEmpty()) {
        return false;
      }
      try {
        value = number(unwrap.conversion(), text);
      } catch (Conversions.Failure e) {
        value = 0;
        labels.failConversion(FAILED_CONVERSION, String.valueOf(e.getMessage()));
      }
      if (!afterUnwrap.process(entry)) {
        return false;
      }
    }
    String error = labels.error();
    if (error != null && !(errorsAsked && !error.equals(FAILED_CONVERSION))) {
      throw new InvalidRequestException(
          "pipeline error: '"
              + error
              + "' for series: '"
              + labels.toLabels()
              + "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\""
              + error
              + "\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")"
              + "\nThe label filter can also be specified after unwrap. (e.g | unwrap latency |"
              + " __error__=\"\" )\n");
    }
    return true;
  }

  private static double number(Expr.Conversion conversion, String text) throws Conversions.Failure {
    return switch (conversion) {
      case NUMBER -> Conversions.number(text);
      case DURATION, DURATION_SECONDS -> Conversions.durationNanos(text) / 1e9;
      case BYTES -> Conversions.bytes(text);
    };
  }

  private void add() {
    WindowSamples samples = names == null ? ofAllLabels() : ofNames(names);
    long time = entry.time() + aggregation.offsetNanos();
    samples.add(time, value, aggregation.rangeNanos(), within().budget());
  }

  private WindowSamples ofAllLabels() {
    EntryLabels labels = entry.labels();
    if (aggregation.unwrap() != null) {
      labels.drop(aggregation.unwrap().label());
    }
    Labels key = errorsAsked ? labels.withErrors() : labels.toLabels();
    LabelGrouping without = evaluator.without();
    return samplesOf(without == null ? key : without.of(key));
  }

  /** Entries next to each other mostly have the same values: those are looked up once. */
  private WindowSamples ofNames(List<String> by) {
    EntryLabels labels = entry.labels();
    WindowSamples known = last;
    boolean same = known != null;
    for (int i = 0; i < lastValues.length; i++) {
      String found = labels.valueOrEmpty(by.get(i));
      if (same && !found.equals(lastValues[i])) {
        same = false;
      }
      lastValues[i] = found;
    }
    if (known != null && same) {
      return known;
    }
    String only = lastValues.length == 1 ? lastValues[0] : null;
    known = only == null ? null : byValue.get(only);
    if (known == null) {
      known = samplesOf(by.isEmpty() ? Labels.EMPTY : labels.toLabels(by));
      if (only != null) {
        byValue.put(only, known);
      }
    }
    last = known;
    return known;
  }

  private WindowSamples samplesOf(Labels key) {
    WindowSamples samples = series.get(key);
    if (samples == null) {
      NanoGrid grid = evaluator.grid();
      within().budget().addBytes(WindowSamples.bytes(grid, evaluator.additive(), key));
      samples = evaluator.additive() ? WindowSamples.counting(grid) : WindowSamples.keeping(grid);
      series.put(key, samples);
    }
    return samples;
  }
}

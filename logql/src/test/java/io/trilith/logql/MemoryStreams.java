package io.trilith.logql;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.Scan;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** Streams in memory, for tests. */
final class MemoryStreams implements StreamReader {
  record Row(long time, String line, Labels metadata) {}

  final Map<Labels, List<Row>> rows = new TreeMap<>();

  /** Whether every entry is left out that a scan allows to leave out. */
  boolean heeding;

  /** Pages that are said to be there. */
  long chunks;

  private static boolean wanted(Row row, Scan scan) {
    for (Scan.AnyOf clause : scan.clauses()) {
      if (clause.terms().stream().noneMatch(term -> holds(term, row))) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(Scan.Term term, Row row) {
    return switch (term) {
      case Scan.Term.LineHas(byte[] bytes) ->
          row.line().contains(new String(bytes, StandardCharsets.UTF_8));
      case Scan.Term.LineHasAnyCase(byte[] lowerCase) ->
          row.line()
              .toLowerCase(java.util.Locale.ROOT)
              .contains(new String(lowerCase, StandardCharsets.US_ASCII));
      case Scan.Term.MetadataIs(String name, String value) ->
          row.metadata().get(name).equals(value);
    };
  }

  void add(Labels stream, long time, String line, Labels metadata) {
    rows.computeIfAbsent(stream, _ -> new ArrayList<>()).add(new Row(time, line, metadata));
  }

  @Override
  public StreamSet select(List<Matcher> matchers, long min, long max, LongConsumer charge) {
    List<Labels> found = streams(List.of(matchers), min, max);
    return new StreamSet() {
      @Override
      public int size() {
        return found.size();
      }

      @Override
      public Labels labels(int stream) {
        return found.get(stream);
      }

      @Override
      public EntryCursor entries(int stream, long from, long to, Direction direction, Scan scan) {
        List<Row> matching = new ArrayList<>();
        for (Row row : rows.getOrDefault(found.get(stream), List.of())) {
          if (row.time() >= from && row.time() <= to && !(heeding && !wanted(row, scan))) {
            matching.add(row);
          }
        }
        matching.sort(Comparator.comparingLong(Row::time));
        return new Cursor(
            direction == Direction.FORWARD ? matching : new ArrayList<>(matching.reversed()));
      }
    };
  }

  private static final class Cursor implements EntryCursor {
    private final List<Row> rows;
    private int at = -1;
    private byte[] line = new byte[0];

    Cursor(List<Row> rows) {
      this.rows = rows;
    }

    @Override
    public boolean next() {
      at++;
      if (at < rows.size()) {
        line = ("#" + rows.get(at).line() + "#").getBytes(StandardCharsets.UTF_8);
      }
      return at < rows.size();
    }

    @Override
    public long timestamp() {
      return rows.get(at).time();
    }

    @Override
    public byte[] lineArray() {
      return line;
    }

    @Override
    public int lineStart() {
      return 1;
    }

    @Override
    public int lineEnd() {
      return line.length - 1;
    }

    @Override
    public Labels metadata() {
      return rows.get(at).metadata();
    }
  }

  @Override
  public List<Labels> streams(
      List<List<Matcher>> selectors, long min, long max, LongConsumer charge) {
    List<Labels> found = new ArrayList<>();
    for (Labels labels : rows.keySet()) {
      if (selectors.stream().anyMatch(all -> all.stream().allMatch(m -> m.matches(labels)))) {
        found.add(labels);
      }
    }
    return found;
  }

  @Override
  public SortedSet<String> labelNames(
      List<List<Matcher>> selectors, long min, long max, LongConsumer charge) {
    return new TreeSet<>();
  }

  @Override
  public SortedSet<String> labelValues(
      String name, List<List<Matcher>> selectors, long min, long max, LongConsumer charge) {
    return new TreeSet<>();
  }

  @Override
  public Volume volume(List<Matcher> matchers, long min, long max, LongConsumer charge) {
    return new Volume(rows.size(), chunks, chunks, 0);
  }
}

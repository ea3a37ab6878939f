package io.trilith.query.tempo;

import io.trilith.engine.QueryContext;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.regex.LiteralSearch;
import io.trilith.storage.model.Labels;
import io.trilith.tracestore.TraceId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Finds log entries that carry the id of a trace: as structured metadata, as a label or somewhere
 * in the line. No labels need be known: pages without the id are left out by the log store. The
 * oldest come first. Not thread-safe.
 */
final class TraceLogs {
  private static final List<String> NAMES =
      List.of("trace_id", "traceID", "traceId", "traceid", "TraceId", "trace.id");
  private static final int LINE_BYTES = 200;
  private static final int CHECK_EVERY = 1024;

  private final QueryContext context;
  private final int limit;
  private final TraceId id;
  private final LiteralSearch needle;
  private final Scan scan;

  /** The latest first, to be thrown out. */
  private final PriorityQueue<Line> found =
      new PriorityQueue<>(Comparator.comparingLong(Line::time).reversed());

  private final List<Labels> streams = new ArrayList<>();

  TraceLogs(TraceId id, int limit, QueryContext context) {
    this.context = context;
    this.limit = limit;
    this.id = id;
    byte[] digits = shortest(id).getBytes(StandardCharsets.US_ASCII);
    needle = LiteralSearch.anyCase(digits);
    List<Scan.Term> terms = new ArrayList<>();
    terms.add(new Scan.Term.LineHasAnyCase(digits));
    for (String name : NAMES) {
      terms.add(new Scan.Term.MetadataIs(name, id.hex()));
      if (id.high() == 0) {
        terms.add(new Scan.Term.MetadataIs(name, shortest(id)));
      }
    }
    scan = new Scan(List.of(new Scan.AnyOf(terms)), new ScanCounts());
  }

  /** Without the zeros of an id of 8 bytes, which some write so. */
  private static String shortest(TraceId id) {
    return id.high() == 0 ? id.hex().substring(16) : id.hex();
  }

  /** Entries of a stream, ascending in time. */
  record Found(Labels stream, List<Line> lines) {}

  /** One entry. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Line(int stream, long time, byte[] text, Labels metadata) {}

  /** Whether one of the names by which ids go has this id. */
  static boolean names(Labels labels, TraceId id) {
    for (String name : NAMES) {
      if (is(labels.get(name), id)) {
        return true;
      }
    }
    return false;
  }

  private static boolean is(String text, TraceId id) {
    return !text.isEmpty()
        && (text.equalsIgnoreCase(id.hex()) || text.equalsIgnoreCase(shortest(id)));
  }

  List<Found> search(StreamReader reader, long minNanos, long maxNanos) {
    StreamSet set = reader.select(List.of(), minNanos, maxNanos);
    for (int i = 0; i < set.size(); i++) {
      context.check();
      streams.add(set.labels(i));
      boolean whole = names(set.labels(i), id);
      Scan wanted = whole ? Scan.everything() : scan;
      read(i, set.entries(i, minNanos, maxNanos, StreamSet.Direction.FORWARD, wanted), whole);
    }
    TreeMap<Labels, List<Line>> byStream = new TreeMap<>();
    found.stream()
        .sorted(Comparator.comparingLong(Line::time))
        .forEach(
            line ->
                byStream
                    .computeIfAbsent(streams.get(line.stream()), _ -> new ArrayList<>())
                    .add(line));
    List<Found> answer = new ArrayList<>();
    byStream.forEach((labels, lines) -> answer.add(new Found(labels, lines)));
    return answer;
  }

  private void read(int stream, EntryCursor cursor, boolean whole) {
    int left = CHECK_EVERY;
    while (cursor.next()) {
      if (--left == 0) {
        context.check();
        left = CHECK_EVERY;
      }
      boolean full = found.size() >= limit;
      if (full && found.element().time() <= cursor.timestamp()) {
        return;
      }
      if (whole || carries(cursor)) {
        byte[] line = Arrays.copyOfRange(cursor.lineArray(), cursor.lineStart(), cursor.lineEnd());
        context.budget().addBytes(LINE_BYTES + line.length);
        found.add(new Line(stream, cursor.timestamp(), line, cursor.metadata()));
        if (full) {
          context.budget().giveBack(LINE_BYTES + found.remove().text().length);
        }
      }
    }
  }

  private boolean carries(EntryCursor cursor) {
    for (String name : NAMES) {
      if (is(cursor.metadata(name), id)) {
        return true;
      }
    }
    return needle.indexOf(cursor.lineArray(), cursor.lineStart(), cursor.lineEnd()) >= 0;
  }
}

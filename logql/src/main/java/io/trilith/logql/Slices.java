package io.trilith.logql;

import io.trilith.logstore.StreamReader.Volume;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts what a metric query reads by stream and time into parts that several threads may work on,
 * and that are short enough for a deadline to be seen between them.
 */
final class Slices {
  private static final int PARTS_EACH = 4;
  private static final int STREAMS_MAX = 64;
  private static final long PAGES_MAX = 512;
  private static final int SLICES_MAX = 256;

  /** Streams {@code first <= i < end}, times {@code from <= t <= to} in nanoseconds. */
  record Slice(int first, int end, long from, long to) {}

  private Slices() {}

  /** In order of streams, then of time. */
  static List<Slice> of(int streams, long from, long to, Volume volume, int threads) {
    if (streams == 0 || to < from) {
      return List.of();
    }
    int wanted = threads * PARTS_EACH;
    boolean few = volume.chunks() <= 2L * streams;
    int together = Math.clamp(streams / wanted, 1, STREAMS_MAX);
    long pages = volume.chunks() / streams;
    long cuts = few ? 1 : Math.max(pages / PAGES_MAX, threads == 1 ? 1 : wanted / streams);
    List<Slice> slices = new ArrayList<>();
    for (int first = 0; first < streams; first += together) {
      int end = Math.min(streams, first + together);
      cut(first, end, from, to, Math.clamp(cuts, 1, SLICES_MAX), slices);
    }
    return slices;
  }

  private static void cut(int first, int end, long from, long to, int cuts, List<Slice> into) {
    long span = to / cuts - from / cuts; // halves of longs may not fit one
    long at = from;
    for (int i = 1; i < cuts && span > 0; i++) {
      into.add(new Slice(first, end, at, at + span - 1));
      at += span;
    }
    into.add(new Slice(first, end, at, to));
  }
}

package io.trilith.cli.query;

import io.trilith.cli.print.Colour;
import io.trilith.cli.print.LogPrinter;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A trace as text: a line a span, with a bar where it stands in time. Confined to one thread. */
final class Waterfall {
  private static final int BAR = 40;
  private static final int INDENT_MAX = 24;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final List<TraceSpan> spans;
  private final Map<String, List<TraceSpan.Log>> logs = new HashMap<>();
  private final boolean coloured;
  private final long start;
  private final long end;

  Waterfall(List<TraceSpan> spans, List<TraceSpan.Log> entries, boolean coloured) {
    this.spans = spans;
    this.coloured = coloured;
    start = spans.getFirst().start();
    end = spans.stream().mapToLong(TraceSpan::last).max().orElse(start);
    Set<String> known = new HashSet<>();
    spans.forEach(span -> known.add(span.id()));
    for (TraceSpan.Log entry : entries) {
      String span = known.contains(entry.span()) ? entry.span() : "";
      logs.computeIfAbsent(span, _ -> new ArrayList<>()).add(entry);
    }
  }

  static String time(long nanos) {
    return TIME.format(Instant.ofEpochSecond(0, nanos));
  }

  /** In the unit that fits, three digits or so. */
  static String duration(long nanos) {
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    if (nanos < 1_000_000) {
      return number(nanos / 1e3) + "µs";
    }
    return nanos < 1_000_000_000 ? number(nanos / 1e6) + "ms" : number(nanos / 1e9) + "s";
  }

  private static String number(double value) {
    String text =
        String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    return text.endsWith(".0") || text.endsWith(".00")
        ? text.substring(0, text.indexOf('.'))
        : text;
  }

  /** A span at a depth. */
  private record Placed(TraceSpan span, int depth) {}

  void print(PrintWriter out) {
    Set<String> services = new LinkedHashSet<>();
    spans.forEach(span -> services.add(span.service()));
    out.printf(
        Locale.ROOT,
        "%s  %s  %d spans, %d services%n",
        time(start),
        duration(end - start),
        spans.size(),
        services.size());
    for (Placed placed : placed()) {
      span(placed, out);
      for (TraceSpan.Log entry : logs.getOrDefault(placed.span.id(), List.of())) {
        log(entry, placed.depth + 1, out);
      }
    }
    List<TraceSpan.Log> others = logs.getOrDefault("", List.of());
    if (!others.isEmpty()) {
      out.println("of no span:");
      others.forEach(entry -> log(entry, 0, out));
    }
  }

  /** Parents before children, in order of start; what hangs on nothing that is there is a root. */
  private List<Placed> placed() {
    Map<String, List<TraceSpan>> children = new HashMap<>();
    Set<String> known = new HashSet<>();
    spans.forEach(span -> known.add(span.id()));
    List<TraceSpan> roots = new ArrayList<>();
    for (TraceSpan span : spans) {
      if (known.contains(span.parent()) && !span.parent().equals(span.id())) {
        children.computeIfAbsent(span.parent(), _ -> new ArrayList<>()).add(span);
      } else {
        roots.add(span);
      }
    }
    List<Placed> placed = new ArrayList<>();
    Set<TraceSpan> seen = new HashSet<>();
    for (TraceSpan root : roots) {
      place(root, children, seen, placed);
    }
    // Parents in a circle hang on no root: it is cut where its first span starts.
    for (TraceSpan span : spans) {
      place(span, children, seen, placed);
    }
    return placed;
  }

  private static void place(
      TraceSpan root,
      Map<String, List<TraceSpan>> children,
      Set<TraceSpan> seen,
      List<Placed> placed) {
    ArrayDeque<Placed> open = new ArrayDeque<>(List.of(new Placed(root, 0)));
    while (!open.isEmpty()) {
      Placed next = open.pop();
      if (seen.add(next.span)) {
        placed.add(next);
        children.getOrDefault(next.span.id(), List.of()).reversed().stream()
            .map(child -> new Placed(child, next.depth + 1))
            .forEach(open::push);
      }
    }
  }

  private void span(Placed placed, PrintWriter out) {
    TraceSpan span = placed.span;
    boolean failed = span.status().equals("ERROR");
    String kind =
        span.kind().equals("UNSPECIFIED") || span.kind().equals("INTERNAL")
            ? ""
            : " " + span.kind().toLowerCase(Locale.ROOT);
    String what = LogPrinter.harmless(span.service()) + "  " + LogPrinter.harmless(span.name());
    String error = failed ? "  ERROR" + (span.message().isEmpty() ? "" : " " + span.message()) : "";
    out.printf(
        Locale.ROOT,
        "%8s %8s ▕%s▏ %s%s%s%s%n",
        "+" + duration(span.start() - start),
        duration(span.last() - span.start()),
        painted(failed ? Colour.RED : Colour.GREEN, bar(span)),
        indent(placed.depth),
        what,
        painted(Colour.GREY, kind),
        painted(Colour.RED, LogPrinter.harmless(error)));
  }

  private void log(TraceSpan.Log entry, int depth, PrintWriter out) {
    String level = LogPrinter.harmless(entry.level().toUpperCase(Locale.ROOT));
    String offset =
        entry.time() < start
            ? "-" + duration(start - entry.time())
            : "+" + duration(entry.time() - start);
    out.printf(
        Locale.ROOT,
        "%8s %8s ▕%s▏ %s• %s%s%n",
        offset,
        "",
        mark(entry.time()),
        indent(depth),
        level.isEmpty() ? "" : painted(Colour.ofLevel(entry.level()), level) + " ",
        LogPrinter.harmless(entry.line()));
  }

  private static String indent(int depth) {
    return depth <= INDENT_MAX ? "  ".repeat(depth) : "  ".repeat(INDENT_MAX) + "(" + depth + ") ";
  }

  private String painted(Colour colour, String text) {
    return coloured && !text.isEmpty() ? colour.paint(text) : text;
  }

  private int column(long time) {
    double part = end == start ? 0 : (time - start) / (double) (end - start);
    return Math.clamp(Math.round(part * BAR), 0, BAR);
  }

  private String bar(TraceSpan span) {
    int from = Math.min(column(span.start()), BAR - 1);
    int length = Math.max(1, column(span.last()) - from);
    return " ".repeat(from) + "█".repeat(length) + " ".repeat(BAR - from - length);
  }

  private String mark(long time) {
    int at = Math.min(column(time), BAR - 1);
    return " ".repeat(at) + "·" + " ".repeat(BAR - at - 1);
  }
}

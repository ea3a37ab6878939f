package io.trilith.cli.bucket;

import io.trilith.engine.QueryContext;
import io.trilith.logql.PatternSearch;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.ReadCost;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tsdb.block.MetricBlock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What takes the room in the blocks of one tenant and signal. Used once. */
final class Analysis {
  private final Bucket bucket;
  private final Signal signal;
  private final int top;
  private final long min;
  private final long max;
  private final Map<String, Listing> tables = new LinkedHashMap<>();

  /** Sums of one group. */
  private static final class Sums {
    private long things;
    private long items;
    private long bytes;

    void add(long moreThings, long moreItems, long moreBytes) {
      things += moreThings;
      items += moreItems;
      bytes += moreBytes;
    }

    long bytes() {
      return bytes;
    }

    long items() {
      return items;
    }

    long things() {
      return things;
    }
  }

  Analysis(Bucket bucket, Signal signal, int top, long min, long max) {
    this.bucket = bucket;
    this.signal = signal;
    this.top = top;
    this.min = min;
    this.max = max;
  }

  /** By title, in order. */
  Map<String, Listing> tables() {
    return tables;
  }

  void read(TenantId tenant, List<BlockEntry> blocks, Progress progress) {
    switch (signal) {
      case METRICS -> metrics(blocks, progress);
      case LOGS -> logs(tenant, blocks, progress);
      case TRACES -> traces(tenant, blocks, progress);
    }
  }

  private static Sums at(Map<String, Sums> sums, String key) {
    return sums.computeIfAbsent(key, _ -> new Sums());
  }

  private void metrics(List<BlockEntry> blocks, Progress progress) {
    Set<Labels> seen = new HashSet<>();
    Map<String, Sums> byMetric = new HashMap<>();
    Map<String, Sums> byPair = new HashMap<>();
    Map<String, Sums> byName = new HashMap<>();
    Map<String, Set<String>> values = new HashMap<>();
    for (BlockEntry block : blocks) {
      MetricBlock.open(bucket.objects(), block.objectName())
          .eachSeries(
              min,
              max,
              series -> {
                Labels labels = series.labels();
                int fresh = seen.add(labels) ? 1 : 0;
                for (int i = 0; i < labels.size(); i++) {
                  String name = labels.name(i);
                  String value = labels.value(i);
                  boolean metric = name.equals(Labels.NAME);
                  at(metric ? byMetric : byPair, metric ? value : name + "=" + value)
                      .add(fresh, series.samples(), series.bytes());
                  at(byName, name).add(fresh, series.samples(), series.bytes());
                  values.computeIfAbsent(name, _ -> new HashSet<>()).add(value);
                }
              });
      progress.bytes(block.bytes());
      progress.item();
    }
    tables.put("metrics", sums(byMetric, "metric", "series", "samples"));
    Listing names = new Listing("label", "values", "series", "bytes");
    values.entrySet().stream()
        .sorted(
            Comparator.comparingInt((Map.Entry<String, Set<String>> one) -> -one.getValue().size())
                .thenComparing(Map.Entry::getKey))
        .limit(top)
        .forEach(
            one -> {
              Sums of = at(byName, one.getKey());
              names.row(
                  one.getKey(), one.getValue().size(), of.things(), new Shown.Bytes(of.bytes()));
            });
    tables.put("label names", names);
    tables.put("label pairs", sums(byPair, "pair", "series", "samples"));
  }

  private Listing sums(Map<String, Sums> sums, String key, String things, String items) {
    Listing listing = new Listing(key, things, items, "bytes");
    sums.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, Sums> one) -> -one.getValue().bytes())
                .thenComparingLong(one -> -one.getValue().things())
                .thenComparing(Map.Entry::getKey))
        .limit(top)
        .forEach(
            one ->
                listing.row(
                    one.getKey(),
                    one.getValue().things(),
                    one.getValue().items(),
                    new Shown.Bytes(one.getValue().bytes())));
    return listing;
  }

  private void logs(TenantId tenant, List<BlockEntry> blocks, Progress progress) {
    Set<Labels> seen = new HashSet<>();
    Map<String, Sums> byPair = new HashMap<>();
    Map<String, Set<String>> values = new HashMap<>();
    for (BlockEntry block : blocks) {
      for (StreamPages stream : LogBlock.open(bucket.objects(), block.objectName()).allStreams()) {
        long entries = 0;
        long bytes = 0;
        for (PageRef page : stream.pages()) {
          if (page.minTime() <= max && page.maxTime() >= min) {
            entries += page.count();
            bytes += page.storedBytes();
          }
        }
        if (entries > 0) {
          Labels labels = stream.labels();
          int fresh = seen.add(labels) ? 1 : 0;
          for (int i = 0; i < labels.size(); i++) {
            at(byPair, labels.name(i) + "=" + labels.value(i)).add(fresh, entries, bytes);
            values.computeIfAbsent(labels.name(i), _ -> new HashSet<>()).add(labels.value(i));
          }
        }
      }
      progress.bytes(block.bytes());
      progress.item();
    }
    tables.put("label pairs", sums(byPair, "pair", "streams", "entries"));
    Listing names = new Listing("label", "values");
    values.entrySet().stream()
        .sorted(
            Comparator.comparingInt((Map.Entry<String, Set<String>> one) -> -one.getValue().size())
                .thenComparing(Map.Entry::getKey))
        .limit(top)
        .forEach(one -> names.row(one.getKey(), one.getValue().size()));
    tables.put("label names", names);
    Listing templates = new Listing("template", "entries");
    long first = blocks.stream().mapToLong(BlockEntry::minTime).min().orElse(0);
    long last = blocks.stream().mapToLong(BlockEntry::maxTime).max().orElse(0);
    try (StreamReader reader = BlockStores.of(bucket, blocks).logs(tenant)) {
      long from = Math.max(min, first);
      long to = Math.max(from, Math.min(max, last)) + 1;
      new PatternSearch()
              .patterns(
                  new Expr.Logs(List.of(), List.of()),
                  from,
                  to,
                  to - from,
                  reader,
                  QueryContext.unlimited())
              .stream()
              .limit(top)
              .forEach(
                  pattern ->
                      templates.row(
                          pattern.pattern(),
                          pattern.counts().values().stream().mapToLong(Long::longValue).sum()));
    }
    tables.put("templates", templates);
  }

  private void traces(TenantId tenant, List<BlockEntry> blocks, Progress progress) {
    Map<String, Sums> byColumn = new HashMap<>();
    for (BlockEntry block : blocks) {
      TraceBlock.open(bucket.objects(), block.objectName())
          .columnBytes(min, max)
          .forEach((column, bytes) -> at(byColumn, column).add(0, 0, bytes));
      progress.bytes(block.bytes());
      progress.item();
    }
    Map<String, Sums> byService = new HashMap<>();
    Map<String, Sums> byName = new HashMap<>();
    SpanReader.RowSelection selection =
        new SpanReader.RowSelection(
            SpanFilter.Any.INSTANCE,
            List.of(
                new SpanField(SpanField.Kind.RESOURCE_ATTRIBUTE, "service.name"),
                SpanField.of(SpanField.Kind.NAME)),
            min,
            max,
            Integer.MAX_VALUE);
    try (SpanReader reader = BlockStores.of(bucket, blocks).traces(tenant)) {
      reader.rows(
          selection,
          ReadCost.NONE,
          row -> count(text(row.value(0)), text(row.value(1)), byService, byName),
          trace -> {
            for (Span span : trace.spans()) {
              if (span.startNanos() >= min && span.startNanos() <= max) {
                String service = TraceView.service(span);
                count(service == null ? "-" : service, span.name(), byService, byName);
              }
            }
            return true;
          });
    }
    tables.put("services", spans(byService, "service"));
    tables.put("span names", spans(byName, "service and name"));
    Listing columns = new Listing("column", "bytes");
    byColumn.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, Sums> one) -> -one.getValue().bytes())
                .thenComparing(Map.Entry::getKey))
        .limit(top)
        .forEach(one -> columns.row(one.getKey(), new Shown.Bytes(one.getValue().bytes())));
    tables.put("columns", columns);
  }

  private static void count(
      String service, String name, Map<String, Sums> byService, Map<String, Sums> byName) {
    at(byService, service).add(0, 1, 0);
    at(byName, service + ": " + name).add(0, 1, 0);
  }

  private static String text(@Nullable AttributeValue value) {
    return value instanceof AttributeValue.Text text ? text.value() : "-";
  }

  private Listing spans(Map<String, Sums> sums, String key) {
    Listing listing = new Listing(key, "spans");
    sums.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, Sums> one) -> -one.getValue().items())
                .thenComparing(Map.Entry::getKey))
        .limit(top)
        .forEach(one -> listing.row(one.getKey(), one.getValue().items()));
    return listing;
  }
}

package io.trilith.query.loki;

import io.trilith.engine.StepSeries;
import io.trilith.logql.LogqlResult;
import io.trilith.logstore.ScanCounts;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Results of queries as JSON; the order of keys matters to Grafana. Confined to one thread. */
final class LokiResultWriter {
  private final JsonWriter json;
  private final boolean categorize;

  LokiResultWriter(JsonWriter json, boolean categorize) {
    this.json = json;
    this.categorize = categorize;
  }

  /** The whole document, with what the answer lacks. */
  void write(LogqlResult.Answer answer, List<String> lacks, double seconds) throws IOException {
    json.beginObject().name("status").value("success");
    List<String> warnings = new ArrayList<>(lacks);
    warnings.addAll(answer.warnings());
    LokiEnvelope.warnings(json, warnings);
    json.name("data").beginObject().name("resultType");
    switch (answer.result()) {
      case LogqlResult.Streams(List<LogqlResult.LogStream> streams) -> streams(streams);
      case LogqlResult.Scalar scalar -> {
        json.value("scalar").name("result");
        point(scalar.time(), scalar.value());
      }
      case LogqlResult.InstantVector vector -> vector(vector);
      case LogqlResult.RangeMatrix matrix -> matrix(matrix);
    }
    json.name("stats");
    statistics(answer.statistics(), seconds);
    json.endObject().endObject();
  }

  private void streams(List<LogqlResult.LogStream> streams) throws IOException {
    json.value("streams");
    if (categorize) {
      json.name("encodingFlags").beginArray().value("categorize-labels").endArray();
    }
    json.name("result").beginArray();
    for (LogqlResult.LogStream stream : streams) {
      json.beginObject().name("stream");
      labels(stream.labels());
      json.name("values").beginArray();
      for (LogqlResult.LogEntry entry : stream.entries()) {
        json.beginArray().value(Long.toString(entry.time())).value(entry.line());
        if (categorize) {
          json.beginObject();
          category("structuredMetadata", entry.metadata());
          category("parsed", entry.parsed());
          json.endObject();
        }
        json.endArray();
      }
      json.endArray().endObject();
    }
    json.endArray();
  }

  private void category(String name, Map<String, String> labels) throws IOException {
    if (!labels.isEmpty()) {
      json.name(name);
      labels(labels);
    }
  }

  private void labels(Map<String, String> labels) throws IOException {
    json.beginObject();
    for (Map.Entry<String, String> label : labels.entrySet()) {
      json.name(label.getKey()).value(label.getValue());
    }
    json.endObject();
  }

  static void labels(JsonWriter json, Labels labels) throws IOException {
    json.beginObject();
    for (int i = 0; i < labels.size(); i++) {
      json.name(labels.name(i)).value(labels.value(i));
    }
    json.endObject();
  }

  private void vector(LogqlResult.InstantVector vector) throws IOException {
    json.value("vector").name("result").beginArray();
    for (StepSeries series : vector.series()) {
      json.beginObject().name("metric");
      labels(json, series.labels());
      json.name("value");
      point(vector.time(), series.values()[0]);
      json.endObject();
    }
    json.endArray();
  }

  private void matrix(LogqlResult.RangeMatrix matrix) throws IOException {
    json.value("matrix").name("result").beginArray();
    for (StepSeries series : matrix.series()) {
      json.beginObject().name("metric");
      labels(json, series.labels());
      json.name("values").beginArray();
      for (int step = 0; step < matrix.grid().count(); step++) {
        if (series.has(step)) {
          point(matrix.grid().time(step), series.values()[step]);
        }
      }
      json.endArray().endObject();
    }
    json.endArray();
  }

  private void point(long millis, double value) throws IOException {
    json.beginArray().raw(seconds(millis)).value(FloatText.plain(value)).endArray();
  }

  /** Milliseconds as a number of seconds. */
  static String seconds(long millis) {
    return java.math.BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }

  /**
   * In Loki's terms: a page is a chunk. Pages that a filter or a dictionary told to hold nothing
   * were referred to, but not fetched.
   */
  private void statistics(LogqlResult.Statistics read, double seconds) throws IOException {
    double time = Math.max(seconds, 1e-6);
    ScanCounts scans = read.scans();
    long skipped = scans.pagesSkippedByFilter() + scans.pagesSkippedByTemplate();
    json.beginObject().name("summary").beginObject();
    json.name("bytesProcessedPerSecond").value((long) (read.bytes() / time));
    json.name("linesProcessedPerSecond").value((long) (read.lines() / time));
    json.name("totalBytesProcessed").value(read.bytes());
    json.name("totalLinesProcessed").value(read.lines());
    json.name("execTime").raw(FloatText.plain(seconds));
    json.name("queueTime").value(0);
    json.name("subqueries").value(0);
    json.name("totalEntriesReturned").value(read.entriesReturned());
    json.name("splits").value(0);
    json.name("shards").value(0);
    json.name("totalPostFilterLines").value(read.linesKept());
    json.name("totalStructuredMetadataBytesProcessed").value(0).endObject();
    json.name("querier").beginObject().name("store").beginObject();
    json.name("totalChunksRef").value(scans.pagesRead() + skipped);
    json.name("totalChunksDownloaded").value(scans.pagesRead());
    json.name("chunksDownloadTime").value(0);
    json.name("pagesSkippedByFilter").value(scans.pagesSkippedByFilter());
    json.name("pagesSkippedByTemplate").value(scans.pagesSkippedByTemplate());
    chunk(scans.bytesDecoded(), read.lines(), scans.bytesRead(), read.linesKept());
    json.endObject().endObject();
    json.name("ingester").beginObject();
    json.name("totalReached").value(0).name("totalChunksMatched").value(0);
    json.name("totalBatches").value(0).name("totalLinesSent").value(0);
    json.name("store").beginObject();
    json.name("totalChunksRef").value(0).name("totalChunksDownloaded").value(0);
    json.name("chunksDownloadTime").value(0);
    chunk(0, 0, 0, 0);
    json.endObject().endObject();
    json.name("index").beginObject().name("totalChunks").value(scans.pagesRead() + skipped);
    json.name("postFilterChunks").value(scans.pagesRead());
    json.name("totalStreams").value(read.streams()).endObject().endObject();
  }

  private void chunk(long decoded, long lines, long stored, long kept) throws IOException {
    json.name("chunk").beginObject();
    json.name("headChunkBytes").value(0).name("headChunkLines").value(0);
    json.name("decompressedBytes").value(decoded);
    json.name("decompressedLines").value(lines);
    json.name("compressedBytes").value(stored).name("totalDuplicates").value(0);
    json.name("postFilterLines").value(kept).endObject();
  }
}

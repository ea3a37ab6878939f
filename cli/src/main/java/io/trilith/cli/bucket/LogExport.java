package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.trilith.cli.print.LogPrinter;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes log entries stream by stream, in order of time in each; one page is in memory at a time.
 * As JSON lines of the fields that {@code logcli -o jsonl} writes, and {@code metadata} where there
 * is structured metadata. Used once.
 */
final class LogExport {
  private static final int DEPTH_MAX = 200;
  private static final JsonFactory JSON = new JsonFactory();

  private final StreamReader reader;
  private final ExportOptions.Wanted wanted;
  private final PrintWriter out;

  LogExport(StreamReader reader, ExportOptions.Wanted wanted, PrintWriter out) {
    this.reader = reader;
    this.wanted = wanted;
    this.out = out;
  }

  /** Returns how many entries were written. */
  long run(boolean json) {
    List<Matcher> matchers =
        wanted.selector().isEmpty()
            ? List.of()
            : new QueryParser(DEPTH_MAX).parseSelector(wanted.selector());
    StreamSet streams = reader.select(matchers, wanted.min(), wanted.max());
    long written = 0;
    try (JsonGenerator lines = JSON.createGenerator(out)) {
      lines.configure(JsonGenerator.Feature.AUTO_CLOSE_TARGET, false);
      lines.configure(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM, false);
      lines.setRootValueSeparator(null);
      for (int i = 0; i < streams.size(); i++) {
        EntryCursor entries = streams.entries(i, wanted.min(), wanted.max(), Direction.FORWARD);
        while (written < wanted.limit() && entries.next()) {
          if (json) {
            line(streams.labels(i), entries, lines);
          } else {
            text(streams.labels(i), entries);
          }
          written++;
        }
        if (out.checkError()) {
          throw new VerbException("the output was closed after " + written + " entries");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return written;
  }

  private static String lineOf(EntryCursor entry) {
    int length = entry.lineEnd() - entry.lineStart();
    return new String(entry.lineArray(), entry.lineStart(), length, StandardCharsets.UTF_8);
  }

  private void text(Labels labels, EntryCursor entry) {
    String line = lineOf(entry);
    Labels metadata = entry.metadata();
    out.print(Signal.LOGS.instant(entry.timestamp()));
    out.print(' ' + labels.toString() + (metadata.isEmpty() ? "" : " " + metadata) + ' ');
    out.print(LogPrinter.harmless(line) + '\n');
  }

  private static void line(Labels labels, EntryCursor entry, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("timestamp", Signal.LOGS.instant(entry.timestamp()).toString());
    json.writeFieldName("labels");
    labels(labels, json);
    Labels metadata = entry.metadata();
    if (!metadata.isEmpty()) {
      json.writeFieldName("metadata");
      labels(metadata, json);
    }
    json.writeStringField("line", lineOf(entry));
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private static void labels(Labels labels, JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < labels.size(); i++) {
      json.writeStringField(labels.name(i), labels.value(i));
    }
    json.writeEndObject();
  }
}

package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.trilith.cli.prometheus.TextLines;
import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Imports traces that an export wrote. */
@Command(
    name = "otlp-jsonl",
    description = "Import traces as OTLP/JSON lines.",
    footer = {
      "",
      "What `trilith export --signal traces` and the file exporter of the OpenTelemetry collector"
          + " write: an",
      "ExportTraceServiceRequest a line. Repeating an import changes nothing: equal spans",
      "are one. Spans that retention refuses are skipped and counted.",
      "Status: 0 imported, 1 the server failed, or something was left out that is not too old, 2 a"
          + " line is wrong",
      "(what came before it stays) or a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ImportOtlpCommand implements Callable<Integer> {
  private static final JsonFactory JSON = new JsonFactory();

  /** What goes into a block, or to the server before it is noted how far the import is. */
  private static final long BYTES_MAX = 32 << 20;

  @Parameters(paramLabel = "FILE", description = "The file; - for stdin.")
  private Path file = Path.of("-");

  @Mixin private ImportOptions options = new ImportOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return options.run(spec, "spans", this::read);
  }

  private long read(ImportTarget target, ImportTally tally, PrintWriter err) throws IOException {
    long spans = 0;
    long held = 0;
    List<byte[]> waiting = new ArrayList<>();
    try (InputStream in = ImportOptions.open(file);
        Progress progress = new Progress(err, "spans", 0, ImportOptions.size(file))) {
      TextLines lines = new TextLines(file.toString(), in);
      while (lines.next()) {
        String line = lines.line();
        if (line.isBlank()) {
          continue;
        }
        long here;
        try {
          here = spans(line, lines);
        } catch (InvalidRequestException e) {
          tally.badLine(e, "spans", () -> send(waiting, target));
          continue;
        }
        spans += here;
        if (tally.isNew(lines.number())) {
          waiting.add(line.getBytes(StandardCharsets.UTF_8));
          held += line.length();
        }
        if (held >= BYTES_MAX) {
          send(waiting, target);
          tally.done(lines.number());
          held = 0;
        }
        progress.bytes(line.length());
      }
      send(waiting, target);
    }
    return spans;
  }

  private static void send(List<byte[]> waiting, ImportTarget target) {
    if (!waiting.isEmpty()) {
      target.traces(waiting);
      waiting.clear();
    }
  }

  /** How many spans a request has. */
  private static long spans(String text, TextLines lines) {
    long spans = 0;
    boolean some = false;
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw lines.wrong("an object wanted, such as {\"resourceSpans\":[…]}");
      }
      while (json.nextToken() != null) {
        boolean name = json.currentToken() == JsonToken.FIELD_NAME;
        some |= name && json.currentName().equals("resourceSpans");
        if (name && json.currentName().equals("spans")) {
          spans += elements(json);
        }
      }
    } catch (IOException e) {
      throw lines.wrong("no JSON: " + e.getMessage());
    }
    if (!some) {
      throw lines.wrong("resourceSpans is missing");
    }
    return spans;
  }

  private static long elements(JsonParser json) throws IOException {
    long elements = 0;
    if (json.nextToken() == JsonToken.START_ARRAY) {
      while (json.nextToken() == JsonToken.START_OBJECT) {
        json.skipChildren();
        elements++;
      }
    }
    return elements;
  }
}

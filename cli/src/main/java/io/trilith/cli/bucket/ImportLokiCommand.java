package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.trilith.cli.prometheus.TextLines;
import io.trilith.logstore.LogBatch;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Imports log entries that logcli or an export wrote. */
@Command(
    name = "loki-jsonl",
    description = "Import log entries as JSON lines.",
    footer = {
      "",
      "What `trilith export --signal logs` and `logcli query -o jsonl` write: an object a line with"
          + " timestamp",
      "(RFC 3339), labels, line and perhaps metadata. Repeating an import changes nothing: equal"
          + " entries are one.",
      "Entries that retention refuses are skipped and counted.",
      "Status: 0 imported, 1 the bucket failed, or something was left out that is not too old, 2 a"
          + " line is wrong",
      "(what came before it stays) or a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ImportLokiCommand implements Callable<Integer> {
  private static final JsonFactory JSON = new JsonFactory();
  private static final long DAY = Duration.ofDays(1).toNanos();
  private static final long BYTES_MAX = 64 << 20;
  private static final int ENTRY_COST = 64;

  @Parameters(paramLabel = "FILE", description = "The file; - for stdin.")
  private Path file = Path.of("-");

  @Mixin private ImportOptions options = new ImportOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return options.run(spec, "entries", this::read);
  }

  /** Entries of a day on their way to a block. */
  private static final class Day {
    private final LogBatch batch = new LogBatch();
    private final Map<Labels, Integer> streams = new HashMap<>();

    void add(Entry entry) {
      int stream = streams.computeIfAbsent(entry.labels, batch::addStream);
      byte[] line = entry.line.getBytes(StandardCharsets.UTF_8);
      batch.addEntry(stream, entry.nanos, line, 0, line.length, entry.metadata);
    }
  }

  private record Entry(long nanos, Labels labels, Labels metadata, String line) {}

  private long read(ImportTarget target, ImportTally tally, PrintWriter err) throws IOException {
    TreeMap<Long, Day> days = new TreeMap<>();
    long entries = 0;
    long held = 0;
    try (InputStream in = ImportOptions.open(file);
        Progress progress = new Progress(err, "entries", 0, ImportOptions.size(file))) {
      TextLines lines = new TextLines(file.toString(), in);
      while (lines.next()) {
        String line = lines.line();
        if (line.isBlank()) {
          continue;
        }
        Entry entry;
        try {
          entry = parse(line, lines);
        } catch (InvalidRequestException e) {
          tally.badLine(e, "entries", () -> drain(days, target));
          continue;
        }
        entries++;
        if (!tally.takes(lines.number(), Math.floorDiv(entry.nanos, 1_000_000L))) {
          continue;
        }
        days.computeIfAbsent(Math.floorDiv(entry.nanos, DAY), _ -> new Day()).add(entry);
        held += line.length() + ENTRY_COST;
        if (held >= BYTES_MAX) {
          progress.bytes(held);
          drain(days, target);
          tally.done(lines.number());
          held = 0;
        }
      }
      drain(days, target);
    }
    return entries;
  }

  private static void drain(TreeMap<Long, Day> days, ImportTarget target) {
    while (!days.isEmpty()) {
      target.logs(days.pollFirstEntry().getValue().batch);
    }
  }

  private static Entry parse(String text, TextLines lines) {
    String time = "";
    String line = null;
    Labels labels = Labels.EMPTY;
    Labels metadata = Labels.EMPTY;
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw lines.wrong("an object wanted, such as {\"timestamp\":…,\"labels\":{…},\"line\":…}");
      }
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        switch (name) {
          case "timestamp" -> time = String.valueOf(json.getText());
          case "line" -> line = json.getText();
          case "labels" -> labels = labels(json, value, lines);
          case "metadata" -> metadata = labels(json, value, lines);
          default -> json.skipChildren();
        }
      }
    } catch (IOException e) {
      throw lines.wrong("no JSON: " + e.getMessage());
    }
    if (line == null || labels.isEmpty()) {
      throw lines.wrong((line == null ? "line" : "labels") + " is missing");
    }
    try {
      long nanos = Signal.LOGS.time(OffsetDateTime.parse(time).toInstant());
      return new Entry(nanos, labels, metadata, line);
    } catch (DateTimeParseException e) {
      throw lines.wrong("timestamp '" + time + "' is not of RFC 3339");
    }
  }

  private static Labels labels(JsonParser json, JsonToken begin, TextLines lines)
      throws IOException {
    if (begin != JsonToken.START_OBJECT) {
      throw lines.wrong("labels and metadata are objects of texts");
    }
    Labels.Builder labels = Labels.EMPTY.toBuilder();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      if (!json.nextToken().isScalarValue()) {
        throw lines.wrong("label '" + name + "' is no text");
      }
      labels.set(name, json.getText());
    }
    return labels.build();
  }
}

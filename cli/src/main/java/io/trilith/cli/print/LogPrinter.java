package io.trilith.cli.print;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows log entries one by one. Not thread-safe. */
public final class LogPrinter {
  private static final long SECOND = 1_000_000_000L;
  private static final int LEVEL_WIDTH = 5;
  private static final JsonFactory JSON = new JsonFactory();
  private static final List<String> LEVELS = List.of("detected_level", "level", "severity_text");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** How an entry is shown. */
  public enum Output {
    /** Time, level, service and line. */
    DEFAULT,
    /** The line alone, as it is. */
    RAW,
    /** An object a line. */
    JSONL
  }

  private final PrintWriter out;
  private final Output output;
  private final boolean coloured;

  public LogPrinter(PrintWriter out, Output output, boolean coloured) {
    this.out = out;
    this.output = output;
    this.coloured = coloured;
  }

  public void print(LogLine entry) {
    switch (output) {
      case RAW -> out.print(entry.line());
      case JSONL -> out.print(json(entry));
      case DEFAULT -> out.print(readable(entry));
    }
    out.print('\n');
  }

  private static Instant time(LogLine entry) {
    return Instant.ofEpochSecond(
        Math.floorDiv(entry.nanos(), SECOND), Math.floorMod(entry.nanos(), SECOND));
  }

  private String readable(LogLine entry) {
    String level = "";
    for (String name : LEVELS) {
      level = level.isEmpty() ? entry.labels().getOrDefault(name, "") : level;
    }
    String shown = level.toUpperCase(Locale.ROOT);
    shown += " ".repeat(Math.max(0, LEVEL_WIDTH - shown.length()));
    String time = TIME.format(time(entry));
    String service = entry.labels().getOrDefault("service_name", "");
    return (coloured ? Colour.GREY.paint(time) : time)
        + ' '
        + (coloured ? Colour.ofLevel(level).paint(harmless(shown)) : harmless(shown))
        + ' '
        + (service.isEmpty() ? "" : harmless(service) + ": ")
        + harmless(entry.line());
  }

  /** What a line holds must not move the cursor or change the terminal. */
  public static String harmless(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (control(text.charAt(i))) {
        StringBuilder safe = new StringBuilder(text.length() + 16);
        for (int k = 0; k < text.length(); k++) {
          char c = text.charAt(k);
          if (control(c)) {
            safe.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
          } else {
            safe.append(c);
          }
        }
        return safe.toString();
      }
    }
    return text;
  }

  private static boolean control(char c) {
    return (c < ' ' && c != '\t') || (c >= 0x7f && c < 0xa0);
  }

  private static String json(LogLine entry) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("timestamp", time(entry).toString());
      json.writeStringField("nanos", Long.toString(entry.nanos()));
      json.writeObjectFieldStart("labels");
      for (Map.Entry<String, String> label : entry.labels().entrySet()) {
        json.writeStringField(label.getKey(), label.getValue());
      }
      json.writeEndObject();
      json.writeStringField("line", entry.line());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}

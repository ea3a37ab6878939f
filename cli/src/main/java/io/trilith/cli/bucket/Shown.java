package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of reports: as text for people, as JSON for programs. */
final class Shown {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private Shown() {}

  /** A number of bytes. */
  record Bytes(long count) {}

  /** A value in a cell of a table. */
  static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Bytes bytes -> bytes(bytes.count());
      case Instant time -> time.truncatedTo(ChronoUnit.MILLIS).toString();
      case Duration age -> duration(age);
      case Double number -> String.format(Locale.ROOT, "%.2f", number);
      default -> value.toString();
    };
  }

  /** {@code 1.4 MiB}: three digits are enough to compare. */
  static String bytes(long count) {
    double shown = count;
    int unit = 0;
    while (shown >= 1024 && unit < UNITS.length - 1) {
      shown /= 1024;
      unit++;
    }
    return unit == 0
        ? count + " B"
        : String.format(Locale.ROOT, shown < 10 ? "%.2f %s" : "%.1f %s", shown, UNITS[unit]);
  }

  /** The two largest units: {@code 3d 4h}. */
  static String duration(Duration duration) {
    Duration d = duration.isNegative() ? Duration.ZERO : duration;
    if (d.toDays() > 0) {
      return d.toDays() + "d " + d.toHoursPart() + "h";
    }
    if (d.toHours() > 0) {
      return d.toHours() + "h " + d.toMinutesPart() + "m";
    }
    return d.toMinutes() > 0 ? d.toMinutes() + "m " + d.toSecondsPart() + "s" : d.toSeconds() + "s";
  }

  /** Prints a value as one JSON document and ends the line. */
  static void json(Object value, PrintWriter out) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      write(json, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.println(text);
  }

  /** Writes maps, lists and the values that cells have. */
  static void write(JsonGenerator json, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName(String.valueOf(entry.getKey()));
          write(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        for (Object item : list) {
          write(json, item);
        }
        json.writeEndArray();
      }
      case Bytes bytes -> json.writeNumber(bytes.count());
      case Duration duration -> json.writeNumber(duration.toSeconds());
      case Long number -> json.writeNumber(number);
      case Integer number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case Boolean flag -> json.writeBoolean(flag);
      default -> json.writeString(value.toString());
    }
  }
}

package io.trilith.cli.prometheus;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.Decimal;
import io.trilith.storage.text.GoNumber;
import io.trilith.tsdb.MetricMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads OpenMetrics text sample by sample, as {@code promtool tsdb create-blocks-from openmetrics}
 * takes it: each sample has a time, in seconds. What is wrong is an InvalidRequestException with
 * the line. Not thread-safe.
 */
public final class OpenMetricsReader {
  private final TextLines lines;
  private final Map<String, MetricMetadata> metadata = new HashMap<>();
  private String line = "";
  private int at;
  private Labels labels = Labels.EMPTY;
  private double value;
  private long millis;
  private boolean ended;

  public OpenMetricsReader(String name, InputStream in) {
    lines = new TextLines(name, in);
  }

  /** What TYPE, HELP and UNIT lines said so far, by metric. */
  public Map<String, MetricMetadata> metadata() {
    return metadata;
  }

  /** Bytes read so far. */
  public long bytes() {
    return lines.bytes();
  }

  /** The line of the sample, from 1. */
  public long line() {
    return lines.number();
  }

  public Labels labels() {
    return labels;
  }

  public double value() {
    return value;
  }

  public long millis() {
    return millis;
  }

  /** Moves to the next sample; false at the end. */
  public boolean next() throws IOException {
    while (lines.next()) {
      line = lines.line();
      at = 0;
      if (line.startsWith("#")) {
        comment();
      } else if (!line.isBlank()) {
        if (ended) {
          throw wrong("there is more after # EOF");
        }
        sample();
        return true;
      }
    }
    return false;
  }

  private InvalidRequestException wrong(String reason) {
    return lines.wrong(reason);
  }

  private void comment() {
    String[] words = line.split(" ", 4);
    if (words.length >= 2 && words[1].equals("EOF")) {
      ended = true;
    }
    if (words.length < 4) {
      return;
    }
    switch (words[1]) {
      case "TYPE" -> {
        MetricMetadata.Type type = type(words[3].strip());
        String name = words[2];
        MetricMetadata known = known(typed(name));
        if (type == MetricMetadata.Type.COUNTER && !name.endsWith("_total")) {
          // What HELP and UNIT said before is the counter's.
          metadata.remove(name);
          name += "_total";
        }
        metadata.put(name, new MetricMetadata(type, known.unit(), known.help()));
      }
      case "HELP" -> {
        String name = typed(words[2]);
        MetricMetadata known = known(name);
        metadata.put(name, new MetricMetadata(known.type(), known.unit(), unescaped(words[3])));
      }
      case "UNIT" -> {
        String name = typed(words[2]);
        MetricMetadata known = known(name);
        metadata.put(name, new MetricMetadata(known.type(), words[3].strip(), known.help()));
      }
      default -> {}
    }
  }

  /** The name under which the family's metadata is kept: a counter's is that of its metric. */
  private String typed(String family) {
    MetricMetadata counter = metadata.get(family + "_total");
    boolean counted = counter != null && counter.type() == MetricMetadata.Type.COUNTER;
    return counted ? family + "_total" : family;
  }

  private MetricMetadata known(String name) {
    return metadata.getOrDefault(name, new MetricMetadata(MetricMetadata.Type.UNKNOWN, "", ""));
  }

  private static MetricMetadata.Type type(String text) {
    for (MetricMetadata.Type type : MetricMetadata.Type.values()) {
      if (type.text().equals(text.toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    return MetricMetadata.Type.UNKNOWN;
  }

  private void sample() {
    Labels.Builder builder = Labels.EMPTY.toBuilder();
    int start = at;
    while (at < line.length() && "{ \t".indexOf(line.charAt(at)) < 0) {
      at++;
    }
    if (at > start) {
      builder.set(Labels.NAME, line.substring(start, at));
    }
    if (at < line.length() && line.charAt(at) == '{') {
      at++;
      braces(builder);
    }
    labels = builder.build();
    if (labels.get(Labels.NAME).isEmpty()) {
      throw wrong("a sample without a name");
    }
    value = number(word("a value"));
    String time = word("a time, in seconds, behind the value");
    try {
      millis =
          Decimal.parse(time)
              .orElseThrow(() -> wrong("'" + time + "' is no time in seconds"))
              .movePointRight(3)
              .setScale(0, RoundingMode.HALF_EVEN)
              .longValueExact();
    } catch (ArithmeticException e) {
      throw wrong("'" + time + "' is no time in seconds");
    }
    skipSpace();
    // An exemplar may follow; it is left out.
    if (at < line.length() && line.charAt(at) != '#') {
      throw wrong("'" + line.substring(at) + "' after the time");
    }
  }

  private void braces(Labels.Builder builder) {
    while (true) {
      skipSpace();
      if (at < line.length() && line.charAt(at) == '}') {
        at++;
        return;
      }
      String name = at < line.length() && line.charAt(at) == '"' ? quoted() : bareName();
      skipSpace();
      if (at < line.length() && line.charAt(at) == '=') {
        at++;
        skipSpace();
        builder.set(name, quoted());
      } else {
        builder.set(Labels.NAME, name);
      }
      skipSpace();
      if (at < line.length() && line.charAt(at) == ',') {
        at++;
      } else if (at >= line.length() || line.charAt(at) != '}') {
        throw wrong("',' or '}' wanted in the labels at column " + (at + 1));
      }
    }
  }

  private String bareName() {
    int start = at;
    while (at < line.length() && "=,} \t\"".indexOf(line.charAt(at)) < 0) {
      at++;
    }
    if (at == start) {
      throw wrong("the name of a label wanted at column " + (at + 1));
    }
    return line.substring(start, at);
  }

  private String quoted() {
    if (at >= line.length() || line.charAt(at) != '"') {
      throw wrong("a value in quotes wanted at column " + (at + 1));
    }
    int start = ++at;
    while (at < line.length() && line.charAt(at) != '"') {
      at += line.charAt(at) == '\\' ? 2 : 1;
    }
    if (at >= line.length()) {
      throw wrong("quotes that begin at column " + start + " do not end");
    }
    return unescaped(line.substring(start, at++));
  }

  private static String unescaped(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        char next = text.charAt(++i);
        switch (next) {
          case 'n' -> plain.append('\n');
          case '"', '\\' -> plain.append(next);
          default -> plain.append(c).append(next);
        }
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private void skipSpace() {
    while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
      at++;
    }
  }

  private String word(String what) {
    skipSpace();
    int start = at;
    while (at < line.length() && line.charAt(at) != ' ' && line.charAt(at) != '\t') {
      at++;
    }
    if (at == start || line.charAt(start) == '#') {
      throw wrong(what + " is missing");
    }
    return line.substring(start, at);
  }

  private double number(String text) {
    return GoNumber.real(text).orElseThrow(() -> wrong("'" + text + "' is no number"));
  }
}

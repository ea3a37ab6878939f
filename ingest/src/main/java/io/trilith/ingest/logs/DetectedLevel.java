package io.trilith.ingest.logs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds how severe an entry is, in the order in which Loki looks. */
final class DetectedLevel {
  static final String LABEL = "detected_level";
  private static final String UNKNOWN = "unknown";
  private static final int JSON_DEPTH = 2;
  private static final int WORD_MAX = 11;
  private static final JsonFactory JSON = new JsonFactory();

  private final Set<String> names;
  private final int shortest;
  private final int longest;

  /** Looks for the level under any of the names. */
  DetectedLevel(List<String> names) {
    this.names = Set.copyOf(new HashSet<>(names));
    this.shortest = names.stream().mapToInt(String::length).min().orElse(Integer.MAX_VALUE);
    this.longest = names.stream().mapToInt(String::length).max().orElse(0);
  }

  /** The level that the labels of a stream say all its entries have, or null. */
  @Nullable String ofStream(Map<String, String> labels) {
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (names.contains(label.getKey()) && !label.getValue().isEmpty()) {
        return level(label.getValue());
      }
    }
    return null;
  }

  /** The level of an entry whose stream says none. */
  String of(EntryMetadata metadata, byte[] line, int start, int end) {
    for (int i = 0; i < metadata.size(); i++) {
      if (names.contains(metadata.name(i))) {
        return level(metadata.value(i));
      }
    }
    String level = ofNumber(metadata.value("severity_number"));
    if (level == null) {
      level = ofLine(line, start, end);
    }
    return level == null ? UNKNOWN : level;
  }

  private static String level(String named) {
    String known = known(named);
    return known == null ? named : known;
  }

  private static @Nullable String known(String text) {
    if (text.length() > WORD_MAX) {
      return null;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "trace", "trc" -> "trace";
      case "debug", "dbg" -> "debug";
      case "info", "inf", "information" -> "info";
      case "warn", "wrn", "warning" -> "warn";
      case "error", "err" -> "error";
      case "critical" -> "critical";
      case "fatal" -> "fatal";
      default -> null;
    };
  }

  private static @Nullable String ofNumber(@Nullable String number) {
    if (number == null || number.isEmpty() || number.length() > 2) {
      return null;
    }
    int value = 0;
    for (int i = 0; i < number.length(); i++) {
      char c = number.charAt(i);
      if (c < '0' || c > '9') {
        return null;
      }
      value = value * 10 + c - '0';
    }
    if (value < 1 || value > 24) {
      return null;
    }
    return new String[] {"trace", "debug", "info", "warn", "error", "fatal"}[(value - 1) / 4];
  }

  private @Nullable String ofLine(byte[] line, int start, int end) {
    int first = start;
    while (first < end && line[first] == ' ') {
      first++;
    }
    String level =
        first < end && line[first] == '{' ? ofJson(line, first, end) : ofLogfmt(line, first, end);
    return level != null ? level : ofWords(line, first, end);
  }

  private @Nullable String ofJson(byte[] line, int start, int end) {
    int depth = 0;
    try (JsonParser parser = JSON.createParser(line, start, end - start)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          if (token == JsonToken.START_ARRAY || depth == JSON_DEPTH) {
            parser.skipChildren();
          } else {
            depth++;
          }
        } else if (token.isStructEnd()) {
          if (--depth == 0) {
            return null;
          }
        } else if (token == JsonToken.VALUE_STRING && names.contains(parser.currentName())) {
          return known(parser.getText());
        }
      }
    } catch (IOException e) {
      return null; // not JSON after all
    }
    return null;
  }

  private @Nullable String ofLogfmt(byte[] line, int start, int end) {
    int at = start;
    while (at < end) {
      int from = at;
      while (at < end && line[at] != '=' && line[at] != ' ' && line[at] != '"') {
        at++;
      }
      if (at < end
          && line[at] == '='
          && at - from >= shortest
          && at - from <= longest
          && names.contains(text(line, from, at))) {
        int value = at + 1;
        if (value < end && line[value] == '"') {
          value++;
        }
        int stop = value;
        while (stop < end && line[stop] != ' ' && line[stop] != '"') {
          stop++;
        }
        return stop - value > WORD_MAX ? null : known(text(line, value, stop));
      }
      at++;
    }
    return null;
  }

  private static String text(byte[] line, int from, int to) {
    return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static @Nullable String ofWords(byte[] line, int start, int end) {
    int at = start;
    while (at < end) {
      int from = at;
      while (at < end && letter(line[at])) {
        at++;
      }
      if (at - from >= 3 && at - from <= 8 && levelInitial(line[from])) {
        // Other short forms are taken for words of any other meaning: "Inf", "dbg".
        String level = word(line, from, at);
        if (level != null) {
          return level;
        }
      }
      at = Math.max(at, from + 1);
    }
    return null;
  }

  /** The level that a word of three to eight letters names. */
  private static @Nullable String word(byte[] line, int from, int to) {
    long word = 0;
    for (int at = from; at < to; at++) {
      word = word << 8 | (line[at] | 0x20);
    }
    for (int i = 0; i < WORDS.length; i++) {
      if (WORDS[i] == word) {
        return LEVELS[i];
      }
    }
    return null;
  }

  private static final String[] LEVELS = {
    "trace", "debug", "info", "warn", "warn", "error", "error", "critical", "fatal"
  };

  /** The words for the levels, as numbers of their letters. */
  private static final long[] WORDS =
      Stream.of("trace", "debug", "info", "warn", "warning", "err", "error", "critical", "fatal")
          .mapToLong(word -> word.chars().asLongStream().reduce(0, (sum, c) -> sum << 8 | c))
          .toArray();

  private static boolean letter(byte b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
  }

  private static boolean levelInitial(byte b) {
    return switch (b | 0x20) {
      case 't', 'd', 'i', 'w', 'e', 'c', 'f' -> true;
      default -> false;
    };
  }
}

package io.trilith.ingest.logs;

import io.trilith.config.LogLimitsConfig;
import io.trilith.ingest.Rejections;
import java.util.Map;

/** What the labels of a stream may be. Thread-safe. */
final class StreamRules {
  private final LogLimitsConfig limits;

  StreamRules(LogLimitsConfig limits) {
    this.limits = limits;
  }

  /** What is wrong with the labels of a stream; empty when nothing is. */
  String problem(Map<String, String> labels) {
    if (labels.isEmpty()) {
      return "error at least one label pair is required per stream";
    }
    if (labels.size() > limits.maxLabelNamesPerSeries()) {
      return "entry for stream "
          + shown(labels)
          + " has "
          + labels.size()
          + " label names; limit "
          + limits.maxLabelNamesPerSeries()
          + " (log-limits.max-label-names-per-series)";
    }
    for (Map.Entry<String, String> label : labels.entrySet()) {
      String problem = problem(label.getKey(), label.getValue());
      if (!problem.isEmpty()) {
        return "stream " + shown(labels) + " has " + problem;
      }
    }
    return "";
  }

  private String problem(String name, String value) {
    if (!validName(name)) {
      return "an invalid label name: " + Rejections.quoted(name);
    }
    if (name.length() > limits.maxLabelNameLength()) {
      return "label name too long: "
          + Rejections.quoted(name)
          + " of "
          + name.length()
          + " bytes (log-limits.max-label-name-length = "
          + limits.maxLabelNameLength()
          + ")";
    }
    if (longer(value, limits.maxLabelValueLength())) {
      return "label value too long: "
          + Rejections.quoted(value)
          + " of label "
          + Rejections.quoted(name)
          + " (log-limits.max-label-value-length = "
          + limits.maxLabelValueLength()
          + ")";
    }
    return "";
  }

  private static boolean longer(String text, int most) {
    return text.length() > most || (text.length() > most / 3 && utf8Length(text) > most);
  }

  /** Bytes of the text as UTF-8. */
  static int utf8Length(String text) {
    int length = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        length += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return length;
  }

  private static String shown(Map<String, String> labels) {
    return Rejections.quoted(labels.toString());
  }

  static boolean validName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /**
   * A name with everything that is not a letter, digit or underscore made an underscore; before a
   * digit at the begin comes {@code key_}, as Loki has it.
   */
  static String sanitize(String name) {
    if (validName(name)) {
      return name;
    }
    StringBuilder text = new StringBuilder(name.length() + 4);
    if (!name.isEmpty() && name.charAt(0) >= '0' && name.charAt(0) <= '9') {
      text.append("key_");
    }
    name.codePoints()
        .forEach(
            c -> {
              boolean fine =
                  (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
              text.append(fine ? (char) c : '_');
            });
    return text.toString();
  }
}

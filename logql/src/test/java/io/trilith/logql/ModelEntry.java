package io.trilith.logql;

import io.trilith.storage.model.Labels;
import java.util.Map;
import java.util.TreeMap;

/** An entry on its way through the naive pipeline. */
final class ModelEntry {
  /** An entry as it was sent. */
  record Sent(Labels stream, long time, String line, Labels metadata) {}

  final long time;
  final int originalLength;
  String line;

  /** Names of the stream and its metadata, which parsers may not take, whatever became of them. */
  final Map<String, String> base = new TreeMap<>();

  /** All labels as they are now; empty values are kept. */
  final Map<String, String> labels = new TreeMap<>();

  String error = "";

  ModelEntry(Sent sent) {
    time = sent.time();
    line = sent.line();
    originalLength = line.length();
    base.putAll(sent.stream().toMap());
    base.putAll(sent.metadata().toMap());
    labels.putAll(base);
  }

  String get(String name) {
    return name.equals("__error__") ? error : labels.getOrDefault(name, "");
  }

  /** The first of equal keys wins, and one that the stream has gets another name. */
  void parsed(String name, String value) {
    labels.putIfAbsent(base.containsKey(name) ? name + "_extracted" : name, value);
  }

  void fail(String kind) {
    if (error.isEmpty()) {
      error = kind;
    }
  }

  /** The labels of the answer, the error among them. */
  Map<String, String> shown() {
    Map<String, String> shown = new TreeMap<>(labels);
    if (!error.isEmpty()) {
      shown.put("__error__", error);
    }
    return shown;
  }
}

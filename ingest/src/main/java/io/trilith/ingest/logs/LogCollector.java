package io.trilith.ingest.logs;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.logstore.LogBatch;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Checks and enriches streams and entries of one request and puts the good ones into a batch. One
 * per request.
 */
final class LogCollector {
  private static final String SERVICE_NAME = "service_name";
  private static final List<String> SERVICE_LABELS =
      List.of(
          "service",
          "app",
          "application",
          "app_name",
          "name",
          "app_kubernetes_io_name",
          "container",
          "container_name",
          "k8s_container_name",
          "component",
          "workload",
          "job",
          "k8s_job_name");

  private final LimitsConfig limits;
  private final Rejections rejections;
  private final LogBatch batch = new LogBatch();
  private Labels stream = Labels.EMPTY;
  private int number = -1;
  private String refusal = "";

  LogCollector(LimitsConfig limits, Rejections rejections) {
    this.limits = limits;
    this.rejections = rejections;
  }

  LogBatch batch() {
    return batch;
  }

  /** Begins a stream. What is wrong with it is told when its first entry comes. */
  void stream(Map<String, String> labels) {
    number = -1;
    refusal = problem(labels);
    stream = Labels.EMPTY;
    if (!refusal.isEmpty()) {
      return;
    }
    Labels.Builder builder = Labels.of(labels).toBuilder();
    if (builder.get(SERVICE_NAME) == null) {
      builder.set(SERVICE_NAME, serviceName(labels));
    }
    stream = builder.build();
  }

  private static String serviceName(Map<String, String> labels) {
    for (String name : SERVICE_LABELS) {
      String value = labels.getOrDefault(name, "");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "unknown_service";
  }

  private String problem(Map<String, String> labels) {
    if (labels.isEmpty()) {
      return "error at least one label pair is required per stream";
    }
    if (labels.size() > limits.streamLabelsMax()) {
      return "stream has "
          + labels.size()
          + " label names; limit "
          + limits.streamLabelsMax()
          + " (limits.stream-labels-max)";
    }
    for (Map.Entry<String, String> label : labels.entrySet()) {
      String name = label.getKey();
      if (!validName(name)) {
        return "stream has an invalid label name: " + Rejections.quoted(name);
      }
      if (name.length() > limits.labelNameMax()) {
        return "stream has label name too long: " + Rejections.quoted(name);
      }
      if (label.getValue().length() > limits.labelValueMax()) {
        return "stream has label value too long: label " + Rejections.quoted(name);
      }
    }
    return "";
  }

  private static boolean validName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** A name with everything that is not a letter, digit or underscore made an underscore. */
  static String sanitize(String name) {
    if (validName(name)) {
      return name;
    }
    StringBuilder text = new StringBuilder(name.length() + 1);
    if (!name.isEmpty() && Character.isDigit(name.charAt(0))) {
      text.append('_');
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

  void entry(long time, String line, Map<String, String> metadata) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    entry(time, bytes, metadata);
  }

  /** Adds an entry of the stream, or counts why not. The metadata's names are valid. */
  void entry(long time, byte[] line, Map<String, String> metadata) {
    if (!refusal.isEmpty()) {
      rejections.add("bad_stream", 1, refusal);
      return;
    }
    if (time < 0) {
      rejections.add(
          "bad_timestamp",
          1,
          "entry of stream " + shown() + " has a timestamp before 1970: " + time);
      return;
    }
    if (line.length > limits.logLineMax().bytes()) {
      rejections.add(
          "line_too_long",
          1,
          "max entry size "
              + limits.logLineMax().bytes()
              + " bytes exceeded for stream "
              + shown()
              + " while adding an entry with length "
              + line.length
              + " bytes and timestamp "
              + time
              + " (limits.log-line-max)");
      return;
    }
    long size = 0;
    for (Map.Entry<String, String> pair : metadata.entrySet()) {
      size += pair.getKey().length() + pair.getValue().length();
    }
    if (size > limits.logMetadataSizeMax().bytes()
        || metadata.size() > limits.logMetadataEntriesMax()) {
      rejections.add(
          "structured_metadata_too_large",
          1,
          "stream "
              + shown()
              + " has structured metadata too large: "
              + metadata.size()
              + " entries, "
              + size
              + " characters, at timestamp "
              + time
              + " (limits.log-metadata-entries-max, limits.log-metadata-size-max)");
      return;
    }
    Labels.Builder builder = new Labels.Builder();
    metadata.forEach(builder::set);
    if (builder.get(DetectedLevel.LABEL) == null) {
      builder.set(DetectedLevel.LABEL, DetectedLevel.of(stream, metadata, line, 0, line.length));
    }
    if (number < 0) {
      number = batch.addStream(stream);
    }
    batch.addEntry(number, time, line, 0, line.length, builder.build());
  }

  private String shown() {
    return Rejections.quoted(stream.toString());
  }
}

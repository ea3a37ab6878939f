package io.trilith.ingest.logs;

import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Walks an ExportLogsServiceRequest: some resource attributes become labels of the stream, the rest
 * structured metadata, as Loki does by default. One per request.
 */
final class OtlpLogsDecoder {
  private static final byte[] NO_LINE = {};

  private final OtlpAttributes attributes;
  private final OtlpLabelRules rules;
  private final LogCollector collector;
  private Map<String, String> labels = Map.of();
  private String wrongResource = "";

  // The line of the record that is read.
  private byte[] line = NO_LINE;
  private int lineFrom;
  private int lineTo;

  /** What the current stream has besides the resource's labels. */
  private String severityOfStream = "";

  OtlpLogsDecoder(OtlpAttributes attributes, OtlpLabelRules rules, LogCollector collector) {
    this.attributes = attributes;
    this.rules = rules;
    this.collector = collector;
  }

  void decode(byte[] message) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resourceLogs(in.message());
      } else {
        in.skip();
      }
    }
  }

  /** The resource may come after its logs: it is looked for first. */
  private void resourceLogs(ProtoReader in) {
    ProtoReader again = in.copy();
    Map<String, AnyValue> resource = new LinkedHashMap<>();
    wrongResource = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        try {
          resource.putAll(attributes.resource(in.message()));
        } catch (NestedTooDeepException e) {
          wrongResource = "resource: " + e.getMessage();
        }
      } else {
        in.skip();
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    labels = new LinkedHashMap<>();
    resource.forEach(
        (name, value) -> {
          switch (rules.ofResource(name)) {
            case DROPPED -> {}
            case LABEL -> {
              if (value.text().isEmpty()) {
                flatten(StreamRules.sanitize(name), value, metadata);
              } else {
                labels.put(StreamRules.sanitize(name), value.text());
              }
            }
            case METADATA -> flatten(StreamRules.sanitize(name), value, metadata);
          }
        });
    if (metadata.size() > collector.metadataMax()) {
      wrongResource =
          "resource: it has "
              + metadata.size()
              + " attributes that are structured metadata of each entry; the limit is "
              + collector.metadataMax()
              + " (log-limits.max-structured-metadata-entries-count)";
    }
    if (labels.isEmpty()) {
      labels.put(LogCollector.SERVICE_NAME, LogCollector.UNKNOWN_SERVICE);
    }
    beginStream("");
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeLogs(again.message(), metadata);
      } else {
        again.skip();
      }
    }
  }

  private void beginStream(String severity) {
    severityOfStream = severity;
    if (!wrongResource.isEmpty()) {
      collector.wrongStream(wrongResource);
    } else if (severity.isEmpty()) {
      collector.stream(labels);
    } else {
      Map<String, String> more = new LinkedHashMap<>(labels);
      more.put("severity_text", severity);
      collector.stream(more);
    }
  }

  private static void flatten(String name, AnyValue value, Map<String, String> into) {
    switch (value) {
      case AnyValue.KeyValues map ->
          map.values()
              .forEach(
                  (key, member) -> flatten(name + "_" + StreamRules.sanitize(key), member, into));
      case AnyValue.Empty _ -> {}
      default -> {
        if (!name.isEmpty()) {
          into.put(name, value.text());
        }
      }
    }
  }

  private void scopeLogs(ProtoReader in, Map<String, String> resource) {
    ProtoReader again = in.copy();
    Map<String, String> metadata = new LinkedHashMap<>(resource);
    String problem = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        try {
          scope(in.message(), metadata);
        } catch (NestedTooDeepException e) {
          problem = "scope: " + e.getMessage();
        }
      } else {
        in.skip();
      }
    }
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        int offset = again.offset();
        try {
          ProtoReader entry = again.message();
          if (problem.isEmpty()) {
            logRecord(entry, metadata);
          } else {
            collector.wrongEntry("nested_too_deep", problem);
          }
        } catch (NestedTooDeepException e) {
          collector.wrongEntry(
              "nested_too_deep", "the log record at byte " + offset + ": " + e.getMessage());
        }
      } else {
        again.skip();
      }
    }
  }

  private void scope(ProtoReader in, Map<String, String> metadata) {
    Map<String, AnyValue> found = new LinkedHashMap<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> put(metadata, "scope_name", in.lenientString());
        case 2 -> put(metadata, "scope_version", in.lenientString());
        case 3 -> attributes.keyValue(in.message(), found);
        default -> in.skip();
      }
    }
    found.forEach(
        (name, value) -> {
          if (!rules.dropsOfScope(name)) {
            flatten(StreamRules.sanitize(name), value, metadata);
          }
        });
  }

  private static void put(Map<String, String> metadata, String name, String value) {
    if (!value.isEmpty()) {
      metadata.put(name, value);
    }
  }

  private void logRecord(ProtoReader in, Map<String, String> inherited) {
    Map<String, String> metadata = new LinkedHashMap<>(inherited);
    Map<String, AnyValue> found = new LinkedHashMap<>();
    long time = 0;
    long observed = 0;
    line = NO_LINE;
    lineFrom = 0;
    lineTo = 0;
    long before = attributes.made();
    String severity = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> time = in.fixed64();
        case 2 -> number(metadata, "severity_number", in.varint());
        case 3 -> severity = in.lenientString();
        case 5 -> body(in.message());
        case 6 -> attributes.keyValue(in.message(), found);
        case 9 -> id(metadata, "trace_id", in.bytes());
        case 10 -> id(metadata, "span_id", in.bytes());
        case 11 -> observed = in.fixed64();
        case 12 -> put(metadata, "event_name", in.lenientString());
        case 8 -> number(metadata, "flags", Integer.toUnsignedLong(in.fixed32()));
        default -> in.skip();
      }
    }
    found.forEach(
        (name, value) -> {
          if (!rules.dropsOfLog(name)) {
            flatten(StreamRules.sanitize(name), value, metadata);
          }
        });
    String label = rules.severityTextAsLabel() ? severity : "";
    if (label.isEmpty()) {
      put(metadata, "severity_text", severity);
    }
    if (!label.equals(severityOfStream)) {
      beginStream(label);
    }
    if (time != 0 && observed != 0) {
      metadata.put("observed_timestamp", Long.toUnsignedString(observed));
    }
    long at = time != 0 ? time : observed != 0 ? observed : collector.nowNanos();
    collector.entry(at, line, lineFrom, lineTo, metadata);
    attributes.forget(before);
  }

  /** A text's bytes are the line, whatever they are; anything else is put as text. */
  private void body(ProtoReader in) {
    ProtoReader again = in.copy();
    boolean other = false;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        lineFrom = in.pass();
        lineTo = in.offset();
        line = in.array();
      } else {
        other = true;
        in.skip();
      }
    }
    if (other) {
      line = LogCollector.utf8(attributes.value(again).text());
      lineFrom = 0;
      lineTo = line.length;
    }
  }

  private static void number(Map<String, String> metadata, String name, long value) {
    if (value != 0) {
      metadata.put(name, Long.toString(value));
    }
  }

  private static void id(Map<String, String> metadata, String name, byte[] id) {
    for (byte b : id) {
      if (b != 0) {
        metadata.put(name, HexFormat.of().formatHex(id));
        return;
      }
    }
  }
}

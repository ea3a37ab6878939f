package io.trilith.ingest.logs;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Walks an ExportLogsServiceRequest: some resource attributes become labels of the stream, the rest
 * structured metadata, as Loki does by default. One per request.
 */
final class OtlpLogsDecoder {
  private static final Set<String> INDEXED =
      Set.of(
          "service.name",
          "service.namespace",
          "service.instance.id",
          "deployment.environment",
          "deployment.environment.name",
          "cloud.region",
          "cloud.availability_zone",
          "k8s.cluster.name",
          "k8s.namespace.name",
          "k8s.pod.name",
          "k8s.container.name",
          "container.name",
          "k8s.replicaset.name",
          "k8s.deployment.name",
          "k8s.statefulset.name",
          "k8s.daemonset.name",
          "k8s.cronjob.name",
          "k8s.job.name");

  private final OtlpAttributes attributes;
  private final LogCollector collector;
  private final long nowNanos;

  OtlpLogsDecoder(LimitsConfig limits, LogCollector collector, long nowNanos) {
    this.attributes = new OtlpAttributes(limits.attributeDepthMax());
    this.collector = collector;
    this.nowNanos = nowNanos;
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
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resource.putAll(attributes.resource(in.message()));
      } else {
        in.skip();
      }
    }
    Map<String, String> labels = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    resource.forEach(
        (name, value) -> {
          if (INDEXED.contains(name) && !value.text().isEmpty()) {
            labels.put(LogCollector.sanitize(name), value.text());
          } else {
            flatten(LogCollector.sanitize(name), value, metadata);
          }
        });
    if (labels.isEmpty()) {
      labels.put("service_name", "unknown_service");
    }
    collector.stream(labels);
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeLogs(again.message(), metadata);
      } else {
        again.skip();
      }
    }
  }

  private static void flatten(String name, AnyValue value, Map<String, String> into) {
    switch (value) {
      case AnyValue.KeyValues map ->
          map.values()
              .forEach(
                  (key, member) -> flatten(name + "_" + LogCollector.sanitize(key), member, into));
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
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        scope(in.message(), metadata);
      } else {
        in.skip();
      }
    }
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        logRecord(again.message(), metadata);
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
    found.forEach((name, value) -> flatten(LogCollector.sanitize(name), value, metadata));
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
    AnyValue body = new AnyValue.Empty();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> time = in.fixed64();
        case 2 -> number(metadata, "severity_number", in.varint());
        case 3 -> put(metadata, "severity_text", in.lenientString());
        case 5 -> body = attributes.value(in.message());
        case 6 -> attributes.keyValue(in.message(), found);
        case 9 -> id(metadata, "trace_id", in.bytes());
        case 10 -> id(metadata, "span_id", in.bytes());
        case 11 -> observed = in.fixed64();
        case 12 -> put(metadata, "event_name", in.lenientString());
        case 8 -> number(metadata, "flags", Integer.toUnsignedLong(in.fixed32()));
        default -> in.skip();
      }
    }
    found.forEach((name, value) -> flatten(LogCollector.sanitize(name), value, metadata));
    if (time != 0 && observed != 0) {
      metadata.put("observed_timestamp", Long.toUnsignedString(observed));
    }
    long at = time != 0 ? time : observed != 0 ? observed : nowNanos;
    collector.entry(at, body.text().getBytes(StandardCharsets.UTF_8), metadata);
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

package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A span as the server showed it. Ids are in hex, that of the parent empty for a root; the status
 * is {@code UNSET}, {@code OK} or {@code ERROR}.
 */
record TraceSpan(
    String id,
    String parent,
    String service,
    String name,
    String kind,
    long start,
    long end,
    String status,
    String message) {

  /** The last time it reaches: senders have it that a span ends before it starts. */
  long last() {
    return Math.max(start, end);
  }

  /** Of a trace in the JSON of proto3, ordered by start. */
  static List<TraceSpan> of(Api.Node trace) {
    List<TraceSpan> spans = new ArrayList<>();
    for (Api.Node resource : trace.at("resourceSpans").list()) {
      String service = "";
      for (Api.Node attribute : resource.at("resource").at("attributes").list()) {
        if (attribute.at("key").text().equals("service.name")) {
          service = attribute.at("value").at("stringValue").text();
        }
      }
      for (Api.Node scope : resource.at("scopeSpans").list()) {
        for (Api.Node span : scope.at("spans").list()) {
          spans.add(span(service, span));
        }
      }
    }
    spans.sort(Comparator.comparingLong(TraceSpan::start));
    return spans;
  }

  private static TraceSpan span(String service, Api.Node span) {
    return new TraceSpan(
        hex(span.at("spanId").text()),
        hex(span.at("parentSpanId").text()),
        service,
        span.at("name").text(),
        span.at("kind").text().replace("SPAN_KIND_", ""),
        span.at("startTimeUnixNano").integer(),
        span.at("endTimeUnixNano").integer(),
        span.at("status").at("code").text().replace("STATUS_CODE_", ""),
        span.at("status").at("message").text());
  }

  private static String hex(String base64) {
    return HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
  }

  /** A log entry of a trace; the span's id is empty when it has none. */
  record Log(long time, String span, String service, String level, String line) {
    static List<Log> of(Api.Node streams) {
      List<Log> logs = new ArrayList<>();
      for (Api.Node stream : streams.list()) {
        Map<String, String> labels = stream.at("stream").texts();
        for (Api.Node value : stream.at("values").list()) {
          Map<String, String> metadata = value.at(2).at("structuredMetadata").texts();
          String level = metadata.getOrDefault("detected_level", "");
          logs.add(
              new Log(
                  value.at(0).integer(),
                  metadata.getOrDefault("span_id", ""),
                  labels.getOrDefault("service_name", ""),
                  level.isEmpty() ? labels.getOrDefault("level", "") : level,
                  value.at(1).text()));
        }
      }
      logs.sort(Comparator.comparingLong(Log::time));
      return logs;
    }
  }
}

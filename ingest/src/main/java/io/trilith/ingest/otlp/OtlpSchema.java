package io.trilith.ingest.otlp;

import io.trilith.net.wire.JsonReader;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a JSON field of an OTLP message is on the wire. */
final class OtlpSchema {
  /** How a value is written. */
  enum Kind {
    STRING,
    /** Base64. */
    BYTES,
    /** Trace and span ids, which OTLP's JSON has in hexadecimal. */
    HEX,
    BOOL,
    VARINT,
    /** A number or a name of {@link OtlpSchema#ENUMS}. */
    ENUM,
    ZIGZAG,
    FIXED64,
    FIXED32,
    DOUBLE,
    MESSAGE;

    /** What a value is to be, for messages. */
    String article() {
      return switch (this) {
        case STRING, BYTES, HEX -> "a string";
        case BOOL -> "true or false";
        case VARINT, ENUM, ZIGZAG, FIXED64, FIXED32, DOUBLE -> "a number";
        case MESSAGE -> "an object";
      };
    }
  }

  /** The names of enum values; some senders write them instead of the numbers. */
  static final Map<String, Integer> ENUMS = enums();

  private static Map<String, Integer> enums() {
    Map<String, Integer> values =
        new HashMap<>(
            Map.of(
                "SPAN_KIND_UNSPECIFIED", 0,
                "SPAN_KIND_INTERNAL", 1,
                "SPAN_KIND_SERVER", 2,
                "SPAN_KIND_CLIENT", 3,
                "SPAN_KIND_PRODUCER", 4,
                "SPAN_KIND_CONSUMER", 5,
                "STATUS_CODE_UNSET", 0,
                "STATUS_CODE_OK", 1,
                "STATUS_CODE_ERROR", 2));
    values.put("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0);
    values.put("AGGREGATION_TEMPORALITY_DELTA", 1);
    values.put("AGGREGATION_TEMPORALITY_CUMULATIVE", 2);
    values.put("SEVERITY_NUMBER_UNSPECIFIED", 0);
    String[] severities = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    for (int i = 0; i < 4 * severities.length; i++) {
      String step = i % 4 == 0 ? "" : Integer.toString(i % 4 + 1);
      values.put("SEVERITY_NUMBER_" + severities[i / 4] + step, i + 1);
    }
    return Map.copyOf(values);
  }

  /** One field; the message's schema is asked for late, because AnyValue contains itself. */
  record Field(
      String name, int number, Kind kind, boolean repeated, Supplier<OtlpSchema> message) {}

  private final Map<String, Field> fields = new HashMap<>();

  /** The longest name of a field, in either spelling. */
  private static final int NAME_MAX = 64;

  /** The field of the name that was read last; null when there is none. */
  @Nullable Field field(JsonReader in) {
    return in.textLength() > NAME_MAX ? null : fields.get(in.string());
  }

  private OtlpSchema put(String name, Field field) {
    fields.put(name, field);
    fields.put(snake(name), field);
    return this;
  }

  /** As protobuf's own text has it, which some senders write. */
  private static String snake(String name) {
    StringBuilder snake = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isUpperCase(c)) {
        snake.append('_').append(Character.toLowerCase(c));
      } else {
        snake.append(c);
      }
    }
    return snake.toString();
  }

  private OtlpSchema field(String name, int number, Kind kind) {
    return put(name, new Field(name, number, kind, false, () -> none(name)));
  }

  private OtlpSchema fields(String name, int number, Kind kind) {
    return put(name, new Field(name, number, kind, true, () -> none(name)));
  }

  private static OtlpSchema none(String name) {
    throw new IllegalStateException(name + " is no message");
  }

  private OtlpSchema message(String name, int number, OtlpSchema schema) {
    return put(name, new Field(name, number, Kind.MESSAGE, false, () -> schema));
  }

  private OtlpSchema messages(String name, int number, OtlpSchema schema) {
    return put(name, new Field(name, number, Kind.MESSAGE, true, () -> schema));
  }

  private static OtlpSchema anyValue() {
    OtlpSchema any = new OtlpSchema();
    OtlpSchema keyValue = new OtlpSchema().field("key", 1, Kind.STRING).message("value", 2, any);
    return any.field("stringValue", 1, Kind.STRING)
        .field("boolValue", 2, Kind.BOOL)
        .field("intValue", 3, Kind.VARINT)
        .field("doubleValue", 4, Kind.DOUBLE)
        .message("arrayValue", 5, new OtlpSchema().messages("values", 1, any))
        .message("kvlistValue", 6, new OtlpSchema().messages("values", 1, keyValue))
        .field("bytesValue", 7, Kind.BYTES);
  }

  private static OtlpSchema keyValue() {
    return new OtlpSchema().field("key", 1, Kind.STRING).message("value", 2, anyValue());
  }

  private static OtlpSchema resource() {
    return new OtlpSchema()
        .messages("attributes", 1, keyValue())
        .field("droppedAttributesCount", 2, Kind.VARINT);
  }

  private static OtlpSchema scope() {
    return new OtlpSchema()
        .field("name", 1, Kind.STRING)
        .field("version", 2, Kind.STRING)
        .messages("attributes", 3, keyValue())
        .field("droppedAttributesCount", 4, Kind.VARINT);
  }

  private static OtlpSchema exemplar() {
    return new OtlpSchema()
        .field("timeUnixNano", 2, Kind.FIXED64)
        .field("asDouble", 3, Kind.DOUBLE)
        .field("spanId", 4, Kind.HEX)
        .field("traceId", 5, Kind.HEX)
        .field("asInt", 6, Kind.FIXED64)
        .messages("filteredAttributes", 7, keyValue());
  }

  private static OtlpSchema point(int attributes, int flags) {
    return new OtlpSchema()
        .field("startTimeUnixNano", 2, Kind.FIXED64)
        .field("timeUnixNano", 3, Kind.FIXED64)
        .messages("attributes", attributes, keyValue())
        .field("flags", flags, Kind.VARINT);
  }

  private static OtlpSchema numberPoint() {
    return point(7, 8)
        .field("asDouble", 4, Kind.DOUBLE)
        .messages("exemplars", 5, exemplar())
        .field("asInt", 6, Kind.FIXED64);
  }

  private static OtlpSchema histogramPoint() {
    return point(9, 10)
        .field("count", 4, Kind.FIXED64)
        .field("sum", 5, Kind.DOUBLE)
        .fields("bucketCounts", 6, Kind.FIXED64)
        .fields("explicitBounds", 7, Kind.DOUBLE)
        .messages("exemplars", 8, exemplar())
        .field("min", 11, Kind.DOUBLE)
        .field("max", 12, Kind.DOUBLE);
  }

  private static OtlpSchema exponentialPoint() {
    OtlpSchema buckets =
        new OtlpSchema().field("offset", 1, Kind.ZIGZAG).fields("bucketCounts", 2, Kind.VARINT);
    return point(1, 10)
        .field("count", 4, Kind.FIXED64)
        .field("sum", 5, Kind.DOUBLE)
        .field("scale", 6, Kind.ZIGZAG)
        .field("zeroCount", 7, Kind.FIXED64)
        .message("positive", 8, buckets)
        .message("negative", 9, buckets)
        .messages("exemplars", 11, exemplar())
        .field("min", 12, Kind.DOUBLE)
        .field("max", 13, Kind.DOUBLE)
        .field("zeroThreshold", 14, Kind.DOUBLE);
  }

  private static OtlpSchema summaryPoint() {
    OtlpSchema quantile =
        new OtlpSchema().field("quantile", 1, Kind.DOUBLE).field("value", 2, Kind.DOUBLE);
    return point(7, 8)
        .field("count", 4, Kind.FIXED64)
        .field("sum", 5, Kind.DOUBLE)
        .messages("quantileValues", 6, quantile);
  }

  private static OtlpSchema points(OtlpSchema point) {
    return new OtlpSchema()
        .messages("dataPoints", 1, point)
        .field("aggregationTemporality", 2, Kind.ENUM)
        .field("isMonotonic", 3, Kind.BOOL);
  }

  /** ExportMetricsServiceRequest. */
  static OtlpSchema metrics() {
    OtlpSchema metric =
        new OtlpSchema()
            .field("name", 1, Kind.STRING)
            .field("description", 2, Kind.STRING)
            .field("unit", 3, Kind.STRING)
            .message("gauge", 5, points(numberPoint()))
            .message("sum", 7, points(numberPoint()))
            .message("histogram", 9, points(histogramPoint()))
            .message("exponentialHistogram", 10, points(exponentialPoint()))
            .message("summary", 11, points(summaryPoint()))
            .messages("metadata", 12, keyValue());
    return request("resourceMetrics", "scopeMetrics", "metrics", metric);
  }

  /** ExportLogsServiceRequest. */
  static OtlpSchema logs() {
    OtlpSchema record =
        new OtlpSchema()
            .field("timeUnixNano", 1, Kind.FIXED64)
            .field("severityNumber", 2, Kind.ENUM)
            .field("severityText", 3, Kind.STRING)
            .message("body", 5, anyValue())
            .messages("attributes", 6, keyValue())
            .field("droppedAttributesCount", 7, Kind.VARINT)
            .field("flags", 8, Kind.FIXED32)
            .field("traceId", 9, Kind.HEX)
            .field("spanId", 10, Kind.HEX)
            .field("observedTimeUnixNano", 11, Kind.FIXED64)
            .field("eventName", 12, Kind.STRING);
    return request("resourceLogs", "scopeLogs", "logRecords", record);
  }

  /** ExportTraceServiceRequest. */
  static OtlpSchema traces() {
    OtlpSchema event =
        new OtlpSchema()
            .field("timeUnixNano", 1, Kind.FIXED64)
            .field("name", 2, Kind.STRING)
            .messages("attributes", 3, keyValue())
            .field("droppedAttributesCount", 4, Kind.VARINT);
    OtlpSchema link =
        new OtlpSchema()
            .field("traceId", 1, Kind.HEX)
            .field("spanId", 2, Kind.HEX)
            .field("traceState", 3, Kind.STRING)
            .messages("attributes", 4, keyValue())
            .field("droppedAttributesCount", 5, Kind.VARINT)
            .field("flags", 6, Kind.FIXED32);
    OtlpSchema status =
        new OtlpSchema().field("message", 2, Kind.STRING).field("code", 3, Kind.ENUM);
    OtlpSchema span =
        new OtlpSchema()
            .field("traceId", 1, Kind.HEX)
            .field("spanId", 2, Kind.HEX)
            .field("traceState", 3, Kind.STRING)
            .field("parentSpanId", 4, Kind.HEX)
            .field("name", 5, Kind.STRING)
            .field("kind", 6, Kind.ENUM)
            .field("startTimeUnixNano", 7, Kind.FIXED64)
            .field("endTimeUnixNano", 8, Kind.FIXED64)
            .messages("attributes", 9, keyValue())
            .field("droppedAttributesCount", 10, Kind.VARINT)
            .messages("events", 11, event)
            .field("droppedEventsCount", 12, Kind.VARINT)
            .messages("links", 13, link)
            .field("droppedLinksCount", 14, Kind.VARINT)
            .message("status", 15, status)
            .field("flags", 16, Kind.FIXED32);
    return request("resourceSpans", "scopeSpans", "spans", span);
  }

  private static OtlpSchema request(String outer, String inner, String items, OtlpSchema item) {
    OtlpSchema scoped =
        new OtlpSchema()
            .message("scope", 1, scope())
            .messages(items, 2, item)
            .field("schemaUrl", 3, Kind.STRING);
    OtlpSchema ofResource =
        new OtlpSchema()
            .message("resource", 1, resource())
            .messages(inner, 2, scoped)
            .field("schemaUrl", 3, Kind.STRING);
    return new OtlpSchema().messages(outer, 1, ofResource);
  }
}

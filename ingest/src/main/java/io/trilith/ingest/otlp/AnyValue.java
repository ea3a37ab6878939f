package io.trilith.ingest.otlp;

import io.trilith.storage.text.FloatText;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A value of an OpenTelemetry attribute or log body. */
public sealed interface AnyValue {
  /** Nothing was said. */
  record Empty() implements AnyValue {}

  record Text(String value) implements AnyValue {}

  record Bool(boolean value) implements AnyValue {}

  record Int(long value) implements AnyValue {}

  @SuppressWarnings("AvoidCommonTypeNames") // the word of the protocol, always used qualified
  record Double(double value) implements AnyValue {}

  @SuppressWarnings("ArrayRecordComponent") // passed through, never compared
  record Bytes(byte[] value) implements AnyValue {}

  record Array(List<AnyValue> values) implements AnyValue {}

  /** Keys in the order they were sent, the last of equal ones wins. */
  record KeyValues(Map<String, AnyValue> values) implements AnyValue {}

  /** The value as text, as OpenTelemetry's specification maps it: arrays and maps as JSON. */
  default String text() {
    return switch (this) {
      case Empty _ -> "";
      case Text text -> text.value();
      case Bool bool -> java.lang.Boolean.toString(bool.value());
      case Int number -> Long.toString(number.value());
      case Double number -> FloatText.goJson(number.value());
      case Bytes bytes -> Base64.getEncoder().encodeToString(bytes.value());
      case Array _, KeyValues _ -> AnyValueJson.of(this);
    };
  }
}

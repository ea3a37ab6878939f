package io.trilith.tracestore;

import java.util.Arrays;
import java.util.List;

/** The value of an attribute, of any type that OpenTelemetry knows. */
public sealed interface AttributeValue {
  /** A key without a value. */
  record Empty() implements AttributeValue {}

  record Text(String value) implements AttributeValue {}

  record Bool(boolean value) implements AttributeValue {}

  record Int(long value) implements AttributeValue {}

  record Real(double value) implements AttributeValue {}

  /** Any bytes; the array belongs to the value and is never changed. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode look at the content
  record Bytes(byte[] value) implements AttributeValue {
    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }
  }

  /** An array; its items may differ in type. */
  record Items(List<AttributeValue> values) implements AttributeValue {
    public Items {
      values = List.copyOf(values);
    }
  }

  /** A map. */
  record Entries(Attributes values) implements AttributeValue {}
}

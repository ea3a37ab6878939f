package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.memory.Booking;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.columns.AttributeRow;
import io.trilith.tracestore.columns.SpanColumns;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads attributes off the wire into the store's form. Confined to one request. */
final class AttributeDecoder {
  private static final byte[] NOTHING = {};

  private final OtlpAttributes wire;
  private final TraceLimitsConfig limits;

  AttributeDecoder(TraceLimitsConfig limits, Booking memory) {
    this.limits = limits;
    this.wire =
        new OtlpAttributes(limits.attributeDepthMax(), "trace-limits.attribute-depth-max", memory);
  }

  /** Bytes that what was made of attributes takes; see {@link OtlpAttributes#made}. */
  long made() {
    return wire.made();
  }

  /** What was made since is garbage. */
  void forget(long since) {
    wire.forget(since);
  }

  private final ProtoReader pair = new ProtoReader(NOTHING);
  private final ProtoReader any = new ProtoReader(NOTHING);

  // The value that is being read.
  private byte type;
  private long word;

  /** Collects the KeyValues of a resource or scope; of equal keys the last one wins. */
  final class Collector {
    private final Map<String, AnyValue> values = new LinkedHashMap<>();
    private @Nullable RefusedSpanException nested;

    void add(ProtoReader keyValue) {
      try {
        wire.keyValue(keyValue, values);
      } catch (NestedTooDeepException e) {
        nested = refused(e);
      }
    }

    Attributes finish() {
      if (nested != null) {
        throw nested;
      }
      checkCount(values.size());
      for (String key : values.keySet()) {
        checkKey(key.length());
      }
      return attributes(values);
    }
  }

  private static RefusedSpanException refused(NestedTooDeepException e) {
    return new RefusedSpanException("nested_too_deep", String.valueOf(e.getMessage()));
  }

  private void checkCount(int count) {
    if (count > limits.attributesMax()) {
      throw new RefusedSpanException(
          "too_many_attributes",
          count
              + " attributes are more than trace-limits.attributes-max of "
              + limits.attributesMax());
    }
  }

  private void checkKey(int length) {
    if (length > limits.nameMax()) {
      throw new RefusedSpanException(
          "name_too_long",
          "an attribute key of "
              + length
              + " characters is longer than trace-limits.name-max of "
              + limits.nameMax());
    }
  }

  /** Reads a KeyValue field into a row; of equal keys the last one wins. */
  void add(ProtoReader in, AttributeRow row, SpanColumns columns) {
    if (row.size() > limits.attributesMax()) {
      // It is refused by their number: what they are is of no use any more.
      in.skip();
      return;
    }
    in.message(pair);
    int key = SpanColumns.EMPTY_TEXT;
    type = AttributeRow.OTHER;
    boolean valued = false;
    for (int field = pair.next(); field != 0; field = pair.next()) {
      switch (field) {
        case 1 -> key = text(pair, columns);
        case 2 -> {
          pair.message(any);
          valued = true;
          try {
            value(columns);
          } catch (NestedTooDeepException e) {
            throw refused(e);
          }
        }
        default -> pair.skip();
      }
    }
    if (!valued) {
      word = columns.other(new AttributeValue.Empty());
    }
    row.put(key, type, word);
  }

  private void value(SpanColumns columns) {
    AttributeValue other = new AttributeValue.Empty();
    type = AttributeRow.OTHER;
    for (int field = any.next(); field != 0; field = any.next()) {
      switch (field) {
        case 1 -> set(AttributeRow.TEXT, cut(text(any, columns), columns));
        case 2 -> set(AttributeRow.BOOL, any.bool() ? 1 : 0);
        case 3 -> set(AttributeRow.INT, any.varint());
        case 4 -> set(AttributeRow.REAL, any.fixed64());
        case 5 -> {
          type = AttributeRow.OTHER;
          other = value(wire.array(any.message()));
        }
        case 6 -> {
          type = AttributeRow.OTHER;
          other = value(wire.map(any.message()));
        }
        case 7 -> {
          type = AttributeRow.OTHER;
          other = new AttributeValue.Bytes(any.bytes());
        }
        default -> any.skip();
      }
    }
    if (type == AttributeRow.OTHER) {
      word = columns.other(other);
    }
  }

  /** A text cut to what a value may have, between characters. */
  private int cut(int text, SpanColumns columns) {
    long max = limits.maxAttributeBytes().bytes();
    if (max == 0 || columns.length(text) <= max) {
      return text;
    }
    byte[] bytes = columns.string(text).getBytes(StandardCharsets.UTF_8);
    int end = (int) max;
    while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
      end--;
    }
    return columns.text(bytes, 0, end);
  }

  private void set(byte valueType, long value) {
    type = valueType;
    word = value;
  }

  /** Reads a string field as a text; invalid UTF-8 becomes replacement characters. */
  static int text(ProtoReader in, SpanColumns columns) {
    int from = in.pass();
    int to = in.offset();
    byte[] bytes = in.array();
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return columns.text(new String(bytes, from, to - from, StandardCharsets.UTF_8));
      }
    }
    return columns.text(bytes, from, to);
  }

  /** Checks what was collected in a row. */
  void check(AttributeRow row, SpanColumns columns) {
    checkCount(row.size());
    for (int i = 0; i < row.size(); i++) {
      checkKey(columns.characters(row.key(i), limits.nameMax()));
    }
  }

  private static Attributes attributes(Map<String, AnyValue> map) {
    String[] keys = new String[map.size()];
    AttributeValue[] values = new AttributeValue[map.size()];
    int at = 0;
    for (Map.Entry<String, AnyValue> entry : map.entrySet()) {
      keys[at] = entry.getKey();
      values[at++] = value(entry.getValue());
    }
    return Attributes.of(keys, values);
  }

  private static AttributeValue value(AnyValue value) {
    return switch (value) {
      case AnyValue.Empty _ -> new AttributeValue.Empty();
      case AnyValue.Text text -> new AttributeValue.Text(text.value());
      case AnyValue.Bool bool -> new AttributeValue.Bool(bool.value());
      case AnyValue.Int number -> new AttributeValue.Int(number.value());
      case AnyValue.Double number -> new AttributeValue.Real(number.value());
      case AnyValue.Bytes bytes -> new AttributeValue.Bytes(bytes.value());
      case AnyValue.Array array ->
          new AttributeValue.Items(array.values().stream().map(AttributeDecoder::value).toList());
      case AnyValue.KeyValues map -> new AttributeValue.Entries(attributes(map.values()));
    };
  }
}

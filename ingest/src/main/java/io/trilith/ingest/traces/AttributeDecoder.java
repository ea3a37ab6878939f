package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads attributes off the wire into the store's form. Confined to one request. */
final class AttributeDecoder {
  private final OtlpAttributes wire;
  private final TraceLimitsConfig limits;

  AttributeDecoder(TraceLimitsConfig limits) {
    this.limits = limits;
    this.wire = new OtlpAttributes(limits.attributeDepthMax());
  }

  /** Collects the KeyValues of one owner; of equal keys the last one wins. */
  final class Collector {
    private final Map<String, AnyValue> values = new LinkedHashMap<>();

    void add(ProtoReader keyValue) {
      wire.keyValue(keyValue, values);
    }

    Attributes finish() {
      if (values.size() > limits.attributesMax()) {
        throw new RefusedSpanException(
            "too_many_attributes",
            values.size()
                + " attributes are more than trace-limits.attributes-max of "
                + limits.attributesMax());
      }
      for (String key : values.keySet()) {
        if (key.length() > limits.nameMax()) {
          throw new RefusedSpanException(
              "name_too_long",
              "an attribute key of "
                  + key.length()
                  + " characters is longer than trace-limits.name-max of "
                  + limits.nameMax());
        }
      }
      return attributes(values);
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

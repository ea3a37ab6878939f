package io.trilith.tracestore.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Attributes and their owners row by row.
 *
 * <pre>
 * attributes = count:varint (key:string value)*
 * value      = type:1 content        0 empty, 1 string, 2 false, 3 true, 4 zigzag, 5 double,
 *                                    6 bytes, 7 count value*, 8 attributes
 * resource   = attributes dropped:varint schemaUrl:string
 * scope      = name:string version:string attributes dropped:varint schemaUrl:string
 * </pre>
 */
public final class AttributeCodec {
  private static final int DEPTH_MAX = 128;

  private AttributeCodec() {}

  public static void putAttributes(Attributes attributes, ByteWriter out) {
    out.putVarint(attributes.size());
    for (int i = 0; i < attributes.size(); i++) {
      out.putString(attributes.key(i));
      putValue(attributes.value(i), out);
    }
  }

  public static Attributes getAttributes(ByteReader in) {
    return getAttributes(in, 0);
  }

  private static Attributes getAttributes(ByteReader in, int depth) {
    int count = in.getCount(2);
    String[] keys = new String[count];
    AttributeValue[] values = new AttributeValue[count];
    for (int i = 0; i < count; i++) {
      keys[i] = in.getString();
      values[i] = getValue(in, depth);
    }
    return Attributes.of(keys, values);
  }

  public static void putValue(AttributeValue value, ByteWriter out) {
    switch (value) {
      case AttributeValue.Empty _ -> out.putByte(0);
      case AttributeValue.Text text -> {
        out.putByte(1);
        out.putString(text.value());
      }
      case AttributeValue.Bool bool -> out.putByte(bool.value() ? 3 : 2);
      case AttributeValue.Int number -> {
        out.putByte(4);
        out.putZigzag(number.value());
      }
      case AttributeValue.Real number -> {
        out.putByte(5);
        out.putDouble(number.value());
      }
      case AttributeValue.Bytes bytes -> {
        out.putByte(6);
        out.putVarint(bytes.value().length);
        out.putBytes(bytes.value());
      }
      case AttributeValue.Items items -> {
        out.putByte(7);
        out.putVarint(items.values().size());
        for (AttributeValue item : items.values()) {
          putValue(item, out);
        }
      }
      case AttributeValue.Entries entries -> {
        out.putByte(8);
        putAttributes(entries.values(), out);
      }
    }
  }

  public static AttributeValue getValue(ByteReader in) {
    return getValue(in, 0);
  }

  private static AttributeValue getValue(ByteReader in, int depth) {
    if (depth > DEPTH_MAX) {
      throw in.corrupt("values nested deeper than " + DEPTH_MAX);
    }
    int type = in.getByte();
    return switch (type) {
      case 0 -> new AttributeValue.Empty();
      case 1 -> new AttributeValue.Text(in.getString());
      case 2 -> new AttributeValue.Bool(false);
      case 3 -> new AttributeValue.Bool(true);
      case 4 -> new AttributeValue.Int(in.getZigzag());
      case 5 -> new AttributeValue.Real(in.getDouble());
      case 6 -> new AttributeValue.Bytes(in.getBytes(in.getCount()));
      case 7 -> {
        List<AttributeValue> items = new ArrayList<>();
        for (int left = in.getCount(); left > 0; left--) {
          items.add(getValue(in, depth + 1));
        }
        yield new AttributeValue.Items(items);
      }
      case 8 -> new AttributeValue.Entries(getAttributes(in, depth + 1));
      default -> throw in.corrupt("a value of type " + type);
    };
  }

  public static void putResource(Span.Resource resource, ByteWriter out) {
    putAttributes(resource.attributes(), out);
    out.putVarint(resource.droppedAttributes());
    out.putString(resource.schemaUrl());
  }

  public static Span.Resource getResource(ByteReader in) {
    return new Span.Resource(getAttributes(in), (int) in.getVarint(), in.getString());
  }

  public static void putScope(Span.Scope scope, ByteWriter out) {
    out.putString(scope.name());
    out.putString(scope.version());
    putAttributes(scope.attributes(), out);
    out.putVarint(scope.droppedAttributes());
    out.putString(scope.schemaUrl());
  }

  public static Span.Scope getScope(ByteReader in) {
    return new Span.Scope(
        in.getString(), in.getString(), getAttributes(in), (int) in.getVarint(), in.getString());
  }
}

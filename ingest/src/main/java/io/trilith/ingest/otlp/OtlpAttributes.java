package io.trilith.ingest.otlp;

import io.trilith.net.wire.ProtoReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads attributes and their values off the wire; JSON requests are transcoded first ({@link
 * OtlpJson}). Invalid UTF-8 becomes replacement characters. Thread-safe.
 */
public final class OtlpAttributes {
  private final int depthMax;
  private final String key;

  /** Values nested deeper than limits.attribute-depth-max are refused. */
  public OtlpAttributes(int depthMax) {
    this(depthMax, "limits.attribute-depth-max");
  }

  /** As above, for a limit of another name. */
  public OtlpAttributes(int depthMax, String key) {
    this.depthMax = depthMax;
    this.key = key;
  }

  /** Reads one KeyValue into the map; the last of equal keys wins. */
  public void keyValue(ProtoReader in, Map<String, AnyValue> into) {
    keyValue(in, into, 1);
  }

  private void keyValue(ProtoReader in, Map<String, AnyValue> into, int depth) {
    String key = "";
    AnyValue value = new AnyValue.Empty();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> key = in.lenientString();
        case 2 -> value = value(in.message(), depth);
        default -> in.skip();
      }
    }
    into.put(key, value);
  }

  /** Reads an AnyValue. */
  public AnyValue value(ProtoReader in) {
    return value(in, 1);
  }

  private AnyValue value(ProtoReader in, int depth) {
    if (depth > depthMax) {
      throw new NestedTooDeepException(key, depthMax);
    }
    AnyValue value = new AnyValue.Empty();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> value = new AnyValue.Text(in.lenientString());
        case 2 -> value = new AnyValue.Bool(in.bool());
        case 3 -> value = new AnyValue.Int(in.varint());
        case 4 -> value = new AnyValue.Double(in.float64());
        case 5 -> value = array(in.message(), depth);
        case 6 -> value = map(in.message(), depth);
        case 7 -> value = new AnyValue.Bytes(in.bytes());
        default -> in.skip();
      }
    }
    return value;
  }

  /** Reads an ArrayValue that is the value of an attribute. */
  public AnyValue array(ProtoReader in) {
    return array(in, 1);
  }

  /** Reads a KeyValueList that is the value of an attribute. */
  public AnyValue map(ProtoReader in) {
    return map(in, 1);
  }

  private AnyValue array(ProtoReader in, int depth) {
    List<AnyValue> values = new ArrayList<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        values.add(value(in.message(), depth + 1));
      } else {
        in.skip();
      }
    }
    return new AnyValue.Array(values);
  }

  private AnyValue map(ProtoReader in, int depth) {
    Map<String, AnyValue> values = new LinkedHashMap<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        keyValue(in.message(), values, depth + 1);
      } else {
        in.skip();
      }
    }
    return new AnyValue.KeyValues(values);
  }

  /** Reads the attributes of a Resource, which are its field 1. */
  public Map<String, AnyValue> resource(ProtoReader in) {
    Map<String, AnyValue> attributes = new LinkedHashMap<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        keyValue(in.message(), attributes);
      } else {
        in.skip();
      }
    }
    return attributes;
  }
}

package io.trilith.ingest.otlp;

import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.memory.Booking;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads attributes and their values off the wire; JSON requests are transcoded first ({@link
 * OtlpJson}). Invalid UTF-8 becomes replacement characters. What it makes is booked: two bytes can
 * be an object. One per request. Not thread-safe.
 */
public final class OtlpAttributes {
  /** An object with its place in a list or map, roughly; an empty one takes two bytes to send. */
  private static final int VALUE_BYTES = 72;

  /** A text, and what becomes of it as part of another. */
  private static final int TIMES_TEXT = 4;

  private final int depthMax;
  private final String key;
  private final Booking.Growth memory;
  private long made;

  /**
   * A reader.
   *
   * @param depthMax values nested deeper are refused
   * @param key the setting that this is, for messages
   * @param memory of the request
   */
  public OtlpAttributes(int depthMax, String key, Booking memory) {
    this.depthMax = depthMax;
    this.key = key;
    this.memory = memory.growth();
  }

  /** Bytes that what was made takes. */
  public long made() {
    return made;
  }

  /** What was made since there was so much is garbage: its item has been stored. */
  public void forget(long since) {
    made = since;
  }

  private String text(ProtoReader in) {
    String text = in.lenientString();
    made(TIMES_TEXT * (long) text.length());
    return text;
  }

  private void made(long bytes) {
    made += bytes;
    memory.cover(made);
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
        case 1 -> key = text(in);
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
    made(VALUE_BYTES);
    AnyValue value = new AnyValue.Empty();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> value = new AnyValue.Text(text(in));
        case 2 -> value = new AnyValue.Bool(in.bool());
        case 3 -> value = new AnyValue.Int(in.varint());
        case 4 -> value = new AnyValue.Double(in.float64());
        case 5 -> value = array(in.message(), depth);
        case 6 -> value = map(in.message(), depth);
        case 7 -> {
          byte[] bytes = in.bytes();
          made(TIMES_TEXT * (long) bytes.length);
          value = new AnyValue.Bytes(bytes);
        }
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

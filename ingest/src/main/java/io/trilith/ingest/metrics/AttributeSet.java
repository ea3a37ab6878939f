package io.trilith.ingest.metrics;

import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.text.FloatText;
import io.trilith.tsdb.KeyScanner;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The attributes of one point or resource as slices of the message: keys by their number in {@link
 * AttributeNames}, values as UTF-8 text. What does not stand in the message as it is needed stands
 * in a scratch. Reused from point to point. Not thread-safe.
 */
final class AttributeSet {
  private static final byte[] TRUE = AttributeNames.bytes("true");
  private static final byte[] FALSE = AttributeNames.bytes("false");

  private final byte[] message;
  private final AttributeNames names;
  private final OtlpAttributes decoder;
  private final ByteWriter scratch = new ByteWriter();
  private int size;
  private boolean numbered = true;
  private int[] numbers = new int[16];

  /** Offsets; complemented, they are in the scratch. */
  private int[] keyOffsets = new int[16];

  private int[] keyLengths = new int[16];
  private int[] valueOffsets = new int[16];
  private int[] valueLengths = new int[16];

  AttributeSet(byte[] message, AttributeNames names, OtlpAttributes decoder) {
    this.message = message;
    this.names = names;
    this.decoder = decoder;
  }

  void clear() {
    size = 0;
    numbered = true;
    scratch.clear();
  }

  int size() {
    return size;
  }

  /** Whether all keys have a number. */
  boolean isNumbered() {
    return numbered;
  }

  int number(int i) {
    return numbers[i];
  }

  /** The array in which a value stands, valid until the next one is added. */
  byte[] valueBytes(int i) {
    return valueOffsets[i] < 0 ? scratch.array() : message;
  }

  int valueOffset(int i) {
    int offset = valueOffsets[i];
    return offset < 0 ? ~offset : offset;
  }

  int valueLength(int i) {
    return valueLengths[i];
  }

  /** Adds a KeyValue, which stands in the message. */
  void add(ProtoReader in) {
    if (size == numbers.length) {
      grow();
    }
    int from = in.offset();
    int to = in.limit();
    long key = field(from, to, 0x0a);
    int keyEnd = key < 0 ? -1 : start(key) + (int) key;
    long value = key < 0 ? -1 : field(keyEnd, to, 0x12);
    if (value < 0 || start(value) + (int) value != to || !plain(start(value), to)) {
      odd(in);
      return;
    }
    keyOffsets[size] = start(key);
    keyLengths[size] = (int) key;
    number(message, start(key), keyEnd);
  }

  private void number(byte[] bytes, int from, int to) {
    int expected = numbers[size];
    int found =
        expected >= 0 && names.is(expected, bytes, from, to)
            ? expected
            : names.number(bytes, from, to);
    numbers[size] = found;
    numbered &= found >= 0;
    size++;
  }

  private void grow() {
    numbers = Arrays.copyOf(numbers, size * 2);
    keyOffsets = Arrays.copyOf(keyOffsets, size * 2);
    keyLengths = Arrays.copyOf(keyLengths, size * 2);
    valueOffsets = Arrays.copyOf(valueOffsets, size * 2);
    valueLengths = Arrays.copyOf(valueLengths, size * 2);
  }

  /** A field with a length of one or two bytes: its start, and below that its length; else -1. */
  private long field(int at, int to, int tag) {
    if (to - at < 2 || message[at] != tag) {
      return -1;
    }
    int start = at + 2;
    int length = message[at + 1];
    if (length < 0) {
      if (start == to || message[start] <= 0) {
        return -1;
      }
      length = (length & 0x7f) | message[start++] << 7;
    }
    return length > to - start ? -1 : (long) start << 32 | length;
  }

  private static int start(long field) {
    return (int) (field >>> 32);
  }

  /** Takes an AnyValue of one scalar, as all senders write them; false leaves everything as is. */
  private boolean plain(int from, int to) {
    if (from == to) {
      return value(from, 0);
    }
    return switch (message[from]) {
      case 0x0a -> {
        long text = field(from, to, 0x0a);
        int start = start(text);
        yield text >= 0
            && start + (int) text == to
            && (KeyScanner.isAscii(message, start, to) || KeyScanner.isUtf8(message, start, to))
            && value(start, (int) text);
      }
      case 0x10 -> {
        byte[] text = to - from == 2 && message[from + 1] == 0 ? FALSE : TRUE;
        yield to - from == 2 && message[from + 1] >= 0 && text(text);
      }
      case 0x18 -> integer(from + 1, to);
      case 0x21 ->
          to - from == 9
              && text(
                  AttributeNames.bytes(FloatText.goJson(Double.longBitsToDouble(bits(from + 1)))));
      default -> false;
    };
  }

  private boolean value(int offset, int length) {
    valueOffsets[size] = offset;
    valueLengths[size] = length;
    return true;
  }

  private boolean text(byte[] text) {
    valueOffsets[size] = ~scratch.size();
    valueLengths[size] = text.length;
    scratch.putBytes(text);
    return true;
  }

  private long bits(int at) {
    long bits = 0;
    for (int i = 7; i >= 0; i--) {
      bits = bits << 8 | (message[at + i] & 0xff);
    }
    return bits;
  }

  private boolean integer(int from, int to) {
    long value = 0;
    int at = from;
    if (to - from > 10) {
      return false;
    }
    while (at < to && message[at] < 0) {
      value |= (long) (message[at] & 0x7f) << (7 * (at - from));
      at++;
    }
    if (at != to - 1) {
      return false;
    }
    value |= (long) message[at] << (7 * (at - from));
    if (value < 0) {
      return text(AttributeNames.bytes(Long.toString(value)));
    }
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    int start = scratch.size();
    valueOffsets[size] = ~start;
    valueLengths[size] = digits;
    for (int i = 0; i < digits; i++) {
      scratch.putByte('0');
    }
    byte[] bytes = scratch.array();
    for (int i = start + digits - 1; i >= start; i--) {
      bytes[i] = (byte) ('0' + value % 10);
      value /= 10;
    }
    return true;
  }

  /** Arrays, maps, bytes, invalid text, fields in another order: by way of objects. */
  private void odd(ProtoReader in) {
    Map<String, AnyValue> one = new HashMap<>(2);
    decoder.keyValue(in, one);
    Map.Entry<String, AnyValue> entry = one.entrySet().iterator().next();
    byte[] key = AttributeNames.bytes(entry.getKey());
    keyOffsets[size] = ~scratch.size();
    keyLengths[size] = key.length;
    scratch.putBytes(key);
    text(AttributeNames.bytes(entry.getValue().text()));
    number(key, 0, key.length);
  }

  private String keyText(int i) {
    int offset = keyOffsets[i];
    return offset < 0
        ? new String(scratch.array(), ~offset, keyLengths[i], StandardCharsets.UTF_8)
        : new String(message, offset, keyLengths[i], StandardCharsets.UTF_8);
  }

  private String valueText(int i) {
    return new String(valueBytes(i), valueOffset(i), valueLengths[i], StandardCharsets.UTF_8);
  }

  /** Values by key, the last of equal keys, in the order of the keys. */
  Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    for (int i = 0; i < size; i++) {
      texts.put(keyText(i), valueText(i));
    }
    return texts;
  }

  /** The keys as sent, each once. */
  Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>();
    for (int i = 0; i < size; i++) {
      keys.add(keyText(i));
    }
    return keys;
  }

  private boolean hasKey(int i, byte[] key) {
    int offset = keyOffsets[i];
    byte[] bytes = offset < 0 ? scratch.array() : message;
    int from = offset < 0 ? ~offset : offset;
    return Arrays.equals(bytes, from, from + keyLengths[i], key, 0, key.length);
  }

  /** The value of a key, the last of several, empty when there is none. */
  String text(String key) {
    byte[] wanted = AttributeNames.bytes(key);
    for (int i = size - 1; i >= 0; i--) {
      if (hasKey(i, wanted)) {
        return valueText(i);
      }
    }
    return "";
  }

  /** Whether it has a key that is none of these. */
  boolean hasOtherThan(List<String> known) {
    for (int i = 0; i < size; i++) {
      if (!known.contains(keyText(i))) {
        return true;
      }
    }
    return false;
  }

  /** Takes all of a key away. */
  void remove(String key) {
    byte[] unwanted = AttributeNames.bytes(key);
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (!hasKey(i, unwanted)) {
        numbers[kept] = numbers[i];
        keyOffsets[kept] = keyOffsets[i];
        keyLengths[kept] = keyLengths[i];
        valueOffsets[kept] = valueOffsets[i];
        valueLengths[kept++] = valueLengths[i];
      }
    }
    size = kept;
  }
}

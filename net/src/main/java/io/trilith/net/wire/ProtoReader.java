package io.trilith.net.wire;

import io.trilith.storage.error.InvalidRequestException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A cursor over protobuf wire bytes that copies nothing. Ask {@link #next} for a field's number,
 * then read its value with the accessor of its type, or {@link #skip} it. Whatever is malformed
 * ends in an InvalidRequestException that names the offset. The bytes are the caller's and must not
 * change meanwhile. Not thread-safe.
 */
public final class ProtoReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int START_GROUP = 3;
  private static final int END_GROUP = 4;
  private static final int FIXED32 = 5;

  /** How deep groups, which nobody sends, may be nested in a field that is skipped. */
  private static final int GROUP_DEPTH_MAX = 32;

  private byte[] bytes;
  private int at;
  private int end;
  private int field;
  private int wireType;

  public ProtoReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  public ProtoReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /** Number of the next field, 0 at the end of the message. */
  public int next() {
    if (at == end) {
      return 0;
    }
    int start = at;
    long tag = rawVarint();
    wireType = (int) (tag & 7);
    if (tag >>> 32 != 0 || tag >>> 3 == 0 || wireType > FIXED32 || wireType == END_GROUP) {
      throw malformed(start, "an invalid field tag");
    }
    field = (int) (tag >>> 3);
    return field;
  }

  /** A second cursor at the same place, for another pass. */
  public ProtoReader copy() {
    return new ProtoReader(bytes, at, end);
  }

  /** Where the cursor stands, for messages. */
  public int offset() {
    return at;
  }

  /** Where the message ends. */
  public int limit() {
    return end;
  }

  /** An int64, uint64, int32, uint32, bool or enum. */
  public long varint() {
    expect(VARINT);
    return rawVarint();
  }

  /** A sint64 or sint32. */
  public long zigzag() {
    long raw = varint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** A sint32, refused when it does not fit. */
  public int zigzag32() {
    int start = at;
    long value = zigzag();
    if (value != (int) value) {
      throw malformed(start, "a number that does not fit 32 bits");
    }
    return (int) value;
  }

  public boolean bool() {
    return varint() != 0;
  }

  /** A fixed64 or sfixed64. */
  public long fixed64() {
    expect(FIXED64);
    return rawFixed64();
  }

  /** A fixed32 or sfixed32. */
  public int fixed32() {
    expect(FIXED32);
    if (end - at < 4) {
      throw malformed(at, "a value that is cut short");
    }
    int value = 0;
    for (int i = 3; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    at += 4;
    return value;
  }

  public double float64() {
    return Double.longBitsToDouble(fixed64());
  }

  /** A reader of a nested message. */
  public ProtoReader message() {
    int length = length();
    ProtoReader nested = new ProtoReader(bytes, at, at + length);
    at += length;
    return nested;
  }

  /** Points another reader, which may be reused, at a nested message. */
  public void message(ProtoReader into) {
    int length = length();
    into.bytes = bytes;
    into.at = at;
    into.end = at + length;
    at += length;
  }

  /** A copy of a bytes field. */
  public byte[] bytes() {
    int length = length();
    byte[] copy = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return copy;
  }

  /**
   * Passes over a bytes or string field and says where in {@link #array} it begins; it ends where
   * the cursor stands then.
   */
  public int pass() {
    int length = length();
    int from = at;
    at += length;
    return from;
  }

  /** The bytes that are read. */
  public byte[] array() {
    return bytes;
  }

  /** A string; invalid UTF-8 is refused with the name given for it. */
  public String string(String what) {
    return string(what, "");
  }

  /** As above; the detail is added to the name in the message only. */
  public String string(String what, String detail) {
    int length = length();
    int start = at;
    at += length;
    for (int i = start; i < at; i++) {
      if (bytes[i] < 0) {
        return decode(start, length, what + detail);
      }
    }
    return new String(bytes, start, length, StandardCharsets.ISO_8859_1);
  }

  /** A string in which invalid UTF-8 becomes replacement characters. */
  public String lenientString() {
    int length = length();
    String text = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  private String decode(int start, int length, String what) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidRequestException(what + " is not valid UTF-8 (byte " + start + ")", e);
    }
  }

  /** Adds the values of a repeated fixed64 or double, packed or not. */
  public void fixed64s(Numbers into) {
    if (wireType == FIXED64) {
      into.add(rawFixed64());
      return;
    }
    int length = length();
    if (length % 8 != 0) {
      throw malformed(at, "packed numbers of " + length + " bytes");
    }
    for (int stop = at + length; at < stop; ) {
      into.add(rawFixed64());
    }
  }

  /** Adds the values of a repeated varint, packed or not. */
  public void varints(Numbers into) {
    if (wireType == VARINT) {
      into.add(rawVarint());
      return;
    }
    int length = length();
    int outer = end;
    end = at + length;
    while (at < end) {
      int low = bytes[at];
      int high = low < 0 && at + 1 < end ? bytes[at + 1] : -1;
      if (low >= 0) {
        at++;
        into.add(low);
      } else if (high >= 0) {
        at += 2;
        into.add((low & 0x7f) | high << 7);
      } else {
        into.add(longVarint());
      }
    }
    end = outer;
  }

  /** Adds the values of a repeated sint64 or sint32, packed or not. */
  public void zigzags(Numbers into) {
    int from = into.size();
    varints(into);
    for (int i = from; i < into.size(); i++) {
      long raw = into.get(i);
      into.set(i, (raw >>> 1) ^ -(raw & 1));
    }
  }

  /** Passes over the current field, whatever it is. */
  public void skip() {
    skipValue();
    if (wireType != START_GROUP) {
      return;
    }
    int depth = 1;
    while (depth > 0) {
      int start = at;
      long tag = rawVarint();
      wireType = (int) (tag & 7);
      if (tag >>> 32 != 0 || tag >>> 3 == 0 || wireType > FIXED32) {
        throw malformed(start, "an invalid field tag");
      }
      if (wireType == START_GROUP && ++depth > GROUP_DEPTH_MAX) {
        throw malformed(start, "groups nested deeper than the limit of " + GROUP_DEPTH_MAX);
      } else if (wireType == END_GROUP) {
        depth--;
      } else {
        skipValue();
      }
    }
  }

  private void skipValue() {
    switch (wireType) {
      case VARINT -> rawVarint();
      case FIXED64 -> advance(8);
      case LENGTH -> {
        int length = length(); // moves the cursor too
        at += length;
      }
      case FIXED32 -> advance(4);
      default -> {} // a group's content follows as fields
    }
  }

  private void advance(int count) {
    if (end - at < count) {
      throw malformed(at, "a value that is cut short");
    }
    at += count;
  }

  private int length() {
    expect(LENGTH);
    int start = at;
    long length = rawVarint();
    if (length < 0 || length > end - at) {
      throw malformed(start, "a length of " + Long.toUnsignedString(length) + " beyond the end");
    }
    return (int) length;
  }

  private long rawFixed64() {
    if (end - at < 8) {
      throw malformed(at, "a value that is cut short");
    }
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  private long rawVarint() {
    if (at < end && bytes[at] >= 0) {
      return bytes[at++];
    }
    return longVarint();
  }

  private long longVarint() {
    int start = at;
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at == end) {
        throw malformed(start, "a number that is cut short");
      }
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed(start, "a number of more than ten bytes");
  }

  private void expect(int type) {
    if (wireType != type) {
      throw malformed(at, "field " + field + " with wire type " + wireType + ", not " + type);
    }
  }

  /** The exception for what is wrong at an offset. */
  public static InvalidRequestException malformed(int offset, String what) {
    return new InvalidRequestException("malformed protobuf at byte " + offset + ": " + what);
  }
}
